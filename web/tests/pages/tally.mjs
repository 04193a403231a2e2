// What held and what did not: a line for each check.

export class Tally {
  passed = 0;
  failed = 0;

  /** One check. `problems` is what is wrong, as a list of lines; nothing is wrong where it is empty. */
  holds(what, problems) {
    const found = problems.filter(Boolean);
    if (found.length === 0) this.passed += 1;
    else this.failed += 1;
    console.log(`${found.length === 0 ? "ok    " : "FAILED"}  ${what}${found.map((line) => `\n          ${line}`).join("")}`);
  }

  /** One check with a yes or a no. */
  is(what, held, detail = "") {
    this.holds(what, [held ? "" : detail || "it does not hold"]);
  }

  /** A part of the tour. What it throws is a failed check, and the parts after it go on. */
  async part(name, walk) {
    try {
      return await walk();
    } catch (error) {
      this.holds(name, [`it stopped: ${String(error.message).split("\n").slice(0, 6).join(" | ")}`]);
      return undefined;
    }
  }

  end() {
    console.log(`\n${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
