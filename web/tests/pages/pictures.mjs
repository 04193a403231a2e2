// Pictures of the main pages, held against those of web/tests/baselines: a layout that breaks is seen, a letter that is drawn
// a little otherwise is not.
//
//   UPDATE=1 node web/tests/pages.mjs OVERT       makes them anew; look at each before it is kept
//
// What differs from one site to the next (digests, keys, times, addresses) is written over before a picture is taken, and
// the fonts are named, since a machine picks another one of the sheet's lists than the next, and now and then another one than
// a moment before. Pictures are kept at half the size where the window is wide. They are compared only by the browser's version
// and with the fonts that they were made with; else SKIPPED says so.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compare, encode } from "./pixels.mjs";
import { settle } from "./settling.mjs";

const FOLDER = new URL("../baselines/", import.meta.url).pathname;
const MADE_WITH = join(FOLDER, "made-with.json");

/** Widths of the window, how much of a page is kept, at which scale, and in which schemes. */
const WINDOWS = [
  { width: 360, height: 2000, scale: 0.75, schemes: ["light"] },
  { width: 768, height: 1600, scale: 0.5, schemes: ["light"] },
  { width: 1440, height: 1600, scale: 0.5, schemes: ["light", "dark"] },
];

/** Fonts that look the same wherever they are. */
const FONTS = { serif: "Liberation Serif", sans: "Liberation Sans", mono: "Liberation Mono" };
const SHEET = `:root { ${Object.entries(FONTS).map(([kind, name]) => `--${kind}: "${name}";`).join(" ")} }`;

/** Which share of a picture may differ, and of its worst square. Where a page has more that is its own, it says so. */
const LIMIT = { share: 0.003, square: 0.3 };

/** The pages by the names of their pictures, with what they wait for and how far they may differ. */
function pages({ evaluations: [one, other], statement, letter, run }) {
  const evaluation = `/evaluations/${one}`;
  const checked = async (page) => page.waitForFunction(() => /hold|checked/.test(document.querySelector("section[data-bundle] [role=status]")?.textContent ?? ""));
  return {
    front: { path: "/" },
    statement: { path: `/statements/${statement}` },
    signatures: { path: `/statements/${letter}/signatures` },
    sign: { path: `/statements/${statement}/sign` },
    evaluation: { path: evaluation },
    run: { path: `${evaluation}/run` },
    samples: { path: `${evaluation}/samples` },
    sample: { path: `${evaluation}/samples/echo/s0/0` },
    compare: { path: `/compare?run=${one}&run=${other}` },
    system: { path: "/systems", follow: 'main a[href^="/systems/"]' },
    task: { path: "/tasks/echo" },
    log: { path: "/log" },
    record: { path: `/records/${one}`, until: checked },
    incidents: { path: "/incidents" },
    report: { path: "/report" },
    about: { path: "/about" },
    find: { path: "/find?q=echo" },
    viewer: { path: `/runs/${run}`, isViewer: true },
  };
}

/** The browser and its fonts, by what they measure. */
async function madeWith(browser) {
  const page = await browser.newPage();
  const fonts = await page.evaluate((names) => {
    const pen = document.createElement("canvas").getContext("2d");
    const width = (name, weight) => {
      pen.font = `${weight} 100px "${name}", monospace`;
      return pen.measureText("Hamburgefonstiv 0123456789 Ünï Łoś").width.toFixed(1);
    };
    return Object.fromEntries(names.map((name) => [name, `${width(name, 400)} ${width(name, 600)}`]));
  }, Object.values(FONTS));
  await page.close();
  return { chromium: browser.version().split(".")[0], fonts };
}

/** One page in one window and scheme, as PNG. */
async function taken(page, { width, height }, scheme) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  const full = await page.evaluate(() => document.scrollingElement.scrollHeight);
  return page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(full, height) }, animations: "disabled" });
}

/** Takes all pictures, and keeps them or holds them against those that are kept. */
export async function pictures({ browser }, tally, { origin, viewer, ...site }) {
  const now = await madeWith(browser);
  const isUpdate = process.env.UPDATE === "1";
  if (!isUpdate) {
    const known = existsSync(MADE_WITH) ? JSON.parse(await readFile(MADE_WITH, "utf8")) : {};
    if (JSON.stringify(known) !== JSON.stringify(now)) {
      console.log(`SKIPPED: the pictures in web/tests/baselines were made with Chromium ${known.chromium ?? "?"} and other fonts or another version than here (${now.chromium}), so layouts are not compared; UPDATE=1 makes them anew`);
      return;
    }
  } else {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    await writeFile(MADE_WITH, `${JSON.stringify(now, null, 2)}\n`);
  }
  const failures = await mkdtemp(join(tmpdir(), "overt-pictures-"));
  const wanted = new Set();
  const left = Object.entries(pages(site));
  const painter = async () => {
    // What is written over a page before its picture its own policy would not let in.
    const context = await browser.newContext({ bypassCSP: true, locale: "en-GB", deviceScaleFactor: 1 });
    const [page, bench] = [await context.newPage(), await context.newPage()];
    for (let next = left.shift(); next; next = left.shift()) {
      const [name, { path, follow, until, isViewer, limit = LIMIT }] = next;
      await tally.part(`the picture of ${name}`, async () => {
        await page.setViewportSize({ width: 1440, height: 900 });
        await page.goto((isViewer ? viewer : origin) + path);
        if (follow) await Promise.all([page.waitForEvent("load"), page.locator(follow).first().click()]);
        await until?.(page);
        await page.addStyleTag({ content: SHEET });
        await page.evaluate(settle);
        const problems = [];
        for (const { window, scheme } of WINDOWS.flatMap((window) => window.schemes.map((scheme) => ({ window, scheme })))) {
          const file = `${name}-${window.width}${scheme === "dark" ? "-dark" : ""}.webp`;
          wanted.add(file);
          const shot = await taken(page, window, scheme);
          if (isUpdate) await writeFile(join(FOLDER, file), await encode(bench, shot, window.scale));
          else problems.push(await held(bench, { file, shot, scale: window.scale, limit, failures }));
        }
        tally.holds(isUpdate ? `the pictures of ${name} are made anew` : `${name} looks as it did`, problems);
      });
    }
    await context.close();
  };
  await Promise.all([painter(), painter(), painter()]);
  const kept = (await readdir(FOLDER)).filter((file) => file.endsWith(".webp"));
  tally.holds("every picture that is kept is one of a page", kept.filter((file) => !wanted.has(file)));
  if ((await readdir(failures)).length === 0) await rm(failures, { recursive: true });
}

/** What is wrong with a picture; nothing if it is like the one that is kept. */
async function held(bench, { file, shot, scale, limit, failures }) {
  if (!existsSync(join(FOLDER, file))) return `${file} is not there; UPDATE=1 makes it`;
  const found = await compare(bench, await readFile(join(FOLDER, file)), shot, scale);
  if (found.share <= limit.share && found.square <= limit.square) return "";
  await writeFile(join(failures, file.replace(".webp", ".png")), shot);
  await writeFile(join(failures, file.replace(".webp", ".difference.png")), found.difference);
  const percent = (share) => `${(share * 100).toFixed(2)} %`;
  return `${file}: ${percent(found.share)} differs (${percent(limit.share)} may), of the worst square ${percent(found.square)} (${percent(limit.square)} may), ${found.sizes}; see ${join(failures, file.replace(".webp", "*.png"))}`;
}
