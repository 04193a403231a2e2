// An export of the site in a folder of a plain file server, which knows nothing but files: searched, also by keyboard.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

import { HOSTILE } from "./world.mjs";

const UNDER = "/a/folder/of a host/";
const KINDS = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".atom": "application/atom+xml" };
const GIVEN = ["Maria", "José", "Łucja", "Chi", "Anna"];
const NAMES = 4000;
/** What a search may fetch of the index, in bytes. */
const MOST = 160_000;

const given = (at) => GIVEN[at % GIVEN.length];
const letter = () => {
  const names = Array.from({ length: NAMES }, (_, at) => `  ${at + 1}. ${given(at)} Müller${Math.floor(at / 3)}, Institute ${at % 40} of Example Studies`);
  return `A Letter that thousands have signed\n\nWe ask for a search.\n\nSignatories\n\n${names.join("\n")}\n`;
};

/** Logs a letter with thousands of names and signatures, writes the export, and says which record the letter is. */
export async function exported(world) {
  await world.write("many.txt", letter());
  const said = world.run("statement", "import", "many.txt", "--log", "site/log", "--key", "site", "--out", "many.overt.json", "--listing-out", "many-names.overt.json");
  const record = said.match(/record +([0-9a-f]{64})/)[1];
  for (const [key, name, affiliation] of [["one", "Renée O’Hara-Łoś", "Example Library"], ["two", HOSTILE.slice(0, 100), "Example Press"]]) {
    world.run("key", "new", key, "--issuer", key, "--no-passphrase");
    world.run("statement", "sign", "many.overt.json", "--name", name, "--affiliation", affiliation, "--log", "site/log", "--key", key, "--out", `${key}.overt.json`);
  }
  world.run("site", "export", "--no-passphrase", "--out", "export");
  return record;
}

/** Serves a folder's files as a host does that has nothing else; its address, what it was asked for, and how to end it. */
export function files(folder) {
  const asked = [];
  const server = createServer(async (request, reply) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const inside = path.startsWith(UNDER) ? normalize(path.slice(UNDER.length)) : undefined;
    const name = inside === undefined || inside.startsWith("..") ? undefined : join(folder, path.endsWith("/") ? join(inside, "index.html") : inside);
    const bytes = name && (await readFile(name).catch(() => undefined));
    asked.push({ path, bytes: bytes?.length ?? 0 });
    reply.writeHead(bytes ? 200 : 404, bytes ? { "content-type": KINDS[extname(name)] ?? "application/octet-stream" } : {});
    reply.end(bytes);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
    origin: `http://127.0.0.1:${server.address().port}`, asked, end: () => server.close(), home: encodeURI(UNDER),
  })));
}

/** Waits until a search is over, and says what it says. */
async function over(page, place = 0) {
  const where = page.locator("main p[role=status]").nth(place);
  await where.filter({ hasText: /./ }).waitFor();
  return where.innerText();
}

export async function find(visitor, tally, host, { statement, evaluation }) {
  const { page, name } = visitor;
  const open = (path) => page.goto(host.home + path);
  const check = (what, held, detail) => tally.is(`${name}: ${what}`, held, detail);

  await open("");
  check("the policy for scripts is in the page", ((await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content")) ?? "").includes("default-src 'none'"));
  // By keyboard alone, from the first page to what was found.
  const field = page.getByRole("search").getByRole("searchbox");
  for (let at = 0; at < 40 && !(await field.evaluate((one) => one === document.activeElement)); at += 1) await page.keyboard.press("Tab");
  await page.keyboard.type("ECHO");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/find/?q=ECHO");
  let said = await over(page);
  check("tasks and systems are found by their names", (await visitor.says("Does it echo?")) && (await page.locator("main h2").allInnerTexts()).join() === "Tasks", said);
  await visitor.look("what was found in an export");
  await page.locator("main table a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/tasks/echo/");
  await page.goBack();
  await over(page);
  await page.getByRole("searchbox").fill("command");
  await page.keyboard.press("Enter");
  await page.locator("main h2", { hasText: "Systems" }).waitFor();
  check("the address says what was looked for", page.url().endsWith("?q=command"), page.url());
  await page.goBack();
  await page.locator("main h2", { hasText: "Tasks" }).waitFor();
  check("back is the search before", (await page.getByRole("searchbox").inputValue()) === "ECHO");
  for (const [words, kind] of [["letter thousands", "Statements"], ["donaudampf", "Statements"], ["cho", "Tasks"]]) {
    await open(`find/?q=${encodeURIComponent(words)}`);
    said = await over(page);
    check(`“${words}” is found`, (await page.locator("main h2").allInnerTexts()).includes(kind), said);
  }
  await open("find/?q=nobody-has-this-name");
  check("it says that nothing was found", (await over(page)).startsWith("Nothing here"));
  await open(`find/?q=${evaluation}`);
  await page.waitForURL(`**/evaluations/${evaluation}/`);
  check("a digest leads to its page", await visitor.says("echo rate"));
  await open(`find/?q=${"0".repeat(64)}`);
  check("a digest of nothing leads nowhere", (await over(page)).startsWith("Nothing here"));

  const list = `statements/${statement}/signatures/`;
  const search = async (words) => {
    host.asked.length = 0;
    await open(`${list}?q=${encodeURIComponent(words)}`);
    const said = [await over(page, 0), await over(page, 1)];
    const bytes = host.asked.filter(({ path }) => path.includes("/search/")).reduce((sum, { bytes }) => sum + bytes, 0);
    tally.is(`${name}: looking for “${words}” fetches little of the index`, bytes > 0 && bytes < MOST, `${bytes} bytes`);
    const lists = await page.locator("main ol.signatories").all();
    return { said, signed: await lists[0].locator("li").allInnerTexts(), listed: await lists[1].locator("li").allInnerTexts() };
  };
  await open(list);
  const whole = await page.locator("main ol.signatories li").count();
  let found = await search("renee ohara");
  check("who signed is found without accents and case", found.signed.length === 1 && found.signed[0].startsWith("Renée O’Hara-Łoś, Example Library"), JSON.stringify(found));
  await visitor.look("signatures that were found in an export");
  await page.locator("main a.proof").first().click();
  await page.waitForURL("**/signatures/*/");
  check("the proof of what was found is there", (await visitor.says("Signature 1")) && (await visitor.says("Renée O’Hara-Łoś")));
  found = await search("onerror documenttitle");
  check("a hostile name is text", found.signed.length === 1 && found.signed[0].includes("<img src=") && (await page.title()) !== "1" && (await page.locator("main img").count()) === 0, JSON.stringify(found));
  found = await search("mari");
  check("of a name that many have the first are shown, and it says so", found.listed.length === 100 && /^More than .*narrow/.test(found.said[1]), JSON.stringify(found.said));
  for (const at of [0, 1234, 3999]) {
    const words = `${given(at)} Müller${Math.floor(at / 3)}`;
    found = await search(words.toLowerCase());
    check(`number ${at + 1} of ${NAMES} is found by name`, found.listed.some((line) => line.startsWith(`${words}, Institute ${at % 40}`)) && found.listed.length <= 3, JSON.stringify(found));
  }
  found = await search("maria institute 5 studies");
  const expected = Array.from({ length: NAMES }, (_, at) => at).filter((at) => given(at) === "Maria" && at % 40 === 5).length;
  check("several words that many have are looked for together", expected === 100 && found.listed.length === expected, `${expected}: ${JSON.stringify(found)}`);
  found = await search("müller1301 chi");
  check("the order of the words does not matter", found.listed.length === 1 && found.listed[0].startsWith("Chi Müller1301"), JSON.stringify(found));
  found = await search("zzz");
  check("it says that nobody was found", found.said.every((line) => line.startsWith("There is nobody")) && found.listed.length + found.signed.length === 0, JSON.stringify(found));
  await page.getByRole("searchbox").fill("");
  await page.keyboard.press("Enter");
  await page.locator("main ol.signatories li").nth(whole - 1).waitFor();
  check("without words the whole list is back", (await page.locator("main ol.signatories li").count()) === whole && !page.url().includes("q="));

  await page.route("**/search/statements/**", (route) => route.abort());
  await open(`${list}?q=renee`);
  await page.locator("main p[role=alert]", { hasText: "could not be searched" }).waitFor();
  check("a search that fails says so", (await page.locator("main ol.signatories li").count()) === whole);
  await page.unroute("**/search/statements/**");
  await page.getByRole("searchbox").press("Enter");
  await page.locator("main p[role=status]", { hasText: "1 found." }).waitFor();
  check("and finds when it is tried again", (await page.locator("main p[role=alert]").innerText()) === "");
  // What was aborted for this the browser notes.
  visitor.complaints = visitor.complaints.filter((line) => !line.includes("ERR_FAILED"));
}

/** The same export without scripts: it says that a search needs them, and the lists are there. */
export async function browseFiles(visitor, tally, host, { statement }) {
  const { page, name } = visitor;
  for (const path of ["find/", `statements/${statement}/signatures/`]) {
    await page.goto(host.home + path);
    tally.is(`${name}: ${path.split("/").at(-2)} says that searching needs JavaScript`, await visitor.says("searching it needs JavaScript"));
  }
  await page.locator('main a[rel="next"]').last().click();
  await page.waitForURL("**/listed-100/");
  tally.is(`${name}: the list goes on without scripts`, await visitor.says("Müller33"));
  await page.getByRole("link", { name: "Evaluations" }).first().click();
  tally.is(`${name}: links lead on below the folder`, new URL(page.url()).pathname === `${host.home}evaluations/`, page.url());
}
