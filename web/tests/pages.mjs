// Drives a browser through the pages of a site and of the viewer, as visitors with and without JavaScript meet them.
//
//   node web/tests/pages.mjs OVERT        OVERT is the binary
//
// Needs playwright-core and axe-core (script/setup --check puts them into $OVERT_INTEROP) and a Chromium ($CHROMIUM, or the
// distribution's). Where one of them is missing it says SKIPPED and ends with success. A line for each check; exit status 1 if
// one does not hold, or if all of it takes longer than ten minutes. UPDATE=1 makes the pictures of web/tests/baselines anew,
// and nothing else.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import { browseFiles, exported, files, find } from "./pages/finding.mjs";
import { folding } from "./pages/folding.mjs";
import { pictures } from "./pages/pictures.mjs";
import { check } from "./pages/proofs.mjs";
import { browse, look, view } from "./pages/reading.mjs";
import { moderate, published, report } from "./pages/reporting.mjs";
import { sign, withdraw } from "./pages/signing.mjs";
import { Tally } from "./pages/tally.mjs";
import { Visitor } from "./pages/visitor.mjs";
import { World } from "./pages/world.mjs";

const LONGEST = 600_000;

/** The browser and what judges pages, or what is missing. */
async function tools() {
  const folder = process.env.OVERT_INTEROP ?? join(homedir(), ".cache/overt/interop");
  const require = createRequire(join(folder, "here.js"));
  const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => path && existsSync(path));
  if (!chromium) return { missing: "there is no chromium" };
  try {
    return { chromium, playwright: require("playwright-core"), axe: await readFile(require.resolve("axe-core/axe.min.js"), "utf8") };
  } catch {
    return { missing: `playwright-core and axe-core are not in ${folder}` };
  }
}

async function tour(world, given, tally) {
  // Before anything is served: both need the site for themselves.
  world.incident();
  const letter = await exported(world);
  const host = await files(join(world.path, "export"));
  const [origin, viewer] = await Promise.all([world.serve("serve"), world.serve("view", "runs", "--no-open")]);
  // Before anybody signs and reports, so that there is the same on the pages each time.
  const { evaluations, statement } = world;
  const [run] = await world.runs();
  await tally.part("pictures", () => pictures(given, tally, { origin, viewer, evaluations, statement, letter, run }));
  if (process.env.UPDATE === "1") return;
  const visit = (who, then) => tally.part(who.name, async () => {
    const visitor = await Visitor.at(given, { origin, ...who });
    await then(visitor);
    await visitor.leave();
  });
  const people = [
    { name: "with scripts", scripts: true, signs: { name: "Reader Three", address: "three@example.edu" }, reports: "reporter@example.edu" },
    { name: "without scripts", scripts: false, signs: { name: "Reader Four", address: "four@example.net" }, reports: "reporter@example.net" },
  ];
  const readers = async () => {
    await visit({ name: "a reader" }, async (visitor) => {
      const evaluation = await browse(visitor, tally);
      await check(visitor, tally, evaluation.split("/").at(-1), world);
      await look(visitor, { evaluation, statement: world.statement });
    });
    await visit({ name: "a reader without scripts", scripts: false }, (visitor) => browse(visitor, tally));
    await visit({ name: "a reader of an export", origin: host.origin }, (visitor) => find(visitor, tally, host, { statement: letter, evaluation: world.evaluations[0] }));
    await visit({ name: "a reader of an export without scripts", origin: host.origin, scripts: false }, (visitor) => browseFiles(visitor, tally, host, { statement: letter }));
    host.end();
    await visit({ name: "the viewer", origin: viewer }, (visitor) => view(visitor, tally));
  };
  const participants = async () => {
    for (const { name, scripts, signs, reports } of people) {
      await visit({ name: `a signatory ${name}`, scripts }, async (visitor) => {
        const record = await sign(visitor, tally, world, signs);
        await withdraw(visitor, tally, world, { ...signs, record });
      });
      let link;
      await visit({ name: `a reporter ${name}`, scripts }, async (visitor) => { link = await report(visitor, tally, world, reports); });
      if (!link) continue;
      let incident;
      await visit({ name: `a moderator ${name}`, scripts }, async (visitor) => { incident = await moderate(visitor, tally, world.token, link); });
      if (incident) await visit({ name: `a reader of reports ${name}`, scripts }, (visitor) => published(visitor, tally, incident, reports));
    }
  };
  await Promise.all([readers(), participants()]);
}

const given = await tools();
if (given.missing) {
  console.log(`SKIPPED: ${given.missing}, so no browser meets the pages`);
  process.exit(0);
}
if (!process.argv[2]) {
  console.error("which binary? node web/tests/pages.mjs OVERT");
  process.exit(2);
}
const tally = new Tally();
await tally.part("folding", () => folding(tally));
let world;
let browser;
const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`it took longer than ${LONGEST / 1000} s`)), LONGEST).unref());
const walk = async () => {
  world = await World.made(resolve(process.argv[2]));
  browser = await given.playwright.chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
  await tour(world, { browser, axe: given.axe, looked: new Set(), tally }, tally);
};
await tally.part("the tour", () => Promise.race([walk(), late]));
await browser?.close().catch(() => {});
await world?.end();
process.exit(tally.end());
