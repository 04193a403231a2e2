//! The pages where people take part: reading and signing statements, reports of incidents and flaws, moderation.
//!
//! They stand over [`overt_site`], which keeps what is private, and show what its index says. Every form works without
//! JavaScript. It carries a token that follows from a cookie and from where the form is sent; token and origin are checked
//! before a handler sees an answer. What a form holds is drawn again when something in it is wrong, with a summary that
//! leads to each field. [`router`] has all of it; a [`Desk`] is what it is made from.
//!
//! Pages of statements and of signing are written in several languages ([`overt_site::language`]); the others in English.

mod accounts;
mod audit;
mod badge;
mod bodies;
mod complaint;
mod confirm;
mod controls;
mod desk;
mod fault;
mod fields;
mod history;
mod incident;
mod incidents;
mod language;
mod letter;
mod moderation;
mod names;
mod posted;
mod report;
mod report_field;
mod report_status;
mod router;
mod sign;
mod signatures;
mod statement;
mod statements;
mod visit;
mod withdraw;

pub use desk::{Behind, Desk, DeskSettings};
pub use letter::prose;
pub(crate) use names::{search_kind, search_words};
pub use router::router;
