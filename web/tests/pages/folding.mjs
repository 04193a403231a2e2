// The script that searches an export folds names as the server does: both are held to folding.json.

import { readFile } from "node:fs/promises";

const here = (path) => new URL(path, import.meta.url);

/** The functions of the script. It is a module wherever it is loaded from, also where nothing says so. */
export async function script() {
  const source = await readFile(here("../../../crates/overt-web/assets/find.js"));
  return import(`data:text/javascript;base64,${source.toString("base64")}`);
}

export async function folding(tally) {
  const { folded, key } = await script();
  const vectors = JSON.parse(await readFile(here("../folding.json"), "utf8"));
  const wrong = vectors.filter(([written, expected]) => folded(written) !== expected);
  tally.holds("names are folded as the server folds them", wrong.map(([written, expected]) => `${JSON.stringify(written)}: ${JSON.stringify(folded(written))}, expected ${JSON.stringify(expected)}`));
  const keys = [["", false, ""], ["ma", false, "6d61"], ["ma", true, "6d6120"], ["é".repeat(30), true, `${"c3a9".repeat(20)}20`], ["x".repeat(39) + "山", false, "78".repeat(39)]];
  tally.holds("files are named by at most forty bytes of a word, ending between two characters", keys.map(([word, isWhole, expected]) => (key(word, isWhole) === expected ? "" : `${word}: ${key(word, isWhole)}`)));
}
