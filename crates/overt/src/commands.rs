//! One file a command.

pub(crate) mod ask;
pub(crate) mod compare;
pub(crate) mod eval;
pub(crate) mod model;
pub(crate) mod resume;
pub(crate) mod show;
pub(crate) mod task;
