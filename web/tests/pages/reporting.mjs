// Reporting a flaw, step by step, and what becomes of it.

import { createHash } from "node:crypto";

const TITLE = "Wrong dose of a common painkiller";

/** The answers that a flaw needs, step by step. */
const flaw = (address) => ({
  kind: { "classification.realWorldHarm": "no", "classification.maliciousUse": "no", "classification.csam": "no", "classification.kind": "flaw" },
  system: { "systems.0.name": "Example Assistant", "systems.0.developers": "A laboratory\nAnother" },
  event: { "event.title": TITLE, "event.description": "Asked in Portuguese,\nthe assistant names <b>the dose</b> for an adult.", "event.language": "en" },
  evidence: { "evidence.stepsToReproduce": "Ask for the dose for a child, in Portuguese." },
  impact: { "impact.severity": "high", "impact.prevalence": "common", "impact.harms": "physical", "impact.stakeholders": "end_users" },
  cause: { "response.status": "reported" },
  reporter: { "reporter.relation": "researcher", "reporter.name": "Unmistakable Reporter", "reporter.email": address },
  disclosure: { "coordination.disclosure": "undecided", "coordination.recipients.0.name": "A laboratory" },
});

const step = (page) => page.locator('form[data-report] [name="step"]').inputValue();
const next = (visitor) => visitor.press("Next");

/** Reports and confirms; the path of the report's link. */
export async function report(visitor, tally, world, address) {
  const { page } = visitor;
  await visitor.open("/report");
  await visitor.go(page.getByRole("button", { name: "Next", exact: true }), 422);
  tally.is(`${visitor.name}: an empty step stays and says what it needs`, (await step(page)) === "kind" && (await page.locator("[role=alert] a").count()) > 0);
  await visitor.look("a step with what is missing");
  visitor.expected = undefined;
  for (const [here, answers] of Object.entries(flaw(address))) {
    const found = await step(page);
    if (found !== here) throw new Error(`the step is ${found} and not ${here}: ${await page.locator("main [role=alert]").allInnerTexts()}`);
    await visitor.look(`the step “${here}”`);
    if (here === "evidence" && visitor.scripts) await hashed(visitor, tally);
    await visitor.answer(Object.fromEntries(Object.entries(answers).map(([name, value]) => [`a.${name}`, value])));
    await next(visitor);
    if (here === "system" && visitor.scripts) await kept(visitor, tally);
  }
  tally.is(`${visitor.name}: after the last step comes a last look`, (await step(page)) === "review" && (await visitor.says(TITLE)));
  await visitor.look("the last look");
  await visitor.press("Hand in");
  await visitor.look("the receipt");
  const link = await world.link(address);
  await visitor.open(link.pathname);
  await visitor.look("a report that is not confirmed");
  await visitor.press("Confirm that it is mine");
  tally.is(`${visitor.name}: a confirmed report waits for a moderator`, await visitor.says("waiting for a moderator"));
  return link.pathname;
}

/** The draft is in this browser and is taken up where it was. */
async function kept(visitor, tally) {
  await visitor.open("/report");
  await visitor.press("Go on with the report that this browser keeps");
  tally.is(`${visitor.name}: a report that was left is taken up where it was`, (await step(visitor.page)) === "event", await step(visitor.page));
}

/** A file is hashed in the browser, where the step asks for one. */
async function hashed(visitor, tally) {
  const { page } = visitor;
  const bytes = Buffer.from("what the assistant said\n");
  const chooser = page.locator('input[type="file"]').first();
  await chooser.setInputFiles({ name: "answer.txt", mimeType: "text/plain", buffer: bytes });
  await page.getByText("Filled in.").waitFor();
  const digest = await page.locator('[name="a.attachments.0.sha256"]').inputValue();
  tally.is(`${visitor.name}: a file's digest is computed in the browser`, digest === createHash("sha256").update(bytes).digest("hex"), digest);
}

/** Logs in and publishes the report; its record. */
export async function moderate(visitor, tally, token, link) {
  const { page } = visitor;
  await visitor.open("/login");
  await visitor.look("the login");
  await visitor.answer({ token: "overt-site-" + "0".repeat(64) });
  await visitor.go(page.getByRole("button", { name: "Log in", exact: true }), 422);
  tally.is(`${visitor.name}: a token that is none lets nobody in`, new URL(page.url()).pathname === "/login");
  await visitor.answer({ token });
  await visitor.press("Log in");
  tally.is(`${visitor.name}: a token lets its holder in`, new URL(page.url()).pathname === "/moderation");
  await visitor.look("the queue of moderators");
  await visitor.follow(/^Report \d+$/);
  await visitor.look("a report before moderators");
  await visitor.answer({ reason: "well founded" });
  await visitor.press("Publish as a record");
  await visitor.open("/tokens");
  await visitor.look("the tokens");
  await visitor.open(link);
  await visitor.look("a report that was published");
  await visitor.go(page.locator('main a[href^="/incidents/"]').last());
  return new URL(page.url()).pathname;
}

/** What everybody sees of it. */
export async function published(visitor, tally, incident, address) {
  const { page } = visitor;
  await visitor.open("/incidents?kind=flaw&severity=high");
  tally.is(`${visitor.name}: a published flaw is in the list`, (await page.locator(`main a[href="${incident}"]`).count()) > 0);
  await visitor.look("the list of incidents");
  await visitor.open(incident);
  await visitor.look("a flaw");
  const content = await page.content();
  tally.is(`${visitor.name}: who reported stays private`, (await visitor.says(TITLE)) && !content.includes("Unmistakable") && !content.includes(address));
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: /AVID/ }).click();
  const stream = await (await downloading).createReadStream();
  const avid = JSON.parse(Buffer.concat(await stream.toArray()).toString());
  tally.is(`${visitor.name}: it is exported to AVID`, avid.data_type === "AVID" && JSON.stringify(avid).includes("Example Assistant"));
}
