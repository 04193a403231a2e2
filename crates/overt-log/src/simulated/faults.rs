//! A store whose operations break as planned.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::key::Key;
use crate::store::{Put, Store, StoreError, SwapError};

/// How an operation breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers with an error and had no effect.
    Fails,
    /// It answers with an error although it took effect.
    FailsApplied,
    /// The process ends before it.
    CrashBefore,
    /// The process ends after it took effect.
    CrashAfter,
}

impl Fault {
    /// Every way to break.
    pub const ALL: [Self; 4] = [Self::Fails, Self::FailsApplied, Self::CrashBefore, Self::CrashAfter];
}

/// A store around another one, some of whose operations break. Operations are counted over all restarts, so a plan can
/// break recovery too.
pub struct Faults {
    inner: Arc<dyn Store>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    plan: BTreeMap<u64, Fault>,
    count: u64,
    dead: bool,
    written: Vec<(Key, Vec<u8>)>,
}

impl Faults {
    /// Breaks the operations whose numbers, from 0, are in the plan.
    pub fn new(inner: Arc<dyn Store>, plan: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self { inner, state: Mutex::new(State { plan: plan.into_iter().collect(), ..State::default() }) }
    }

    /// A new process: operations work again until the next fault.
    pub fn restart(&self) {
        self.state().dead = false;
    }

    /// Whether the process has ended.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// How many operations were begun while the process lived.
    pub fn count(&self) -> u64 {
        self.state().count
    }

    /// Everything that ever took effect in the store, in order.
    pub fn written(&self) -> Vec<(Key, Vec<u8>)> {
        self.state().written.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation: the fault that it meets, or an error that says that it must have no effect.
    fn begin(&self) -> Result<Option<Fault>, StoreError> {
        let mut state = self.state();
        if state.dead {
            return Err(broken());
        }
        let fault = state.plan.get(&state.count).copied();
        state.count += 1;
        state.dead = matches!(fault, Some(Fault::CrashBefore | Fault::CrashAfter));
        match fault {
            Some(Fault::Fails | Fault::CrashBefore) => Err(broken()),
            fault => Ok(fault),
        }
    }

    fn end<T>(fault: Option<Fault>, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if fault.is_some() { Err(broken()) } else { outcome }
    }

    fn note(&self, key: &Key, bytes: &[u8]) {
        self.state().written.push((key.clone(), bytes.to_vec()));
    }
}

fn broken() -> StoreError {
    StoreError::Io {
        step: "simulate",
        path: String::new(),
        source: std::io::Error::other("broken on purpose"),
    }
}

impl Store for Faults {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let fault = self.begin()?;
        let outcome = self.inner.put_new(key, bytes);
        if outcome.is_ok() {
            self.note(key, bytes);
        }
        Self::end(fault, outcome)
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let fault = self.begin()?;
        Self::end(fault, self.inner.get(key))
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let fault = self.begin().map_err(SwapError::Unknown)?;
        let outcome = self.inner.compare_and_swap(key, expected, bytes);
        if outcome.is_ok() {
            self.note(key, bytes);
        }
        if fault.is_some() { Err(SwapError::Unknown(broken())) } else { outcome }
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let fault = self.begin()?;
        Self::end(fault, self.inner.delete(key))
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        let fault = self.begin()?;
        Self::end(fault, self.inner.list(directory))
    }
}
