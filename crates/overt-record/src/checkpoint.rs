//! Checkpoints: what a log says about its tree, as C2SP tlog-checkpoint v1.0.0 writes it into a note.

use std::fmt;

use crate::Hash;
use crate::merkle::TreeHead;
use crate::number::parse_number;

/// The size and root of one log's tree. As text it is the text of a note.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
    extensions: Vec<String>,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Lines are missing or not ended.
    #[error("a checkpoint has three lines or more (origin, size, root), each ended by a newline")]
    Lines,
    /// An empty line, where none may be.
    #[error("line {0} of the checkpoint is empty")]
    EmptyLine(usize),
    /// A control character in a line.
    #[error("line {0} of the checkpoint has a control character in it")]
    ControlCharacter(usize),
    /// Not a size.
    #[error("{0:?} is not a tree size: a decimal number below 2^64 without leading zeros")]
    Size(String),
    /// Not a hash.
    #[error("{0:?} is not a root: 32 bytes in base64")]
    Root(String),
}

impl Checkpoint {
    /// The checkpoint of a log's tree.
    ///
    /// # Errors
    /// When the origin is empty or not a single line.
    pub fn new(origin: impl Into<String>, head: TreeHead) -> Result<Self, CheckpointError> {
        let origin = origin.into();
        check_line(1, &origin)?;
        Ok(Self { origin, head, extensions: Vec::new() })
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    /// When it is not in the one form that a checkpoint has.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        (1..).zip(&lines).try_for_each(|(number, line)| check_line(number, line))?;
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::Lines);
        };
        let shown = |line: &str| line.chars().take(80).collect();
        let head = TreeHead {
            size: parse_number(size).ok_or_else(|| CheckpointError::Size(shown(size)))?,
            root: Hash::from_base64(root).map_err(|_| CheckpointError::Root(shown(root)))?,
        };
        let extensions = extensions.iter().map(|&line| line.to_owned()).collect();
        Ok(Self { origin: (*origin).to_owned(), head, extensions })
    }

    /// Which log it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Size and root of its tree.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Lines after the third. Nobody vouches for them: witnesses don't look at them, and type 0x06 does not sign them.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

fn check_line(number: usize, line: &str) -> Result<(), CheckpointError> {
    if line.is_empty() {
        return Err(CheckpointError::EmptyLine(number));
    }
    if line.bytes().any(|byte| byte < b' ') {
        return Err(CheckpointError::ControlCharacter(number));
    }
    Ok(())
}

/// The text of the note.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TreeHead { size, root } = self.head;
        writeln!(f, "{}\n{size}\n{}", self.origin, root.to_base64())?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
