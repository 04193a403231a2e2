//! Pages and the HTTP interface: the viewer, the public site, the static export.
//!
//! **Charter.** From what others keep (run directories, published folders, a site's index) to pages, and from requests to
//! what others do. A page is a function from a view, plain data that was looked up before, to markup; so a server and a
//! static export write the same bytes. Every page works without JavaScript, nothing is inline, and nothing comes from
//! elsewhere. Text from outside reaches a page only through [`kit::text`] or maud's escaping.
//!
//! **Tour of the kit.** A [`kit::Page`] (title, trail, section, content) is rendered in a [`kit::Frame`] (the site's name,
//! navigation, foot): `Page::new("Log", content).trail(vec![Crumb::new("Home", "/"), Crumb::here("Log")]).render(&frame)`.
//! The content begins with the one `h1`; `p.lede` under it, `h2` for parts, `div.prose` for texts that are read.
//! Components are functions or small builders that give [`maud::Markup`]: [`kit::Table`] with [`kit::Column`]s,
//! [`kit::Definitions`] for facts, [`kit::facts`] for numbers that stand out, [`kit::badge`], [`kit::tag`] and
//! [`kit::aside`] with a [`kit::Tone`], [`kit::digest`] with a button to copy, [`kit::pager`], and for `form.filters` [`kit::select`],
//! [`kit::search_field`], [`kit::number_field`]. Addresses are built by [`kit::link`]: `segment` for parts of a path,
//! `Query` for the rest. Numbers go through [`kit::number`]. Untrusted text: [`kit::text::visible`] for paragraphs,
//! `inline` for names, `plain` for attributes, [`kit::Said`] and [`kit::turns`] for transcripts with long texts cut.
//! Charts: [`kit::Forest`] (dot and whisker, one axis, numbers beside it), [`kit::histogram`], [`kit::growth`], on a [`kit::Scale`].
//! A router of pages gets `.layer(axum::middleware::from_fn(kit::dress))` (headers, tags, compression) and serves
//! [`kit::asset`] under `/assets/{name}`.
//!
//! **Tour of a run's pages.** [`view::Shelf::open`] gives a [`view::RunView`] of a run directory or a published folder: manifest,
//! samples that are read from any position, and a sketch of them. [`server::RunPages`] `{ view, place }` answers for it:
//! `overview`, `samples`, `sample`, `text`, and [`server::comparison`] for several; [`pages::Place`] says where they lie.
//! [`server::viewer`] is the router of `overt view`, and [`server::serve`] serves it on loopback.
//!
//! ```
//! use maud::html;
//! use overt_web::kit::{Crumb, Frame, Page, text};
//!
//! let frame = Frame {
//!     name: "overt".into(), home: "/".into(), links: Vec::new(), foot: Vec::new(), imprint: "An example.".into(),
//! };
//! let said = "<script>alert(1)</script>\u{202e}";
//! let page = Page::new("One answer", html! { h1 { "One answer" } p { (text::visible(said)) } })
//!     .trail(vec![Crumb::new("Home", "/"), Crumb::here("One answer")]);
//! let html = page.render(&frame).into_string();
//! assert!(html.contains("&lt;script&gt;") && html.contains("U+202E") && !html.contains('\u{202e}'));
//! ```

pub mod civic;
pub mod kit;
pub mod pages;
pub mod server;
pub mod site;
pub mod view;
