// Searches an export of a site, which has no server that could: what a form asks for is looked up in an index of small files, of
// which a few are fetched. What they say is written as text and never as markup. `folded` is the folding that names
// are compared by (crate overt-statement, sameness/folded.rs); web/tests/folding.json holds both to it.

const ACCENT = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]/u;
const LETTER = /[\p{Alphabetic}\p{N}\p{M}]/u;
const SILENT = /[.'’‘ʼʻʹ`´·\u200c\u200d]/u;
const PLAIN = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ħ: "h", ŧ: "t" };

/** The words of a text without case, accents and signs, one space between them. */
export function folded(text) {
  const name = [...text.trim().split(/\p{White_Space}+/u).join(" ")].slice(0, 256).join("");
  let out = "";
  for (const sign of name.normalize("NFKD")) {
    if (ACCENT.test(sign)) continue;
    // Letter by letter: a word's last sigma is like any other.
    for (const upper of sign.toUpperCase()) {
      for (const c of upper.toLowerCase()) {
        if (ACCENT.test(c)) continue;
        if (Object.hasOwn(PLAIN, c)) out += PLAIN[c];
        else if (LETTER.test(c)) out += c;
        else if (!SILENT.test(c)) out += " ";
      }
    }
  }
  return out.split(" ").filter(Boolean).join(" ");
}

const MOST_WORDS = 8;
/** How many files a word is worth at a time, and how many a search is before it takes what it has. */
const PATIENCE = 6;
const MOST_FILES = 30;
/** The longest part of a word, in bytes, that files are named by. */
const STEM = 40;

/** A beginning as files are named by it. A word that is whole ends with a space. */
export function key(word, isWhole) {
  let bytes = [];
  for (const c of word) {
    const more = new TextEncoder().encode(c);
    if (bytes.length + more.length > STEM) break;
    bytes = bytes.concat(...more);
  }
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return isWhole ? hex + "20" : hex;
}

/** An index of small files. `read` fetches one by its name and gives what is in it, or undefined if there is none. */
export class Index {
  constructor(read) {
    this.read = read;
    this.kept = new Map();
  }

  file(beginning) {
    const name = `k${beginning}.json`;
    if (!this.kept.has(name)) {
      const reading = this.read(name);
      this.kept.set(name, reading);
      // What could not be fetched is fetched again the next time.
      reading.catch(() => this.kept.delete(name));
    }
    return this.kept.get(name);
  }

  /** What stands under a beginning, perhaps with other things, and whether that is all of it. */
  async under(beginning) {
    const found = { items: [], isAll: true };
    for (let level = [""]; level.length > 0;) {
      const files = await Promise.all(level.map((at) => this.file(at)));
      if (!files.every(Boolean)) throw new Error("a part of the index is not there");
      const next = [];
      for (const [at, { count, items, under }] of files.map((file, place) => [level[place], file])) {
        // A word that many have: the first of them, and the way to those who have another word too.
        const isAsked = items && under && at.startsWith(beginning);
        if (!under || isAsked) {
          found.items.push(...items);
          found.isAll &&= items.length >= count;
        } else {
          next.push(...under.filter((one) => one.startsWith(beginning) || beginning.startsWith(one)));
        }
      }
      // Many files under a short beginning say no more than that it is too short.
      found.isAll &&= next.length <= PATIENCE;
      level = next.slice(0, PATIENCE);
    }
    return found;
  }

  /** Items that have all the words, as `fits` judges; `isWhole` says which words are finished. */
  async find(words, isWhole, fits) {
    const gathered = [];
    const ask = async (beginning) => {
      const found = await this.under(beginning);
      gathered.push(found);
      return found.isAll;
    };
    // A long word is rarer than a short one.
    const order = words.map((_, at) => at).sort((a, b) => words[b].length - words[a].length);
    const pairs = order.filter(isWhole).flatMap((first) => order.filter((second) => second !== first)
      .map((second) => key(words[first], true) + key(words[second], isWhole(second))));
    const enough = this.kept.size + MOST_FILES;
    let isAll = false;
    for (const beginning of [...order.map((at) => key(words[at], isWhole(at))), ...pairs]) {
      if (isAll || this.kept.size >= enough) break;
      isAll = await ask(beginning);
    }
    const last = gathered.at(-1);
    const from = isAll ? last.items : gathered.flatMap(({ items }) => items);
    const seen = new Map(from.map((item) => [JSON.stringify(item), item]));
    return { items: [...seen.values()].filter(fits), isAll };
  }
}

/** The words that are looked for. */
export function wordsOf(text) {
  return folded(text).split(" ").filter(Boolean).slice(0, MOST_WORDS);
}

/** People by words of their names and affiliations, the last word perhaps unfinished; in the order of their numbers. */
export async function people(index, text) {
  const words = wordsOf(text);
  if (words.length === 0) return { items: [], isAll: true };
  const last = words.length - 1;
  const isWhole = (at) => at < last;
  const names = (item) => (item.length > 3 ? [item[1], item[3]] : [item[1], item[2]]);
  const found = await index.find(words, isWhole, (item) => {
    const has = names(item).flatMap((name) => folded(name).split(" "));
    return words.every((word, at) => has.some((one) => (isWhole(at) ? one === word : one.startsWith(word))));
  });
  found.items.sort((a, b) => a[0] - b[0]);
  return found;
}

/** Statements, systems and tasks that have each word somewhere in their names. */
export async function things(index, text) {
  const words = wordsOf(text);
  if (words.length === 0) return { items: [], isAll: true };
  const names = (item) => (item[0] === "statement" ? [item[2]] : [item[2], item[3]]);
  return index.find(words, () => false, (item) => {
    const all = names(item).map(folded).join(" ");
    return words.every((word) => all.includes(word));
  });
}

/** The page of a record or a system, from the export's folder; undefined if the text is no digest of one. */
export async function destination(index, text) {
  const digest = text.trim().toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
  const { items } = await index.under(key(digest, false));
  const found = items.find(([one]) => one === digest);
  if (!found) return undefined;
  const folder = { evaluation: "evaluations", statement: "statements", incident: "incidents", system: "systems" };
  return `${folder[found[1]] ?? "records"}/${digest}/`;
}

/** Where the index of a page lies: its folder, the export's own, and how files of it are fetched. */
class Place {
  constructor(form) {
    this.folder = new URL(form.dataset.index, document.baseURI);
    this.root = new URL("./", this.folder.href.replace(/search\/(site|statements\/[0-9a-f]+)\/$/, ""));
  }

  index(folder) {
    const base = new URL(folder, this.root);
    return new Index((name) => fetched(new URL(name, base)));
  }

  get own() {
    return this.index(this.folder.href);
  }
}

/** What a file says; undefined if there is none. Where the network fails the search does, and says so. */
async function fetched(url) {
  const reply = await fetch(url);
  if (reply.status === 404 || reply.status === 403) return undefined;
  if (!reply.ok) throw new Error(`${url.pathname} answers ${reply.status}`);
  return reply.json();
}

const SHOWN = 100;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** A name within a line: cut, and isolated in its direction. */
function inline(text, limit) {
  const signs = [...text];
  return element("bdi", {}, signs.length > limit ? signs.slice(0, limit).join("") + "…" : text);
}

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const day = (time) => element("time", { datetime: time }, time.slice(0, 10));

/** A table as the server writes it. Cells of a row are nodes; the first is its heading. */
function table(caption, columns, rows) {
  const [names, kinds] = [columns.map(([name]) => name), columns.map(([, kind]) => (kind ? { class: kind } : {}))];
  const head = element("tr", {}, ...names.map((name, at) => element("th", { scope: "col", ...kinds[at] }, name)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell, at) => (at === 0 ? element("th", { scope: "row" }, cell) : element("td", kinds[at], cell)))));
  const whole = element("table", { class: "data" }, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, whole);
}

const link = (place, href, ...children) => element("a", { href: new URL(href, place.root).href }, ...children);
const code = (text, limit) => element("code", {}, inline(text, limit));

/** What was found of each kind, under its heading. */
function sections(place, items) {
  const of = (kind) => items.filter(([one]) => one === kind).slice(0, 50);
  const [statements, systems, tasks] = [of("statement"), of("system"), of("task")];
  const out = [];
  if (statements.length > 0) {
    out.push(element("h2", {}, "Statements"), element("ul", {}, ...statements.map(([, href, title, time]) => element("li", {}, link(place, href, inline(title, 120)), ", ", day(time)))));
  }
  if (systems.length > 0) {
    const columns = [["System"], ["Model"], ["Reached as"], ["Evaluations", "num"], ["First", "date"], ["Newest", "date"]];
    const rows = systems.map(([, href, name, model, reach, count, first, newest]) => [link(place, href, inline(name, 60)), code(model, 60), reach, grouped(count), day(first), day(newest)]);
    out.push(element("h2", {}, "Systems"), table("Systems, by what the newest evaluation calls them", columns, rows));
  }
  if (tasks.length > 0) {
    const columns = [["Task"], ["Name"], ["Newest version"], ["Evaluations", "num"], ["Systems", "num"], ["Newest", "date"]];
    const rows = tasks.map(([, href, title, name, version, count, by, newest]) => [link(place, href, inline(title, 80)), code(name, 80), inline(version, 20), grouped(count), grouped(by), day(newest)]);
    out.push(element("h2", {}, "Tasks"), table("Tasks by name. Two evaluators may give one name to two tasks; their results stand apart.", columns, rows));
  }
  return out;
}

/** A line of a list of signatures. */
function signature(place, words, [number, name, role, affiliation, country, kind, domain, record]) {
  const say = (text) => text.replace("{domain}", () => domain || "—");
  const item = element("li", { value: number }, element("span", { class: "name" }, name ? inline(name, 120) : say(words.nameless)));
  for (const part of [role, affiliation, country].filter(Boolean)) item.append(", ", inline(part, 120));
  const statement = place.folder.pathname.split("/").at(-2);
  const proof = link(place, `statements/${statement}/signatures/${record}/`, words.proof);
  proof.className = "proof";
  proof.setAttribute("aria-label", `${words.proof} ${number}`);
  item.append(" ", element("span", { class: "faint" }, `(${say(words.checked[kind] ?? "")})`), " ", proof);
  return item;
}

function listed([number, name, affiliation]) {
  const item = element("li", { value: number }, element("span", { class: "name" }, inline(name, 120)));
  if (affiliation) item.append(", ", inline(affiliation, 160));
  return item;
}

/** How much of what fits is shown, in words. */
function extent({ items, isAll }) {
  const narrow = "Add a word, or finish the last one, to narrow the search.";
  const number = grouped(items.length);
  const shown = items.length > SHOWN ? `the first ${SHOWN} are shown. ` : "";
  if (isAll) return shown ? `${number} found; ${shown}${narrow}` : `${number} found.`;
  return `More than ${number} may have that, and not all were looked at${shown && "; "}${shown || ". "}${narrow}`;
}

/** A list of people in the place of the whole list, which comes back when nothing is looked for. */
class Shown {
  constructor(list) {
    this.list = list;
    this.whole = [...list.childNodes];
    // What leads to further pages of the whole list, and what says that it is empty.
    this.beside = [list.previousElementSibling, list.nextElementSibling].filter((one) => one?.matches("nav.pager, p:not(.note)") && !one.querySelector("strong"));
    this.said = element("p", { role: "status" });
    list.before(this.said);
  }

  show(found, line, nobody) {
    this.beside.forEach((one) => { one.hidden = Boolean(found); });
    if (!found) {
      this.said.textContent = "";
      this.list.replaceChildren(...this.whole);
      return;
    }
    this.list.replaceChildren(...found.items.slice(0, SHOWN).map(line));
    this.said.textContent = found.items.length === 0 && found.isAll ? nobody : extent(found);
  }
}

/** The page of a statement's signatures: they and each list of names are searched in their own places. */
async function signatures(place) {
  const words = await fetched(new URL("search/words.json", place.root));
  const lists = [...document.querySelectorAll("main ol.signatories")].map((list) => {
    const id = list.closest("section")?.getAttribute("aria-labelledby") ?? "";
    const listing = id.match(/^listing-(\d+)$/)?.[1];
    const index = listing ? place.index(`search/listings/${listing}/`) : place.own;
    return { index, shown: new Shown(list), line: listing ? listed : (item) => signature(place, words, item) };
  });
  return async (text) => {
    const found = await Promise.all(lists.map(({ index }) => (text ? people(index, text) : undefined)));
    return () => lists.forEach(({ shown, line }, at) => shown.show(found[at], line, words.nobody));
  };
}

/** The page that looks for statements, systems, tasks and digests. */
function everything(place, form) {
  const said = element("p", { role: "status" });
  const results = element("div");
  form.after(said, results);
  const records = place.index("search/records/");
  const own = place.own;
  return async (text) => {
    const leads = await destination(records, text);
    const found = text && !leads ? await things(own, text) : undefined;
    return () => {
      if (leads) location.replace(new URL(leads, place.root));
      results.replaceChildren(...(found ? sections(place, found.items) : []));
      said.textContent = !found ? "" : found.items.length > 0 || !found.isAll ? extent(found)
        : "Nothing here has that in its name. People who signed are found on the page of the statement; single samples on the page of their run.";
    };
  };
}

/** Lets a form be answered here. */
async function answer(form) {
  const where = new Place(form);
  const field = form.elements.namedItem("q");
  const problem = element("p", { role: "alert" });
  form.after(problem);
  let newest = 0;
  let search;
  const run = async () => {
    const mine = (newest += 1);
    try {
      search ??= await (form.dataset.index.includes("/statements/") ? signatures(where) : everything(where, form));
      const show = await search(field.value.trim());
      // Whoever asks again gets the newer answer, however the replies come.
      if (mine !== newest) return;
      show();
      problem.textContent = "";
    } catch (error) {
      if (mine === newest) problem.textContent = `This could not be searched: ${error.message}. Try again.`;
    }
  };
  const asked = () => new URL(location.href).searchParams.get("q") ?? "";
  const take = () => {
    field.value = asked();
    return run();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = new URL(location.href);
    url.search = field.value.trim() ? `?${new URLSearchParams({ q: field.value.trim() })}` : "";
    if (url.href !== location.href) history.pushState(null, "", url);
    run();
  });
  addEventListener("popstate", take);
  if (asked()) await take();
}

if (typeof document !== "undefined") document.querySelectorAll("form[data-index]").forEach(answer);
