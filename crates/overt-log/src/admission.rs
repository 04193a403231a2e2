//! The door of a log: what is let in, how an entry is made of it, and how what was let in is taken away again.
//!
//! What is submitted is a salt and a signed record. Its signature is checked, the policy asked, the body stored under
//! `blob/<commit>`, and then the entry, which holds no word of the submitter's, goes to the log. The same submission gets
//! the same index ([`SUBMISSION`]).

mod door;
mod erase;
mod rate;
mod rules;
mod submission;

pub use door::{Admitted, Door, Refused, SUBMISSION, WrongIdentity};
pub use erase::{Erased, NotErased};
pub use rate::Rate;
pub use rules::{AdmissionRules, BadRules, Denied};
pub use submission::{BadSubmission, MAX_SUBMISSION_BYTES, Submission};

pub(crate) use door::body_key;
pub(crate) use erase::{mark_key, read_mark};
pub(crate) use rate::Meter;
