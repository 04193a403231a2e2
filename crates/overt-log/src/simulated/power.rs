//! A disk that keeps only what was flushed.
//!
//! The model is meaner than any file system: after a loss of power each name of a directory independently has any of the
//! states it had since the directory was last flushed, and each block of 512 bytes of a file is as it was when the file was last
//! flushed, or as it was written since; of a file that has grown, the end may be missing, or zeros. What a failed flush was to
//! keep counts as never flushed, whatever a later flush says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{Files, Guard, Hold};

/// The unit in which a disk writes.
const BLOCK: usize = 512;

/// How a system call breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// It fails with this error and had no effect. A failing write leaves part of the file behind.
    Fails(ErrorKind),
    /// It fails with an input/output error although it took effect.
    FailsApplied,
    /// The process ends before it.
    DiesBefore,
    /// The process ends after it.
    DiesAfter,
}

/// A simulated disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Power(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Vec<Content>,
    directories: BTreeMap<String, Directory>,
    plan: BTreeMap<u64, Break>,
    count: u64,
    dead: bool,
}

#[derive(Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// What the disk has for certain.
    flushed: Vec<u8>,
    doomed: bool,
}

impl Content {
    /// Files only grow here.
    fn lose(&mut self, choices: &mut Choices) {
        let mut before = std::mem::take(&mut self.flushed);
        if before != self.bytes {
            let grown = self.bytes.len() - before.len();
            self.bytes.truncate(before.len() + grown.min(choices.below(grown / BLOCK + 2) * BLOCK));
            before.resize(self.bytes.len(), 0);
            for (block, before) in self.bytes.chunks_mut(BLOCK).zip(before.chunks(BLOCK)) {
                if block != before && choices.below(3) == 0 {
                    block.copy_from_slice(before);
                }
            }
        }
        self.flushed.clone_from(&self.bytes);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    File(usize),
    Directory,
}

#[derive(Default)]
struct Directory {
    names: BTreeMap<String, Node>,
    /// For each name that changed since the last flush: what it was then, and each state after.
    unflushed: BTreeMap<String, Vec<Option<Node>>>,
}

impl Directory {
    fn set(&mut self, name: &str, node: Option<Node>) {
        let before = self.names.get(name).copied();
        self.unflushed.entry(name.to_owned()).or_insert_with(|| vec![before]).push(node);
        self.put(name, node);
    }

    fn put(&mut self, name: &str, node: Option<Node>) {
        match node {
            Some(node) => self.names.insert(name.to_owned(), node),
            None => self.names.remove(name),
        };
    }
}

impl Power {
    /// An empty disk whose calls break as planned, counted from 0 over all restarts.
    pub fn new(plan: impl IntoIterator<Item = (u64, Break)>) -> Self {
        let state = State { plan: plan.into_iter().collect(), ..State::default() };
        let power = Self(Arc::new(Mutex::new(state)));
        power.state().directories.insert(String::new(), Directory::default());
        power
    }

    /// A new process on a machine that kept its memory.
    pub fn restart(&self) {
        self.state().dead = false;
    }

    /// A new process after the power was lost; `seed` picks what survives.
    pub fn lose_power(&self, seed: u64) {
        let mut state = self.state();
        state.lose(&mut Choices(seed));
        state.dead = false;
    }

    /// Breaks one more call.
    pub fn plan(&self, at: u64, broken: Break) {
        self.state().plan.insert(at, broken);
    }

    /// Breaks nothing from now on.
    pub fn heal(&self) {
        let mut state = self.state();
        state.plan.clear();
        state.dead = false;
    }

    /// Whether the process has ended.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// How many calls were made while the process lived.
    pub fn count(&self) -> u64 {
        self.state().count
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call, or breaks it.
    fn call<T>(
        &self,
        act: impl FnOnce(&mut State) -> io::Result<T>,
        half: impl FnOnce(&mut State),
    ) -> io::Result<T> {
        let mut state = self.state();
        if state.dead {
            return Err(io::Error::other("the process has ended"));
        }
        let planned = state.plan.get(&state.count).copied();
        state.count += 1;
        match planned {
            None => act(&mut state),
            Some(Break::Fails(kind)) => {
                half(&mut state);
                Err(kind.into())
            }
            Some(Break::FailsApplied) => {
                act(&mut state)?;
                Err(ErrorKind::Other.into())
            }
            Some(Break::DiesBefore) => {
                half(&mut state);
                state.dead = true;
                Err(io::Error::other("the process ends"))
            }
            Some(Break::DiesAfter) => {
                let _ = act(&mut state);
                state.dead = true;
                Err(io::Error::other("the process ends"))
            }
        }
    }
}

/// A small deterministic source of choices (splitmix64).
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % bound.max(1)
    }
}

impl State {
    fn directory(&mut self, path: &str) -> io::Result<&mut Directory> {
        self.directories.get_mut(path).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn node(&self, path: &str) -> Option<Node> {
        let (parent, name) = split(path);
        self.directories.get(parent)?.names.get(name).copied()
    }

    fn set(&mut self, path: &str, node: Option<Node>) -> io::Result<()> {
        let (parent, name) = split(path);
        self.directory(parent)?.set(name, node);
        Ok(())
    }

    fn file(&self, path: &str) -> io::Result<usize> {
        match self.node(path) {
            Some(Node::File(file)) => Ok(file),
            Some(Node::Directory) => Err(ErrorKind::IsADirectory.into()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn create(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if self.node(path).is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.set(path, Some(Node::File(self.files.len())))?;
        self.files.push(Content { bytes: bytes.to_vec(), ..Content::default() });
        Ok(())
    }

    fn lose(&mut self, choices: &mut Choices) {
        for directory in self.directories.values_mut() {
            for (name, states) in std::mem::take(&mut directory.unflushed) {
                directory.put(&name, states[choices.below(states.len())]);
            }
        }
        for content in &mut self.files {
            content.lose(choices);
        }
        let mut reached = BTreeSet::from([String::new()]);
        // Sorted, so a directory comes after the one that holds it.
        for path in self.directories.keys().filter(|path| !path.is_empty()) {
            if reached.contains(split(path).0) && self.node(path) == Some(Node::Directory) {
                reached.insert(path.clone());
            }
        }
        self.directories.retain(|path, _| reached.contains(path));
        for path in reached {
            self.restore_directories_below(&path);
        }
    }

    /// A name may have survived for a directory whose content did not.
    fn restore_directories_below(&mut self, path: &str) {
        let Some(directory) = self.directories.get(path) else { return };
        let named = directory.names.iter().filter(|(_, node)| **node == Node::Directory);
        let paths: Vec<String> = named.map(|(name, _)| join(path, name)).collect();
        for path in paths {
            self.directories.entry(path).or_default();
        }
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

fn nothing(_: &mut State) {}

struct Held;

impl Guard for Held {}

impl Files for Power {
    fn create_directory(&self, path: &str) -> io::Result<()> {
        let make = |state: &mut State| match state.node(path) {
            Some(Node::Directory) => Ok(()),
            Some(Node::File(_)) => Err(ErrorKind::AlreadyExists.into()),
            None => {
                state.set(path, Some(Node::Directory))?;
                state.directories.insert(path.to_owned(), Directory::default());
                Ok(())
            }
        };
        self.call(make, nothing)
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.call(
            |state| state.create(path, bytes),
            |state| drop(state.create(path, &bytes[..bytes.len() / 2])),
        )
    }

    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let write = |state: &mut State, bytes: &[u8]| {
            if state.node(path).is_none() {
                state.create(path, b"")?;
            }
            let (file, offset) = (state.file(path)?, usize::try_from(offset).unwrap_or(usize::MAX));
            let there = &mut state.files[file].bytes;
            there.resize(there.len().max(offset + bytes.len()), 0);
            there[offset..offset + bytes.len()].copy_from_slice(bytes);
            Ok(())
        };
        self.call(|state| write(state, bytes), |state| drop(write(state, &bytes[..bytes.len() / 2])))
    }

    fn read_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<bool> {
        let read = |state: &mut State| {
            let file = state.file(path)?;
            let there = usize::try_from(offset).ok().and_then(|offset| state.files[file].bytes.get(offset..));
            let found = there.and_then(|there| there.get(..buffer.len()));
            if let Some(found) = found {
                buffer.copy_from_slice(found);
            }
            Ok(found.is_some())
        };
        self.call(read, nothing)
    }

    fn sync_file(&self, path: &str) -> io::Result<()> {
        let flush = |state: &mut State| {
            let file = state.file(path)?;
            let content = &mut state.files[file];
            if !content.doomed {
                content.flushed.clone_from(&content.bytes);
            }
            Ok(())
        };
        let doom = |state: &mut State| {
            if let Ok(file) = state.file(path) {
                let content = &mut state.files[file];
                content.doomed |= content.flushed != content.bytes;
            }
        };
        self.call(flush, doom)
    }

    fn sync_directory(&self, path: &str) -> io::Result<()> {
        self.call(|state| state.directory(path).map(|directory| directory.unflushed.clear()), nothing)
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        let link = |state: &mut State| {
            let file = state.file(from)?;
            if state.node(to).is_some() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            state.set(to, Some(Node::File(file)))
        };
        self.call(link, nothing)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let rename = |state: &mut State| {
            let file = state.file(from)?;
            state.set(to, Some(Node::File(file)))?;
            state.set(from, None)
        };
        self.call(rename, nothing)
    }

    fn unlink(&self, path: &str) -> io::Result<()> {
        let unlink = |state: &mut State| {
            state.file(path)?;
            state.set(path, None)
        };
        self.call(unlink, nothing)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let read = |state: &mut State| match state.file(path) {
            Ok(file) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
                Ok(Some(state.files[file].bytes.iter().copied().take(limit).collect()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        self.call(read, nothing)
    }

    fn length(&self, path: &str) -> io::Result<Option<u64>> {
        Ok(self.read(path, u64::MAX)?.map(|bytes| bytes.len() as u64))
    }

    fn list(&self, path: &str) -> io::Result<(Vec<String>, Vec<String>)> {
        let list = |state: &mut State| {
            let (mut files, mut directories) = (Vec::new(), Vec::new());
            for (name, node) in
                state.directories.get(path).map(|directory| &directory.names).into_iter().flatten()
            {
                match node {
                    Node::File(_) => files.push(name.clone()),
                    Node::Directory => directories.push(name.clone()),
                }
            }
            Ok((files, directories))
        };
        self.call(list, nothing)
    }

    fn lock(&self, _: &str, _: Hold) -> io::Result<Option<Box<dyn Guard>>> {
        self.call(|_| Ok(Some(Box::new(Held) as Box<dyn Guard>)), nothing)
    }
}
