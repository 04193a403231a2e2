//! The door of a log: what is let in, how an entry is made of it, and how what was let in is taken away again.
//!
//! What is submitted is a salt and a signed record. Its signature is checked, the policy asked, and then it goes to the log
//! together with its entry, which holds no word of the submitter's: one batch makes both durable ([`crate::bodies`]). The same
//! submission gets the same index ([`SUBMISSION`]).

mod body;
mod door;
mod erase;
mod rate;
mod rules;
mod submission;
mod uploads;

pub use body::{FoundBody, body_of};
pub use door::{Admitted, Door, Refused, SUBMISSION, WrongIdentity};
pub use erase::{Erased, NotErased, Part};
pub use rate::Rate;
pub use rules::{AdmissionRules, BadRules, Denied};
pub use submission::{BadSubmission, MAX_SUBMISSION_BYTES, Submission};
pub use uploads::NotTaken;

pub(crate) use body::{files_mark_key, mark_key};
pub(crate) use erase::erase;
pub(crate) use rate::Meter;
