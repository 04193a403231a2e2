//! One file a command.

pub(crate) mod ask;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod eval;
pub(crate) mod init;
pub(crate) mod judge;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod model;
pub(crate) mod plan;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod reproduce;
pub(crate) mod resume;
pub(crate) mod reveal;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod show;
pub(crate) mod site;
pub(crate) mod statement;
pub(crate) mod task;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod witness;
