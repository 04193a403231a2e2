//! External programs that speak JSON lines: one request on a line in, one reply on a line out.
//!
//! A program is started when it is first needed and kept for more requests; several run side by side, each under
//! supervision ([`Process`]) and with a time limit for each reply. One that dies, is silent or writes garbage costs the
//! request in hand and is started anew for the next one.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use overt_task::{Process, ProcessSpec};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;

/// The longest reply that is read, in bytes.
const LONGEST: u64 = 4 << 20;

/// How to run a program.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    /// The program and its arguments. A program with a separator in its name is found from `directory`, others on the
    /// search path.
    pub command: Vec<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// The longest time that one reply may take.
    pub timeout: Duration,
    /// The most address space that it may use, in bytes; as much as there is if `None`.
    pub memory: Option<u64>,
    /// How many run side by side at most.
    pub workers: usize,
}

/// Why a program gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be run.
    #[error("cannot run {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// It took too long.
    #[error("{program} gave no reply within {} s", .limit.as_secs_f64())]
    Timeout {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It ended, or closed its output.
    #[error("{program} ended without a reply{}", last_words(.said))]
    Ended {
        /// The program.
        program: String,
        /// The end of what it said on standard error.
        said: String,
    },
    /// Its reply is no JSON object on one line.
    #[error("{program} replied with something that is no JSON object: {reply}")]
    Garbled {
        /// The program.
        program: String,
        /// The beginning of what it wrote.
        reply: String,
    },
}

fn last_words(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("; it said: {text}") }
}

/// A program that can be asked.
#[derive(Debug)]
pub struct Program {
    process: ProcessSpec,
    timeout: Duration,
    idle: Mutex<Vec<Process>>,
    room: Semaphore,
}

impl Program {
    /// Prepares a program; nothing is started yet.
    pub fn new(spec: ProgramSpec) -> Self {
        let ProgramSpec { command, directory, timeout, memory, workers } = spec;
        let process = ProcessSpec { command, directory, memory };
        Self { process, timeout, idle: Mutex::default(), room: Semaphore::new(workers.max(1)) }
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        self.process.command.first().map_or("", String::as_str)
    }

    /// Sends a request and waits for the reply. Dropping the future ends the program that was asked.
    ///
    /// # Errors
    /// When it cannot be run, is too slow, dies, or replies with something else than a JSON object.
    pub async fn ask(&self, request: &Value) -> Result<serde_json::Map<String, Value>, ProgramError> {
        // The semaphore is never closed.
        let _room = self.room.acquire().await.ok();
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut process = match idle {
            Some(process) => process,
            None => Process::start(&self.process)
                .map_err(|source| ProgramError::Start { program: self.name().to_owned(), source })?,
        };
        let program = || self.name().to_owned();
        let limit = self.timeout;
        let line = match tokio::time::timeout(limit, exchange(&mut process, request)).await {
            Err(_elapsed) => return Err(ProgramError::Timeout { program: program(), limit }),
            Ok(Err(_broken)) => {
                return Err(ProgramError::Ended { program: program(), said: process.last_words().await });
            }
            Ok(Ok(line)) => line,
        };
        if let Ok(Value::Object(reply)) = serde_json::from_slice(&line) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
            return Ok(reply);
        }
        // Its next line might belong to this request: it is not asked again.
        let reply = String::from_utf8_lossy(&line).chars().take(200).collect();
        Err(ProgramError::Garbled { program: program(), reply })
    }
}

/// Sends a line and waits for the one that replies.
async fn exchange(process: &mut Process, request: &Value) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    let input = process.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
    input.write_all(&line).await?;
    input.flush().await?;
    let mut reply = Vec::new();
    (&mut process.output).take(LONGEST).read_until(b'\n', &mut reply).await?;
    if reply.last() != Some(&b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(reply)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;

    fn program(script: &str, timeout: f64, memory: Option<u64>) -> Program {
        Program::new(ProgramSpec {
            command: vec!["sh".into(), "-c".into(), script.into()],
            directory: std::env::temp_dir(),
            timeout: Duration::from_secs_f64(timeout),
            memory,
            workers: 2,
        })
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// Replies to every line with its process id and how many it has had.
    const COUNTS: &str = r#"n=0; while read -r line; do n=$((n+1)); echo "{\"pid\": $$, \"n\": $n}"; done"#;

    #[test]
    fn a_program_is_kept_and_asked_again() {
        block_on(async {
            let program = program(COUNTS, 10.0, None);
            let first = program.ask(&json!({})).await.unwrap();
            let second = program.ask(&json!({})).await.unwrap();
            assert_eq!((&first["n"], &second["n"]), (&json!(1), &json!(2)));
            assert_eq!(first["pid"], second["pid"]);
            let ask = || program.ask(&Value::Null);
            let together = tokio::join!(ask(), ask(), ask(), ask());
            let all = [together.0, together.1, together.2, together.3];
            let pids: std::collections::BTreeSet<i64> =
                all.iter().map(|reply| reply.as_ref().unwrap()["pid"].as_i64().unwrap()).collect();
            assert!(pids.len() <= 2, "{pids:?}");
        });
    }

    #[test]
    fn a_program_that_dies_says_why_and_the_next_request_starts_another() {
        block_on(async {
            let once = program(r#"read -r line; echo "no luck" >&2; exit 3"#, 10.0, None);
            let error = once.ask(&json!({})).await.unwrap_err().to_string();
            assert!(error.contains("ended without a reply") && error.contains("no luck"), "{error}");
            let twice = program(r#"read -r line; echo "{}"; read -r line; exit 1"#, 10.0, None);
            assert!(twice.ask(&json!({})).await.is_ok());
            assert!(matches!(twice.ask(&json!({})).await, Err(ProgramError::Ended { .. })));
            assert!(twice.ask(&json!({})).await.is_ok());
        });
    }

    #[test]
    fn silence_ends_with_the_limit_and_takes_the_children_along() {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mark = folder.path().join("alive");
            let script = format!("(sleep 1; touch {}) & read -r line; sleep 60", mark.display());
            let began = Instant::now();
            let silent = program(&script, 0.3, None);
            let error = silent.ask(&json!({})).await.unwrap_err();
            assert!(
                matches!(error, ProgramError::Timeout { .. }) && began.elapsed() < Duration::from_secs(10)
            );
            tokio::time::sleep(Duration::from_millis(1200)).await;
            assert!(!mark.exists(), "a child outlived the program");
        });
    }

    #[test]
    fn garbage_and_floods_are_no_replies() {
        block_on(async {
            for script in
                ["while read -r line; do echo hello; done", "while read -r line; do echo '[1]'; done"]
            {
                let error = program(script, 10.0, None).ask(&json!({})).await.unwrap_err();
                assert!(matches!(error, ProgramError::Garbled { .. }), "{error}");
            }
            let flood = program("read -r line; yes x | tr -d '\\n'", 20.0, None);
            let error = flood.ask(&json!({})).await.unwrap_err();
            assert!(matches!(error, ProgramError::Ended { .. }), "{error}");
            let closed = program("exec <&-; sleep 0.1", 10.0, None);
            assert!(closed.ask(&json!({ "text": "x".repeat(1 << 20) })).await.is_err());
        });
    }

    #[test]
    fn memory_is_limited() {
        block_on(async {
            let script = r#"read -r line; ulimit -v; echo "{\"limit\": $(ulimit -v)}""#;
            let limited = program(&script.replace("ulimit -v; ", ""), 10.0, Some(512 << 20));
            assert_eq!(limited.ask(&json!({})).await.unwrap()["limit"], json!(512 * 1024));
        });
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        block_on(async {
            let spec = ProgramSpec {
                command: vec!["./no-such-program".into()],
                directory: std::env::temp_dir(),
                timeout: Duration::from_secs(1),
                memory: None,
                workers: 1,
            };
            let error = Program::new(spec).ask(&json!({})).await.unwrap_err().to_string();
            assert!(error.contains("cannot run ./no-such-program"), "{error}");
        });
    }
}
