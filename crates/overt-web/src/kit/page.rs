//! The layout of every page: head, navigation, the way here, the content, the foot.

use maud::{DOCTYPE, Markup, html};

use super::assets::{SCRIPT, SIGN, STYLE};
use super::text::{inline, plain};

/// A link of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// What is read.
    pub label: String,
    /// Where it goes.
    pub href: String,
}

impl NavLink {
    /// A link.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// What all pages of one viewer or site have in common.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The site's name, at the top of every page.
    pub name: String,
    /// Where the name leads.
    pub home: String,
    /// The navigation.
    pub links: Vec<NavLink>,
    /// Links at the foot.
    pub foot: Vec<NavLink>,
    /// A sentence at the foot.
    pub imprint: String,
}

/// A step of the way to a page. The last one is the page itself.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// What is read; may be untrusted.
    pub label: String,
    /// Where it goes; `None` for the page itself.
    pub href: Option<String>,
}

impl Crumb {
    /// A step that can be gone back to.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: Some(href.into()) }
    }

    /// The page itself.
    pub fn here(label: impl Into<String>) -> Self {
        Self { label: label.into(), href: None }
    }
}

/// Whether the page changes by itself while it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Live {
    /// It stays as it is.
    #[default]
    No,
    /// Its main part is fetched again now and then.
    Yes,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// For the browser's tab and for headings; may be untrusted.
    pub title: String,
    /// The way here; empty on the first page.
    pub trail: Vec<Crumb>,
    /// Which link of the navigation the page belongs to, by its address.
    pub section: String,
    /// What the page says. It begins with the one `h1`.
    pub content: Markup,
    /// Whether it changes by itself.
    pub live: Live,
    /// More for the head: links to feeds, descriptions.
    pub head: Markup,
    /// The language of the content, as BCP 47 writes it. What surrounds it is English.
    pub language: &'static str,
}

impl Page {
    /// A page with a title and a content.
    pub fn new(title: impl Into<String>, content: Markup) -> Self {
        Self {
            title: title.into(),
            trail: Vec::new(),
            section: String::new(),
            content,
            live: Live::No,
            head: html! {},
            language: "en",
        }
    }

    /// With the way here.
    #[must_use]
    pub fn trail(mut self, trail: Vec<Crumb>) -> Self {
        self.trail = trail;
        self
    }

    /// In a section of the navigation.
    #[must_use]
    pub fn section(mut self, href: impl Into<String>) -> Self {
        self.section = href.into();
        self
    }

    /// Changing by itself, or not.
    #[must_use]
    pub fn live(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// With more in its head.
    #[must_use]
    pub fn head(mut self, head: Markup) -> Self {
        self.head = head;
        self
    }

    /// In a language.
    #[must_use]
    pub fn language(mut self, tag: &'static str) -> Self {
        self.language = tag;
        self
    }

    /// What surrounds the content says that it is English, where the content is not.
    fn around(&self) -> Option<&'static str> {
        (self.language != "en").then_some("en")
    }

    /// The whole page in its frame.
    pub fn render(&self, frame: &Frame) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (plain(&self.title, 120)) " · " (frame.name) }
                    link rel="stylesheet" href=(STYLE.path);
                    link rel="icon" type="image/svg+xml" href=(SIGN.path);
                    script src=(SCRIPT.path) defer {}
                    (self.head)
                }
                body {
                    a.skip href="#main" lang=[self.around()] { "Skip to the content" }
                    (self.masthead(frame))
                    main id="main" tabindex="-1" data-live[self.live == Live::Yes] {
                        (self.way())
                        (self.content)
                    }
                    (self.colophon(frame))
                }
            }
        }
    }

    fn masthead(&self, frame: &Frame) -> Markup {
        html! {
            header.masthead lang=[self.around()] { div {
                a.name href=(frame.home) { (frame.name) }
                @if !frame.links.is_empty() {
                    nav aria-label="Main" { ul {
                        @for NavLink { label, href } in &frame.links {
                            li { a href=(href) aria-current=[(*href == self.section).then_some("true")] { (label) } }
                        }
                    } }
                }
            } }
        }
    }

    fn way(&self) -> Markup {
        html! {
            @if !self.trail.is_empty() {
                nav.trail aria-label="Breadcrumbs" { ol {
                    @for Crumb { label, href } in &self.trail {
                        li {
                            @match href {
                                Some(href) => a href=(href) { (inline(label, 60)) },
                                None => span aria-current="page" { (inline(label, 60)) },
                            }
                        }
                    }
                } }
            }
        }
    }

    fn colophon(&self, frame: &Frame) -> Markup {
        html! {
            footer.colophon lang=[self.around()] { div {
                span { (frame.imprint) }
                @if !frame.foot.is_empty() {
                    ul { @for NavLink { label, href } in &frame.foot { li { a href=(href) { (label) } } } }
                }
            } }
        }
    }
}
