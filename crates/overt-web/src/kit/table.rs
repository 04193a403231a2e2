//! Tables: a caption that says what they hold, and headings with scopes.

use maud::{Markup, html};

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Start,
    /// Numbers.
    End,
    /// Times, which do not break.
    Date,
    /// Long text.
    Text,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    heading: Markup,
    align: Align,
    sorted: Option<&'static str>,
}

impl Column {
    /// A column with a heading.
    pub fn new(heading: &str, align: Align) -> Self {
        Self { heading: html! { (heading) }, align, sorted: None }
    }

    /// A column whose heading is a link, for example one that sorts.
    pub fn linked(heading: Markup, align: Align) -> Self {
        Self { heading, align, sorted: None }
    }

    /// Says that the rows are sorted by it: `ascending` or `descending`.
    #[must_use]
    pub fn sorted(mut self, way: Option<&'static str>) -> Self {
        self.sorted = way;
        self
    }

    fn class(&self) -> Option<&'static str> {
        match self.align {
            Align::Start => None,
            Align::End => Some("num"),
            Align::Date => Some("date"),
            Align::Text => Some("text"),
        }
    }
}

/// A table. The first cell of a row is its heading.
#[derive(Debug)]
pub struct Table {
    caption: String,
    shows_caption: bool,
    stacks: bool,
    class: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Markup>>,
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            caption: caption.into(),
            shows_caption: true,
            stacks: false,
            class: "data",
            columns,
            rows: Vec::new(),
        }
    }

    /// With a class of its own for the sheet.
    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// With a caption that is only heard, where the same words stand above the table.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.shows_caption = false;
        self
    }

    /// Where there is no room each row becomes a block: its heading, then its words; numbers are left out. Browsers forget
    /// that a table laid out so is one, therefore its parts say what they are.
    #[must_use]
    pub fn stacked(mut self) -> Self {
        self.stacks = true;
        self
    }

    fn role(&self, role: &'static str) -> Option<&'static str> {
        self.stacks.then_some(role)
    }

    fn classes(&self) -> String {
        if self.stacks { format!("{} stacks", self.class) } else { self.class.to_owned() }
    }

    /// One row more; cells beyond the columns are left out, missing ones are empty.
    pub fn push(&mut self, cells: Vec<Markup>) {
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, in a box that scrolls where it is too wide.
    pub fn render(&self) -> Markup {
        html! {
            div.scroll role="region" aria-label=(self.caption) tabindex="0" {
                table class=(self.classes()) role=[self.role("table")] {
                    caption class=[(!self.shows_caption).then_some("hidden")] { (self.caption) }
                    thead role=[self.role("rowgroup")] { tr role=[self.role("row")] {
                        @for column in &self.columns {
                            th scope="col" role=[self.role("columnheader")] class=[column.class()] aria-sort=[column.sorted] {
                                (column.heading)
                            }
                        }
                    } }
                    tbody role=[self.role("rowgroup")] {
                        @for cells in &self.rows { tr role=[self.role("row")] { (self.cells(cells)) } }
                    }
                }
            }
        }
    }

    fn cells(&self, cells: &[Markup]) -> Markup {
        html! {
            @for (at, column) in self.columns.iter().enumerate() {
                @let cell = cells.get(at);
                @if at == 0 { th scope="row" role=[self.role("rowheader")] class=[column.class()] { @if let Some(cell) = cell { (cell) } } }
                @else { td role=[self.role("cell")] class=[column.class()] { @if let Some(cell) = cell { (cell) } } }
            }
        }
    }
}
