//! What a public site keeps: the index over its log, the private state, mail.

pub mod accounts;
pub mod audit;
mod data;
mod database;
pub mod domain_keys;
pub mod index;
mod issue;
mod limits;
pub mod mail;
pub mod moderation;
mod private;
mod publish;
mod random;
pub mod reports;
mod row;
mod secret;
pub mod signing;
mod site;
mod words;

pub use data::{Data, DataError};
pub use database::{Database, DatabaseError};
pub use index::{Index, IndexError};
pub use issue::IssueError;
pub use limits::Rate;
pub use private::{Identity, PrivateError};
pub use publish::{AtDoor, Publish, PublishError};
pub use random::NoRandomness;
pub use secret::{NotOurs, Secret};
pub use site::{OpenError, Parts, Site, remove_index};
