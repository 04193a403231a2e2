//! A library that panics on damaged files, kept from ending the process and from printing.
//!
//! Parquet's promises errors, and reading files with a few changed bytes makes it panic all the same (an offset beyond
//! a buffer, a range that ends before it begins).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::TableProblem;
use crate::error::excerpt;

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `read`; a panic within is a damaged file.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, TableProblem>) -> Result<T, TableProblem> {
    HOOK.call_once(keep_quiet);
    EXPECTED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    EXPECTED.set(false);
    outcome.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(ToString::to_string);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        let said = said.unwrap_or_else(|| "its parts contradict each other".into());
        Err(TableProblem::Damaged(excerpt(said.as_bytes(), 0)))
    })
}

/// A panic that is expected here is no news; all others are reported as they were before.
fn keep_quiet() {
    let report = take_hook();
    set_hook(Box::new(move |panic| {
        if !EXPECTED.get() {
            report(panic);
        }
    }));
}
