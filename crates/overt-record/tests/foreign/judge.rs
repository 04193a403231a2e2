//! Finding other people's programs, and asking them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A program that was found.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    words: Vec<PathBuf>,
    environment: Vec<(&'static str, PathBuf)>,
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) accepts: bool,
    pub(crate) output: Vec<u8>,
    pub(crate) complaint: String,
}

impl Judge {
    /// A program on the search path.
    pub(crate) fn on_path(name: &str) -> Option<Self> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let found =
            std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
        if found.is_none() {
            eprintln!("SKIPPED: there is no {name} on the search path");
        }
        found.map(|path| Self { words: vec![path], environment: Vec::new() })
    }

    /// A program of the Python environment that `script/setup --check` makes.
    pub(crate) fn in_environment(name: &str) -> Option<Self> {
        let path = environment()?.join("bin").join(name);
        if !path.is_file() {
            eprintln!("SKIPPED: there is no {}; `script/setup --check` installs it", path.display());
            return None;
        }
        Some(Self { words: vec![path], environment: Vec::new() })
    }

    /// A Python program beside the tests, under the environment's Python.
    pub(crate) fn python(program: &str) -> Option<Self> {
        let mut python = Self::in_environment("python")?;
        // Isolated: programs here are named after the libraries that they import.
        python.words.extend([PathBuf::from("-I"), beside(program)]);
        Some(python)
    }

    /// A program for Node beside the tests, which finds its packages in the environment.
    pub(crate) fn node(program: &str) -> Option<Self> {
        let packages = environment()?.join("node_modules");
        if !packages.is_dir() {
            eprintln!("SKIPPED: there is no {}; `script/setup --check` installs it", packages.display());
            return None;
        }
        let mut node = Self::on_path("node")?;
        node.words.push(beside(program));
        node.environment.push(("NODE_PATH", packages));
        Some(node)
    }

    /// A Go program beside the tests, compiled with Debian's golang.org/x/mod.
    pub(crate) fn go(program: &str, into: &Path) -> Option<Self> {
        let (library, go) = (Path::new("/usr/share/gocode"), Self::on_path("go")?);
        if !library.join("src/golang.org/x/mod/sumdb/tlog").is_dir() {
            eprintln!("SKIPPED: there is no golang.org/x/mod below {}", library.display());
            return None;
        }
        let built = into.join("judge");
        let mut command = Command::new(&go.words[0]);
        command.args(["build", "-o"]).arg(&built).arg(beside(program));
        command.env("GO111MODULE", "off").env("GOPATH", library).env("GOFLAGS", "");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(Self { words: vec![built], environment: Vec::new() })
    }

    /// A command that runs the program.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program may end without reading; what it says then is what counts.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Said {
            accepts: output.status.success(),
            output: output.stdout,
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the program, which must succeed, and gives what it wrote.
    pub(crate) fn must(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let said = self.run(arguments, input);
        assert!(said.accepts, "{:?} {arguments:?}: {}", self.words, said.complaint);
        said.output
    }

    /// Asks a program that reads one JSON value and writes one.
    pub(crate) fn ask(&self, question: &Value) -> Value {
        let answer = self.must(&[], &serde_json::to_vec(question).unwrap());
        serde_json::from_slice(&answer).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&answer)))
    }
}

/// A file of this folder.
fn beside(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(file)
}

/// Where `script/setup --check` installs packages of Python and Node.
fn environment() -> Option<PathBuf> {
    let named = std::env::var_os("OVERT_INTEROP").map(PathBuf::from);
    let found = named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/overt/interop")));
    if found.is_none() {
        eprintln!("SKIPPED: neither OVERT_INTEROP nor HOME says where other people's programs are");
    }
    found
}

/// A folder that ends with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that its owner alone may read, as ssh-keygen demands of keys, and gives its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.at(name);
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.at(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }
}
