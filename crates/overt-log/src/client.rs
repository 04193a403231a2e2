//! Talking to a log, wherever it is: a directory, or a URL. Nothing that it says is believed without proof.

mod about;
mod aftermath;
mod http;
mod key_changes;
mod log_client;
mod persist;
mod source;
mod tree;
mod uploader;

pub use about::{Pointing, pointing_to};
pub use aftermath::{Said, aftermath};
pub use http::{HttpError, Url};
pub use key_changes::key_changes;
pub use log_client::{ClientError, Evidence, LogClient, Proven};
pub use source::{BadTarget, Source, SourceError, Target};
pub use tree::{TreeError, VerifiedTree};
pub use uploader::{UploadError, Uploader};

pub(crate) use http::{Http, Reply};
pub(crate) use source::prefix as source_prefix;
