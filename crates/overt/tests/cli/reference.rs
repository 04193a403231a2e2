//! `docs/commands.md` is the help texts, put together. It fails on drift; `UPDATE=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use crate::workspace::Workspace;

const PREFACE: &str = "\
# Commands

Made from the help texts by a test (`UPDATE=1 cargo test -p overt reference`): edit those, not this.

Results go to standard output, everything else to standard error. `--json` prints results in the documented, stable form
(`docs/run-directory.md`); `show` and `compare` also write tables (`--format markdown` or `csv`, `docs/ci.md`). Colour is
off with `NO_COLOR` or when piped. `OVERT_HOME` is where models and fetched data live (by default the platform's data
directory).

Exit codes, the same for every command:

| code | meaning |
|---|---|
| `0` | done; all requirements met |
| `1` | a well-founded no: a requirement missed, a check of `verify` failed, runs that differ, a mistake found by `task check`, a damaged file by `data verify` |
| `2` | usage, or input that cannot be used |
| `3` | could not be decided: system down, key refused, disk full, requirement without enough data |
| `4` | interrupted; `overt resume` goes on |
| `101` | a bug in overt: please report it |
";

const COMMANDS: &[&[&str]] = &[
    &[],
    &["eval"],
    &["resume"],
    &["show"],
    &["score"],
    &["compare"],
    &["check"],
    &["task"],
    &["task", "list"],
    &["task", "show"],
    &["task", "check"],
    &["task", "new"],
    &["data"],
    &["data", "pull"],
    &["data", "list"],
    &["data", "verify"],
    &["data", "gc"],
    &["model"],
    &["model", "list"],
    &["model", "show"],
    &["model", "probe"],
    &["model", "pull"],
    &["judge"],
    &["judge", "measure"],
    &["judge", "sheet"],
    &["plan"],
    &["publish"],
    &["verify"],
    &["reveal"],
    &["reproduce"],
    &["key"],
    &["key", "new"],
    &["key", "list"],
    &["key", "show"],
    &["key", "export"],
    &["key", "rotate"],
    &["key", "revoke"],
    &["log"],
    &["log", "init"],
    &["log", "add"],
    &["log", "redact"],
    &["log", "erase"],
    &["log", "checkpoint"],
    &["log", "show"],
    &["log", "fsck"],
    &["log", "serve"],
    &["log", "mirror"],
    &["log", "follow"],
    &["witness"],
    &["witness", "init"],
    &["witness", "serve"],
    &["view"],
    &["statement"],
    &["statement", "new"],
    &["statement", "publish"],
    &["statement", "import"],
    &["statement", "sign"],
    &["statement", "list"],
    &["report"],
    &["report", "new"],
    &["report", "check"],
    &["report", "submit"],
    &["report", "show"],
    &["report", "export"],
    &["serve"],
    &["site"],
    &["site", "init"],
    &["site", "export"],
    &["site", "token"],
    &["site", "token", "new"],
    &["site", "token", "list"],
    &["site", "token", "revoke"],
    &["index"],
    &["index", "rebuild"],
    &["init"],
    &["completions"],
    &["man"],
];

#[test]
fn the_command_reference_says_what_the_help_says() {
    let workspace = Workspace::new();
    let mut text = PREFACE.to_owned();
    for command in COMMANDS {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let (help, _) = workspace.run(&arguments, 0);
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = std::iter::once("overt").chain(command.iter().copied()).collect::<Vec<_>>().join(" ");
        write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim_end()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/commands.md has drifted; run `UPDATE=1 cargo test -p overt reference`");
}
