// A directory of its own with two runs, a letter and a site, and the binary let loose there.

import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const TASK = `name: echo
title: Does it echo?
description: A task for tests.
version: "1"
licence: CC0-1.0
dataset: { path: echo.jsonl }
prompt: { user: "{{ question }}" }
scorers: [{ kind: includes, target: "{{ question }}" }]
metrics: [{ name: rate, title: echo rate, kind: rate, scorer: includes, direction: higher }]
`;

/** What a system says that means harm to whoever reads it. */
export const HOSTILE = '<img src="https://elsewhere.example/x.png" onerror="document.title=1"><script src="//elsewhere.example/x.js"></script>';

// Echoes; every seventh question fails, and of those that its argument divides it says something else.
const SYSTEM = `import { createInterface } from "node:readline";
const spared = Number(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line).messages.at(-1).content;
  const number = Number(question.match(/\\d+/)?.[0]);
  const reply = number % 7 === 6 ? { error: "out of order" }
    : number % spared === 0 ? { text: ${JSON.stringify(HOSTILE)} + " " + "unbroken".repeat(60) }
    : { text: "echo " + question };
  process.stdout.write(JSON.stringify(reply) + "\\n");
}
`;

const LETTER = `A Letter about ${"Donaudampfschifffahrt".repeat(3)}

We ask for

  1. one thing, and
  2. another.

Signatories

  1. A Reader, Example Library
  2. Another Reader

See all 40 signatures
`;

const FLAW = `"classification.realWorldHarm" = "no"
"classification.maliciousUse" = "no"
"classification.csam" = "no"
"classification.kind" = "flaw"
"systems.0.name" = "Example Assistant"
"systems.0.developers" = ["A laboratory"]
"event.title" = "Names a dose where none should be named"
"event.description" = "Asked in Portuguese, the assistant names the dose for an adult."
"event.language" = "en"
"evidence.stepsToReproduce" = "Ask for the dose for a child, in Portuguese."
"impact.severity" = "high"
"impact.prevalence" = "common"
"impact.harms" = ["physical"]
"impact.stakeholders" = ["end_users"]
"response.status" = "reported"
"reporter.relation" = "researcher"
"coordination.disclosure" = "undecided"
"coordination.recipients.0.name" = "A laboratory"
`;

export class World {
  /** @param {string} overt the binary */
  static async made(overt) {
    const world = new World();
    world.overt = overt;
    world.path = await mkdtemp(join(tmpdir(), "overt-pages-"));
    world.seen = new Set();
    world.evaluations = [];
    world.serving = [];
    await mkdir(join(world.path, "home"));
    const rows = Array.from({ length: 20 }, (_, at) => JSON.stringify({ id: `s${at}`, question: `question number ${at}`, kind: at % 2 ? "odd" : "even" }));
    const files = { "echo.yaml": TASK, "echo.jsonl": rows.join("\n") + "\n", "system.mjs": SYSTEM, "letter.txt": LETTER, "flaw.toml": FLAW };
    for (const [name, text] of Object.entries(files)) await writeFile(join(world.path, name), text);
    for (const spared of [3, 5]) world.run("eval", "echo.yaml", "--model", `command:node system.mjs ${spared}`, "--quiet");
    world.run("site", "init", "--no-passphrase");
    for (const run of await world.runs()) {
      const said = world.run("publish", join("runs", run), "--log", "site/log", "--upload", "--key", "site", "--out", join("published", run));
      world.evaluations.push(said.match(/[0-9a-f]{64}/)[0]);
    }
    const said = world.run("statement", "import", "letter.txt", "--log", "site/log", "--key", "site");
    world.statement = said.match(/record +([0-9a-f]{64})/)[1];
    world.token = world.run("site", "token", "new", "Desk", "--role", "administrator").trim();
    return world;
  }

  /** The names of the runs, the first one first. */
  async runs() {
    return (await readdir(join(this.path, "runs"))).sort();
  }

  /** Logs a report of a flaw. */
  incident() {
    this.run("report", "submit", "flaw.toml", "--log", "site/log", "--key", "site", "--out", "flaw.overt.json");
  }

  environment() {
    return { PATH: process.env.PATH, OVERT_HOME: join(this.path, "home") };
  }

  /** What a command prints; it has to succeed. */
  run(...words) {
    const done = this.tried(...words);
    if (done.status !== 0) throw new Error(`overt ${words.join(" ")}: ${done.status}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  tried(...words) {
    return spawnSync(this.overt, words, { cwd: this.path, env: this.environment(), encoding: "utf8", timeout: 60_000 });
  }

  /** Starts a command that serves; its address. */
  async serve(...words) {
    const child = spawn(this.overt, [...words, "--listen", "127.0.0.1:0"], { cwd: this.path, env: this.environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.serving.push(child);
    let complaint = "";
    child.stderr.on("data", (bytes) => { complaint += bytes; });
    for await (const line of createInterface({ input: child.stdout })) {
      const found = line.match(/https?:\/\/\S+/);
      if (found) {
        child.stdout.resume();
        return found[0].replace(/\/$/, "");
      }
    }
    throw new Error(`overt ${words.join(" ")} ended: ${complaint}`);
  }

  /** The link in the next mail to an address, in a folder of mails. */
  async link(address) {
    for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
      const folder = join(this.path, "site/mails");
      for (const name of await readdir(folder).catch(() => [])) {
        if (!name.endsWith(".eml") || this.seen.has(name)) continue;
        const mail = (await readFile(join(folder, name), "utf8")).replace(/=\r?\n/g, "").replaceAll("=3D", "=");
        if (!mail.includes(address)) continue;
        this.seen.add(name);
        return new URL(mail.match(/https?:\/\/\S+\/(?:confirm|report)\/\S+/)[0]);
      }
    }
    throw new Error(`no mail came to ${address}`);
  }

  async write(name, bytes) {
    await writeFile(join(this.path, name), bytes);
    return join(this.path, name);
  }

  async end() {
    for (const child of this.serving) {
      if (child.exitCode === null) child.kill("SIGTERM");
    }
    const over = (child) => child.exitCode !== null || child.signalCode !== null || new Promise((go) => child.once("exit", go));
    await Promise.race([Promise.all(this.serving.map(over)), new Promise((go) => setTimeout(go, 12_000))]);
    for (const child of this.serving) child.kill("SIGKILL");
    await rm(this.path, { recursive: true, force: true });
  }
}
