//! Where the pages of a run lie.

use crate::kit::Crumb;
use crate::kit::link::{Query, segment};

/// The address of a run's page, under which its others lie, and the way to it.
#[derive(Clone, Debug)]
pub struct Place {
    /// For example `/runs/<id>`.
    pub base: String,
    /// What the run is called; untrusted.
    pub name: String,
    /// The steps that lead to the run's page.
    pub trail: Vec<Crumb>,
    /// Which link of the navigation it belongs to.
    pub section: String,
    /// The address that compares this run with others, if there is one: it ends so that another run's name can follow.
    pub compare: Option<String>,
}

impl Place {
    /// The way to the run's own page.
    pub(crate) fn here(&self) -> Vec<Crumb> {
        let mut trail = self.trail.clone();
        trail.push(Crumb::here(&*self.name));
        trail
    }

    /// The way to a page below.
    pub(crate) fn below(&self, steps: impl IntoIterator<Item = Crumb>) -> Vec<Crumb> {
        let mut trail = self.trail.clone();
        trail.push(Crumb::new(&*self.name, &*self.base));
        trail.extend(steps);
        trail
    }

    /// The list of samples.
    pub(crate) fn samples(&self) -> String {
        format!("{}/samples", self.base)
    }

    /// A sample's page, without a query.
    pub(crate) fn sample(&self, task: &str, id: &str, epoch: u32) -> String {
        format!("{}/samples/{}/{}/{epoch}", self.base, segment(task), segment(id))
    }

    /// The samples of a task, with more in the query.
    pub(crate) fn samples_of(&self, task: &str, more: impl FnOnce(Query) -> Query) -> String {
        more(Query::new().with("task", task)).on(&self.samples())
    }

    /// A file of the run.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}/files/{}", self.base, segment(name))
    }
}
