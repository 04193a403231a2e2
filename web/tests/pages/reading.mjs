// Reading: from the first page to two evaluations side by side, and every other kind of page that is read.

import { HOSTILE } from "./world.mjs";

/** From home to an evaluation, the answers that did not come, and the same questions to another system. */
export async function browse(visitor, tally) {
  const { name } = visitor;
  await visitor.open("/");
  await visitor.look("the first page");
  await visitor.follow("All evaluations");
  await visitor.look("the list of evaluations");
  await visitor.go(visitor.page.locator('main a[href^="/evaluations/"]').first());
  const evaluation = new URL(visitor.page.url()).pathname;
  await visitor.look("an evaluation");
  tally.is(`${name}: an evaluation says its result`, await visitor.says("echo rate"));
  await visitor.follow("All samples");
  await visitor.answer({ outcome: "failed" });
  await visitor.press("Show");
  const shown = await visitor.page.locator("main table tbody tr").count();
  tally.is(`${name}: of twenty samples the two failures are shown`, shown === 2, `${shown} rows at ${visitor.page.url()}`);
  await visitor.look("the samples");
  await visitor.open(`${evaluation}/samples/echo/s0/0`);
  tally.is(`${name}: markup in an answer is shown as it is written`, await visitor.says(HOSTILE));
  await visitor.look("a sample");
  await visitor.open(evaluation);
  await visitor.press("Compare sample by sample");
  const records = new URL(visitor.page.url()).searchParams.getAll("run");
  tally.is(`${name}: two evaluations stand side by side`, new Set(records).size === 2 && (await visitor.says("s5")), visitor.page.url());
  await visitor.look("a comparison");
  return evaluation;
}

/** Every other kind of page that is read. */
export async function look(visitor, { evaluation, statement }) {
  const record = evaluation.split("/").at(-1);
  const pages = {
    "the settings of a run": `${evaluation}/run`,
    "the list of systems": "/systems",
    "the list of tasks": "/tasks",
    "a task": "/tasks/echo",
    "the log": "/log",
    "an entry of the log": "/log/0",
    "the record of an evaluation": `/records/${record}`,
    "what the site says about itself": "/about",
    "the list of statements": "/statements",
    "a statement": `/statements/${statement}`,
    "the signatures": `/statements/${statement}/signatures`,
    "a statement in German": `/statements/${statement}?lang=de`,
    "a widget": `/statements/${statement}/widget`,
    "the list of incidents": "/incidents",
    "the audit trail": "/audit",
    "a complaint": `/complaint/${record}`,
  };
  for (const [what, path] of Object.entries(pages)) {
    // What may stand in a frame of other people's has a policy of its own.
    await visitor.open(path);
    await visitor.look(what);
  }
  await visitor.open("/systems");
  await visitor.go(visitor.page.locator('main a[href^="/systems/"]').first());
  await visitor.look("a system");
  await visitor.open("/no-such-page", 404);
  await visitor.look("a page that is not there");
}

/** The viewer on one's own machine. */
export async function view(visitor, tally) {
  await visitor.open("/");
  await visitor.look("the runs");
  const runs = await visitor.page.locator('main a[href^="/runs/"]').evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href").split("/")[2]))]);
  tally.is(`${visitor.name}: both runs are there`, runs.length === 2, runs.join(" "));
  await visitor.open(`/runs/${runs[0]}`);
  await visitor.look("a run");
  await visitor.open(`/runs/${runs[0]}/samples?outcome=failed`);
  tally.is(`${visitor.name}: the two failures are shown`, (await visitor.page.locator("main table tbody tr").count()) === 2);
  await visitor.look("the samples");
  await visitor.open(`/runs/${runs[0]}/samples/echo/s0/0`);
  await visitor.look("a sample");
  const before = visitor.page.url();
  await visitor.page.locator("body").press("j");
  await visitor.page.waitForURL((url) => url.href !== before);
  tally.is(`${visitor.name}: j goes to the next sample`, visitor.page.url().includes("/samples/echo/s1/"), visitor.page.url());
  await visitor.open(`/compare?run=${runs[0]}&run=${runs[1]}`);
  await visitor.look("a comparison");
  await visitor.open("/runs/none", 404);
  await visitor.look("a run that is not there");
}
