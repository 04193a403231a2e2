// Somebody with a browser: what the browser complains of on the way is kept, and pages are looked at closely.

const WIDTHS = [360, 768, 1440];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// What another scheme and a narrow window can change.
const COLOURED = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"];

export class Visitor {
  /**
   * @param {{ browser: object, axe: string, tally: object }} tools a browser, the source of axe-core, and the tally
   * @param {{ origin: string, name: string, scripts?: boolean, language?: string }} who `scripts: false` is a browser without JavaScript
   */
  static async at(tools, { origin, name, scripts = true, language = "en-GB" }) {
    const visitor = new Visitor();
    Object.assign(visitor, { tools, origin, name, scripts, complaints: [] });
    visitor.context = await tools.browser.newContext({ javaScriptEnabled: scripts, locale: language, viewport: { width: 1440, height: 900 }, baseURL: origin });
    visitor.context.setDefaultTimeout(10_000);
    visitor.page = await visitor.context.newPage();
    visitor.watch();
    return visitor;
  }

  watch() {
    const complain = (what) => this.complaints.push(`${new URL(this.page.url(), this.origin).pathname}: ${what}`);
    this.context.on("request", (request) => {
      const from = new URL(request.url());
      if (!["data:", "blob:"].includes(from.protocol) && from.origin !== this.origin) complain(`asks ${request.url()}`);
    });
    this.page.on("pageerror", (error) => complain(`throws ${error.message}`));
    this.page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      // A page that says that something is wrong is told with a status, which the browser notes.
      if (this.expected && message.text().includes(`status of ${this.expected}`)) return;
      complain(`says ${message.text()}`);
    });
  }

  /** Opens a page, which has to answer with this status. */
  async open(path, status = 200) {
    this.expected = status >= 400 ? status : undefined;
    const reply = await this.page.goto(path);
    if (reply.status() !== status) throw new Error(`${path} answers ${reply.status()}`);
    const policy = reply.headers()["content-security-policy"] ?? "";
    if (!policy.includes("default-src 'none'") || policy.includes("unsafe")) this.complaints.push(`${path}: the policy is ${policy}`);
    return this.page;
  }

  /** Presses a button or follows a link, and waits for the page that it leads to. */
  async go(where, status) {
    this.expected = status;
    const loaded = this.page.waitForEvent("load");
    await where.click();
    await loaded;
    return this.page;
  }

  press(name) {
    return this.go(this.page.getByRole("button", { name, exact: true }));
  }

  follow(name) {
    return this.go(this.page.locator("main").getByRole("link", { name, exact: typeof name === "string" }).first());
  }

  /** Fills in fields by their names. */
  async answer(answers) {
    for (const [name, value] of Object.entries(answers)) {
      const field = this.page.locator(`[name="${name}"]`);
      const kind = await field.first().evaluate((found) => found.type || found.localName);
      if (kind === "radio" || kind === "checkbox") await this.page.locator(`[name="${name}"][value="${value}"]`).check();
      else if (kind.startsWith("select")) await field.selectOption(value);
      else await field.fill(value);
    }
  }

  says(words) {
    return this.page.locator("main").innerText().then((text) => text.includes(words));
  }

  /** Looks closely at the page that is open: at three widths, in light and in dark, with the rules of WCAG 2.2 AA. */
  async look(what) {
    const { page } = this;
    // Once for each kind of page: without scripts it is the same markup.
    const kind = `${this.origin} ${what}`;
    if (this.tools.looked.has(kind)) return;
    this.tools.looked.add(kind);
    const problems = [];
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const found = await page.evaluate(() => {
        const { scrollWidth } = document.scrollingElement;
        const wide = [...document.querySelectorAll("body *")].find((one) => one.getBoundingClientRect().right > innerWidth + 1);
        return { scrollWidth, innerWidth, culprit: wide && `${wide.localName}.${wide.className} "${wide.textContent.trim().slice(0, 30)}"` };
      });
      if (found.scrollWidth > found.innerWidth) problems.push(`at ${width} px it is ${found.scrollWidth} px wide: ${found.culprit}`);
    }
    for (const [scheme, width] of [["light", 1440], ["dark", 360]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const line of await this.barriers(scheme === "light" ? { type: "tag", values: RULES } : { type: "rule", values: COLOURED })) problems.push(`${scheme}, ${width} px: ${line}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1440, height: 900 });
    this.tools.tally.holds(`${this.name}: ${what} is open to everybody, in light and dark, at ${WIDTHS.join(", ")} px`, problems);
  }

  async barriers(runOnly) {
    const found = await this.page.evaluate(async ({ axe, runOnly }) => {
      if (!globalThis.axe) (0, eval)(axe);
      const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => ({ id, count: nodes.length, html: nodes[0].html.slice(0, 160), why: nodes[0].failureSummary.replace(/\s+/g, " ").slice(0, 240) }));
    }, { axe: this.tools.axe, runOnly }).catch((error) => [{ id: "axe", count: 1, html: "", why: error.message.split("\n")[0] }]);
    return found.map(({ id, count, html, why }) => `${id} (${count}): ${html} ${why}`);
  }

  async leave() {
    this.tools.tally.holds(`${this.name}: nothing thrown, nothing asked of others, no policy broken`, [...new Set(this.complaints)]);
    await this.context.close();
  }
}
