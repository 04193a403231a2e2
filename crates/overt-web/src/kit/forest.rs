//! Results as a table with a strip in every row, all on one axis: the numbers are beside the chart, not behind it.

use maud::{Markup, html};

use super::chart::{Scale, Whisker, axis, strip};

/// One result.
#[derive(Debug)]
pub struct ForestRow {
    /// What it is.
    pub name: Markup,
    /// The value with its interval.
    pub whisker: Whisker,
    /// The same in words, for the strip.
    pub label: String,
    /// The cells after the strip, as many as there are headings.
    pub cells: Vec<Markup>,
    /// What must be said below it.
    pub note: Option<Markup>,
}

/// Results that share an axis.
#[derive(Debug)]
pub struct Forest {
    /// What the table holds.
    pub caption: Markup,
    /// Heading of the first column.
    pub name: &'static str,
    /// Heading of the strips.
    pub chart: String,
    /// Headings of the cells after the strip.
    pub headings: Vec<&'static str>,
    /// The axis.
    pub scale: Scale,
    /// The rows.
    pub rows: Vec<ForestRow>,
}

impl Forest {
    /// The table. It becomes a list where it is too wide, so its parts say what they are: browsers forget that a table laid
    /// out as a list is one.
    pub fn render(&self) -> Markup {
        let columns = (self.headings.len() + 2).to_string();
        html! {
            table.forest role="table" {
                caption role="caption" { (self.caption) }
                thead role="rowgroup" { tr role="row" {
                    th scope="col" role="columnheader" { (self.name) }
                    th.chartcell scope="col" role="columnheader" { (self.chart) }
                    @for heading in &self.headings { th.num scope="col" role="columnheader" { (heading) } }
                } }
                tbody role="rowgroup" { @for row in &self.rows { (self.row(row, &columns)) } }
                tfoot aria-hidden="true" { tr {
                    td.empty {}
                    td.chartcell { (axis(self.scale)) }
                    @for _ in &self.headings { td.empty {} }
                } }
            }
        }
    }

    fn row(&self, row: &ForestRow, columns: &str) -> Markup {
        html! {
            tr role="row" class=[row.note.is_some().then_some("noted")] {
                th scope="row" role="rowheader" { (row.name) }
                td.chartcell role="cell" { (strip(self.scale, &row.whisker, &row.label)) }
                @for cell in row.cells.iter().take(self.headings.len()) { td.num role="cell" { (cell) } }
            }
            @if let Some(note) = &row.note {
                tr.note role="row" { td.note colspan=(columns) role="cell" { (note) } }
            }
        }
    }
}
