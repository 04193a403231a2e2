// The check that a record's page makes in the browser: of what was signed, and of what somebody altered.

const SAID = "section[data-bundle] [role=status]";

/** What a page says of its record when the check is over. */
async function verdict(page) {
  await page.waitForFunction((place) => {
    const words = document.querySelector(place)?.textContent ?? "";
    return words && !words.startsWith("Checking");
  }, SAID);
  return page.locator(SAID).innerText();
}

/** The record's envelope with other words in what was signed. */
function reworded(text) {
  const bundle = JSON.parse(text);
  let found = false;
  const walk = (value) => {
    if (value === null || typeof value !== "object") return;
    if (typeof value.payload === "string") {
      const words = Buffer.from(value.payload, "base64").toString();
      const other = words.replace("echo rate", "echo gate");
      found ||= other !== words;
      value.payload = Buffer.from(other).toString("base64");
    }
    Object.values(value).forEach(walk);
  };
  walk(bundle);
  if (!found) throw new Error("the bundle has nothing to alter");
  return JSON.stringify(bundle);
}

export async function check(visitor, tally, record, world) {
  const { page } = visitor;
  const path = `/records/${record}`;
  await visitor.open(path);
  let said = await verdict(page);
  const failed = () => page.locator("ol.checks .badge.bad").count();
  tally.is("the record's page says that every check holds", said.startsWith("Every check that was made holds") && (await failed()) === 0 && (await page.locator("ol.checks .badge.good").count()) > 2, said);
  await visitor.look("a record with its checks");

  const altered = {
    "other words": reworded,
    "half of it": (text) => text.slice(0, text.length / 2),
    "nothing": () => "",
    "another file": () => "<!doctype html><title>no bundle</title>",
  };
  for (const [what, alter] of Object.entries(altered)) {
    await page.route("**/*.overt.json", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: alter(await reply.text()) });
    });
    await visitor.open(path);
    said = await verdict(page);
    const wrong = /do(es)? not hold|cannot be checked|could not be checked/.test(said);
    tally.is(`a bundle that is ${what} does not hold`, wrong && !said.includes("Every check"), said);
    await page.unroute("**/*.overt.json");
  }

  await visitor.open(path);
  await verdict(page);
  const policy = await page.locator('[name="policy"]').inputValue();
  const strange = policy.replace(/^(log \S+\+)([0-9a-f]{8})(\+)(\S)/m, (_, before, id, plus) => `${before}${id}${plus}B`);
  await page.locator("section[data-bundle] summary").click();
  for (const [what, words] of [["that is no policy", "log nonsense"], ["with a key that does not fit its name", strange]]) {
    await page.locator('[name="policy"]').fill(words);
    await page.getByRole("button", { name: "Check again" }).click();
    said = await verdict(page);
    tally.is(`a pasted policy ${what} is refused`, words !== policy && !said.startsWith("Every check"), said);
  }
  await page.locator('[name="policy"]').fill(policy);
  await page.getByRole("button", { name: "Check again" }).click();
  said = await verdict(page);
  tally.is("with the policy as it was everything holds again", said.startsWith("Every check that was made holds"), said);
  await verifies(visitor, tally, record, world, "the evaluation's bundle");
}

/** Downloads a record's bundle and holds it against the log's policy with the command. */
export async function verifies(visitor, tally, record, world, what) {
  const fetched = async (path) => {
    const reply = await visitor.context.request.get(path);
    if (!reply.ok()) throw new Error(`${path} answers ${reply.status()}`);
    return reply.body();
  };
  const bundle = await world.write(`${record}.overt.json`, await fetched(`/records/${record}.overt.json`));
  const policy = await world.write("site.policy", await fetched("/about/policy.txt"));
  const done = world.tried("verify", bundle, "--policy", policy, "--json");
  const report = JSON.parse(done.stdout || "null");
  const held = report?.checks?.filter(({ outcome }) => outcome === "passed").length ?? 0;
  tally.is(`${visitor.name}: overt verify finds that ${what} holds`, done.status === 0 && held > 1, done.stdout + done.stderr);
}
