//! From what is asked of a run to its page. The viewer and the public site answer with the same.

use std::sync::Arc;

use maud::Markup;

use crate::kit::Page;
use crate::pages::{
    ComparedRun, Grouping, Part, Place, RunPage, SamplePage, SamplesPage, compare, part_of, run, sample,
    samples,
};
use crate::view::{
    Asked, Comparisons, Filter, Flips, Question, RunView, ViewError, Way, compare_runs, flips,
};

/// The pages of one run.
#[derive(Debug)]
pub struct RunPages<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its pages are.
    pub place: &'a Place,
}

impl RunPages<'_> {
    /// The run's own page. `more` stands between its results and what was run.
    pub fn overview(&self, asked: &Asked, more: Markup) -> Page {
        let group = asked.get("group").map(str::to_owned).filter(|field| !field.is_empty());
        let grouped = group.map(|field| {
            let found = self.view.grouped(&field);
            Grouping { field, found }
        });
        run(&RunPage { view: self.view, place: self.place, grouped, more })
    }

    /// The list of its samples.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn samples(&self, asked: &Asked) -> Result<Page, ViewError> {
        let (filter, unread) = Filter::read(asked);
        let after = asked.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
        let listed = self.view.page(&filter, asked.page(), after)?;
        let page = SamplesPage {
            view: self.view,
            place: self.place,
            filter: &filter,
            unread: &unread,
            listed: &listed,
        };
        Ok(samples(&page))
    }

    /// One sample. `more` stands below it.
    ///
    /// # Errors
    /// When there is no such sample, or it cannot be read.
    pub fn sample(
        &self,
        task: &str,
        id: &str,
        epoch: u32,
        asked: &Asked,
        more: Markup,
    ) -> Result<Page, ViewError> {
        let (filter, _) = Filter::read(asked);
        let (position, row) = self.view.row(task, id, epoch)?;
        let neighbours = self.view.neighbours(&filter, position)?;
        let page = SamplePage {
            view: self.view,
            place: self.place,
            filter: &filter,
            row: &row,
            neighbours: &neighbours,
            more,
        };
        Ok(sample(&page))
    }

    /// The whole of a text of a sample.
    ///
    /// # Errors
    /// When there is no such text, or it is withheld, or it cannot be read.
    pub fn text(&self, task: &str, id: &str, epoch: u32, part: &str) -> Result<String, ViewError> {
        let missing = ViewError::Missing { what: "such text" };
        let Ok(part) = part.parse::<Part>() else { return Err(missing) };
        let (_, row) = self.view.row(task, id, epoch)?;
        let text = row.whole().and_then(|row| part_of(row, part));
        text.map(std::borrow::Cow::into_owned).ok_or(missing)
    }
}

/// The page that compares runs; each is a view, its place and its name in addresses.
///
/// # Errors
/// When there are fewer than two, or their samples cannot be read.
pub fn comparison(
    path: &str,
    runs: &[(Arc<RunView>, Place, String)],
    asked: &Asked,
) -> Result<Page, ViewError> {
    let views: Vec<Arc<RunView>> = runs.iter().map(|(view, ..)| Arc::clone(view)).collect();
    let found: Comparisons = compare_runs(&views)?;
    let question = question(&views, asked);
    let flipped: Option<(Question, Flips)> = match (&*views, question) {
        ([first, second, ..], Some(question)) => {
            let found = flips(first, second, &question)?;
            Some((question, found))
        }
        _ => None,
    };
    let runs: Vec<ComparedRun<'_>> =
        runs.iter().map(|(view, place, name)| ComparedRun { view, place, name }).collect();
    Ok(compare(path, &runs, &found, flipped.as_ref().map(|(question, found)| (question, found))))
}

/// Which changed samples are asked for: those named, else those of the first scorer that both runs have.
fn question(views: &[Arc<RunView>], asked: &Asked) -> Option<Question> {
    let [first, second, ..] = views else { return None };
    let in_both = |task: &str, scorer: &str| {
        [first, second].iter().all(|view| {
            let place = view.tasks.iter().position(|name| name == task);
            place.is_some_and(|place| view.sketch.scorers(place).iter().any(|name| name == scorer))
        })
    };
    let named = asked.get("about").and_then(|about| about.split_once('/'));
    let named = named.filter(|(task, scorer)| in_both(task, scorer));
    let any = || {
        let tasks = first.tasks.iter().enumerate();
        let mut all = tasks.flat_map(|(place, task)| {
            first.sketch.scorers(place).iter().map(move |scorer| (&**task, &**scorer))
        });
        all.find(|(task, scorer)| in_both(task, scorer))
    };
    let (task, scorer) = named.or_else(any)?;
    let way = match asked.get("way") {
        Some("up") => Way::Up,
        Some("down") => Way::Down,
        _ => Way::Both,
    };
    Some(Question { task: task.to_owned(), scorer: scorer.to_owned(), way, page: asked.page() })
}
