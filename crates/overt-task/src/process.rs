//! An external program under supervision.
//!
//! It runs in a process group of its own and with a limit of memory, its standard error is read so that it never waits
//! for a reader, and with the value that stands for it the whole group ends: no child outlives it.

use std::io;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How much of what a program says on standard error is kept for messages.
const SAID: usize = 2000;

/// How to run a program.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    /// The program and its arguments. A program with a separator in its name is found from `directory`, others on the
    /// search path.
    pub command: Vec<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// The most address space that it may use, in bytes; as much as there is if `None`.
    pub memory: Option<u64>,
}

/// A running program. Dropping it ends the program and its children.
#[derive(Debug)]
pub struct Process {
    /// Its standard input, until it is taken to be closed.
    pub input: Option<ChildStdin>,
    /// Its standard output.
    pub output: BufReader<ChildStdout>,
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    /// Starts it. A tokio runtime must be there to read what it says.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn start(spec: &ProcessSpec) -> io::Result<Self> {
        let mut command = spec.command()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let piped = || io::Error::other("a pipe is missing");
        let input = Some(child.stdin.take().ok_or_else(piped)?);
        let output = BufReader::new(child.stdout.take().ok_or_else(piped)?);
        let mut errors = child.stderr.take().ok_or_else(piped)?;
        let said: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = Arc::clone(&said);
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(read @ 1..) = errors.read(&mut buffer).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&buffer[..read]);
                let surplus = kept.len().saturating_sub(SAID);
                kept.drain(..surplus);
            }
        });
        Ok(Self { input, output, child, said })
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// The end of what it said on standard error, once it has closed its output.
    pub async fn last_words(&mut self) -> String {
        // If it is not gone in a moment, it does not matter.
        let _ = tokio::time::timeout(Duration::from_millis(500), self.child.wait()).await;
        tokio::task::yield_now().await;
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl ProcessSpec {
    fn command(&self) -> io::Result<Command> {
        let nameless = || io::Error::new(io::ErrorKind::InvalidInput, "no program is named");
        let (program, arguments) = self.command.split_first().ok_or_else(nameless)?;
        let program = if program.contains(MAIN_SEPARATOR) {
            self.directory.join(program).into_os_string()
        } else {
            program.into()
        };
        let mut command = match self.memory {
            // The shell sets the limit on itself and then becomes the program.
            Some(bytes) if cfg!(unix) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &(bytes / 1024).to_string()]);
                shell.arg(program);
                shell
            }
            _ => Command::new(program),
        };
        command.args(arguments).current_dir(&self.directory);
        Ok(command)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The whole group: a script's children must not outlive it. The child itself is killed and reaped by tokio.
        #[cfg(unix)]
        if let Some(group) =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
