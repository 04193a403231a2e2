// Holds web/verify.js to vectors.json: one line for each vector that it judges otherwise, and exit status 1 if there is one.
//
//   node vectors/check.mjs [part of a vector's name]

import { readFile } from 'node:fs/promises';
import { verify } from '../web/verify.js';

const vectors = JSON.parse(await readFile(new URL('vectors.json', import.meta.url), 'utf8'));
const asked = vectors.filter(({ name }) => name.includes(process.argv[2] ?? ''));

/** The file of a vector, as bytes. */
function fileOf(vector) {
  if ('base64' in vector) return Uint8Array.from(atob(vector.base64), (c) => c.charCodeAt(0));
  return new TextEncoder().encode(vector.text ?? JSON.stringify(vector.file));
}

let wrong = 0;
for (const vector of asked) {
  const { name, policy, trust, kind, now, expect } = vector;
  const report = await verify(fileOf(vector), { policy, trust, kind, now });
  const failed = report.checks.filter(({ outcome }) => outcome === 'failed');
  const found = { ok: report.ok, failed: failed.map(({ id }) => id), ...(report.error && { refused: 'policy' }) };
  const unforeseen = failed.some(({ detail }) => detail.startsWith('something unforeseen'));
  if (JSON.stringify(found) === JSON.stringify(expect) && !unforeseen) continue;
  wrong += 1;
  const why = report.error ?? failed.map(({ id, detail }) => `${id}: ${detail}`).join('; ');
  console.log(`${name}: expected ${JSON.stringify(expect)}, found ${JSON.stringify(found)} ${why}`);
}
console.log(`${asked.length - wrong} of ${asked.length} vectors agree`);
process.exitCode = wrong > 0 || asked.length === 0 ? 1 : 0;
