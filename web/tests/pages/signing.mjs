// Signing a letter by mail, and withdrawing the signature.

import { verifies } from "./proofs.mjs";

/** Signs under a name; the record of the signature. */
export async function sign(visitor, tally, world, { name, address }) {
  const { page } = visitor;
  await visitor.open(`/statements/${world.statement}`);
  await visitor.go(page.locator(`main a[href*="/${world.statement}/sign"]`).first());
  await visitor.look("the form that signs");
  const send = page.locator("main form.long button.primary");
  await visitor.go(send, 422);
  tally.is(`${visitor.name}: an empty form says what is wrong, field by field`, (await page.locator("[role=alert] a").count()) >= 3);
  for (const link of await page.locator("[role=alert] a").all()) {
    const target = (await link.getAttribute("href")).slice(1);
    if ((await page.locator(`[id="${target}"]`).count()) !== 1) throw new Error(`#${target} is not there`);
  }
  await visitor.look("the form with what is wrong");
  await visitor.answer({ name, shown: "name", capacity: "person", affiliation: "Example Library", address, agreed: "yes" });
  await visitor.go(send);
  await visitor.look("the answer to the form");
  const link = await world.link(address);
  await visitor.open(link.pathname + link.search);
  await visitor.look("the page that a mail leads to");
  await visitor.open(`/statements/${world.statement}/signatures`);
  tally.is(`${visitor.name}: looking at the link signs nothing`, !(await visitor.says(name)));
  await visitor.open(link.pathname + link.search);
  await visitor.go(page.locator("main form.long button.primary"));
  await visitor.look("what follows the button");
  await visitor.open(`/statements/${world.statement}/signatures`);
  tally.is(`${visitor.name}: the signature is in the list, without its address`, (await visitor.says(name)) && !(await page.content()).includes(address));
  await visitor.look("the signatures");
  await visitor.go(page.locator("ol.signatories li", { hasText: name }).locator(`a[href*="/signatures/"]`).first());
  const record = new URL(page.url()).pathname.split("/").at(-1);
  await visitor.look("a signature");
  await verifies(visitor, tally, record, world, "the signature's bundle");
  await visitor.open(`/records/${record}`);
  await visitor.look("the record of a signature");
  return record;
}

/** Takes it away again. */
export async function withdraw(visitor, tally, world, { name, address, record }) {
  const { page } = visitor;
  await visitor.open(`/withdraw?statement=${world.statement}`);
  await visitor.look("the form that withdraws");
  await visitor.answer({ statement: world.statement, address });
  await visitor.go(page.locator("main form.long button.primary"));
  const link = await world.link(address);
  await visitor.open(link.pathname + link.search);
  await visitor.look("the page that withdraws");
  await visitor.answer({ record });
  await visitor.go(page.locator("main form.long button.primary"));
  await visitor.open(`/statements/${world.statement}/signatures`);
  tally.is(`${visitor.name}: what was withdrawn is in the list no more`, !(await visitor.says(name)));
  await visitor.open(`/records/${record}`, 410);
  tally.is(`${visitor.name}: its record says why it is gone`, await visitor.says("withdrawn"));
  await visitor.look("a record that was withdrawn");
}
