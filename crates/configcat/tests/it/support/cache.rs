//! Cache that counts calls and fails on command.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use configcat::{ConfigCache, cache::BoxError};

use super::PATIENCE;

/// Failure of a [`TestCache`].
#[derive(Clone, Debug)]
pub enum Fault {
    Panic,
    Error,
    /// Each call fails with an error that panics when it is printed.
    Unprintable,
    /// Reads return this text. Writes are lost.
    Gives(String),
    /// Each call takes this time.
    Slow(Duration),
    /// Each call blocks until [`TestCache::release`].
    Held,
}

/// Error that panics when it is printed.
#[derive(Debug)]
pub struct Unprintable;

impl Display for Unprintable {
    fn fmt(&self, _: &mut Formatter<'_>) -> fmt::Result {
        panic!("an error that panics")
    }
}

impl Error for Unprintable {}

/// Cache in memory that counts calls and fails on command. Clones share everything.
#[derive(Clone, Default)]
pub struct TestCache(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    entry: Option<String>,
    read_fault: Option<Fault>,
    write_fault: Option<Fault>,
    reads: usize,
    writes: usize,
    keys: Vec<String>,
    /// Number of releases.
    releases: usize,
}

impl TestCache {
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a cache with this entry.
    pub fn with(text: impl Into<String>) -> Self {
        let cache = Self::new();
        cache.put(text);
        cache
    }

    /// Stores an entry, as another process would.
    pub fn put(&self, text: impl Into<String>) {
        self.lock().entry = Some(text.into());
    }

    /// Returns the stored entry.
    pub fn entry(&self) -> Option<String> {
        self.lock().entry.clone()
    }

    pub fn fail_reads(&self, fault: impl Into<Option<Fault>>) {
        self.lock().read_fault = fault.into();
    }

    pub fn fail_writes(&self, fault: impl Into<Option<Fault>>) {
        self.lock().write_fault = fault.into();
    }

    /// Releases all blocked calls.
    pub fn release(&self) {
        self.lock().releases += 1;
        self.0.changed.notify_all();
    }

    pub fn reads(&self) -> usize {
        self.lock().reads
    }

    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    /// Returns the keys of all reads and writes.
    pub fn keys(&self) -> Vec<String> {
        self.lock().keys.clone()
    }

    /// Waits until this number of reads has started.
    #[track_caller]
    pub fn await_reads(&self, count: usize) {
        self.wait("reads", |state| state.reads >= count);
    }

    #[track_caller]
    fn wait(&self, what: &str, is_true: impl Fn(&State) -> bool) {
        let wait = self.0.changed.wait_timeout_while(self.lock(), PATIENCE, |state| !is_true(state));
        let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!timed_out, "too few {what}");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConfigCache for TestCache {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        let mut state = self.lock();
        state.reads += 1;
        state.keys.push(key.to_owned());
        let (fault, entry, releases) = (state.read_fault.clone(), state.entry.clone(), state.releases);
        drop(state);
        self.0.changed.notify_all();
        match fault {
            Some(Fault::Gives(text)) => Ok(Some(text)),
            fault => self.suffer(fault, releases).map(|()| entry),
        }
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        let mut state = self.lock();
        state.writes += 1;
        state.keys.push(key.to_owned());
        let (fault, releases) = (state.write_fault.clone(), state.releases);
        drop(state);
        self.0.changed.notify_all();
        if !matches!(fault, Some(Fault::Gives(_))) {
            self.suffer(fault, releases)?;
            self.lock().entry = Some(value.to_owned());
        }
        Ok(())
    }
}

impl TestCache {
    fn suffer(&self, fault: Option<Fault>, releases: usize) -> Result<(), BoxError> {
        match fault {
            Some(Fault::Panic) => panic!("a cache that panics"),
            Some(Fault::Error) => return Err("a cache that fails".into()),
            Some(Fault::Unprintable) => return Err(Unprintable.into()),
            Some(Fault::Slow(time)) => thread::sleep(time),
            Some(Fault::Held) => self.wait("releases", |state| state.releases > releases),
            Some(Fault::Gives(_)) | None => {}
        }
        Ok(())
    }
}
