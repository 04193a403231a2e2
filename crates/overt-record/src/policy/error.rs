//! What can be wrong with a policy file.

use crate::VkeyError;

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {fault}")]
pub struct PolicyError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Larger than any policy.
    #[error("the file is too large: at most 1 MiB is read")]
    TooLarge,
    /// A file that was cut off could say something else than it did.
    #[error("the last line is not ended by a newline; add one if the file is complete")]
    UnendedLine,
    /// Tab and newline are the only control characters.
    #[error("there is a control character other than a tab in it")]
    ControlCharacter,
    /// Names and URLs are shown to people.
    #[error("a name or URL is not UTF-8")]
    NotUtf8,
    /// The line says nothing known.
    #[error("{0:?} is not known; a line begins with log, witness, group, quorum or #")]
    Keyword(String),
    /// Words are missing or left over.
    #[error("the form of this line is: {0}")]
    Form(&'static str),
    /// The key is none.
    #[error(transparent)]
    Vkey(#[from] VkeyError),
    /// Witnesses make cosignatures.
    #[error("the key of a witness has the type 0x04 or 0x06; type 0x01 states no time")]
    NotACosigner,
    /// The same public key a second time, whatever its name.
    #[error("its public key stands in an earlier line already")]
    DuplicateKey,
    /// Witnesses and groups share their names, and `none` is taken.
    #[error("the name {0:?} is taken")]
    NameTaken(String),
    /// The name stands for nothing yet.
    #[error("{0:?} is not defined in a line before")]
    Undefined(String),
    /// Each name counts in one place only.
    #[error("{0:?} is a member of a group already; a name can be a member once")]
    MemberTwice(String),
    /// Not a number of members.
    #[error("{found:?} is not a threshold: any, all, or a number from 1 to {members}")]
    Threshold {
        /// What stands there.
        found: String,
        /// How many members the group has.
        members: usize,
    },
    /// Only one rule can hold.
    #[error("there is a quorum line already")]
    SecondQuorum,
    /// Without a rule nothing can be believed.
    #[error("there is no quorum line; write `quorum none` if no witness is asked for")]
    NoQuorum,
    /// A wish that is not understood must not be passed over.
    #[error("the form of a line for overt is: #overt max-cosignature-age <seconds>, once")]
    Pragma,
}
