//! Public texts and the signatures under them: import, safe markup, the list of signatories.
//!
//! **Charter.** From a text and the records about it to what people may be shown, and whether two signatures may be one
//! person's. Pure: no file, network, clock or source of randomness. It knows no page and no log: records come in with their
//! places, trees and lists go out. `docs/design/web.md` has the design around it.
//!
//! **A tour, in the order in which data passes.** A [`Letter`] is an existing text with its names, read from a file; it
//! becomes a `statement` and a `listing`. A statement's text becomes [`Markup`], a tree with nothing in it that a page
//! would have to filter. Whoever signs by mail has a [`MailAddress`], which does not show itself and commits to one mailbox.
//! [`Signatories`] is the list as it follows from the records of a log: who stands, who withdrew, how many were checked
//! how, and how the number came to be. [`sameness`] has hints for whoever moderates.
//!
//! ```
//! use overt_statement::{Block, Letter, Markup};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = "\
//! Evidence for evaluations
//!
//! We ask for two things:
//!
//!   1. results with their evidence, and
//!   2. evidence that *anybody* can check.
//!
//! Signatories
//!
//!   1. A Reader, Example Library, Reading Room
//!   2. Example Institute
//!
//! See all 40 signatures
//! ";
//! let letter = Letter::read(file.as_bytes())?;
//! assert_eq!(letter.names.len(), 2);
//! assert_eq!(letter.names[0].affiliation.as_ref().map(|a| a.as_str()), Some("Example Library, Reading Room"));
//! assert_eq!(letter.stated_total, Some(40));
//!
//! let markup = Markup::from_markdown(&letter.text);
//! assert!(matches!(&markup.blocks()[1], Block::List { start: Some(1), items } if items.len() == 2));
//! assert!(markup.to_plain().contains("that *anybody* can check"), "the file is plain text, so a star is a star");
//! # Ok(())
//! # }
//! ```

pub mod import;
mod mail_address;
pub mod markup;
pub mod sameness;
pub mod signatories;

pub use import::{BadLetter, Letter};
pub use mail_address::{MailAddress, NotAMailAddress, is_public_provider};
pub use markup::{Block, Markup, Span, Target};
pub use signatories::{LoggedRecord, Said, Signatories, Trust};
