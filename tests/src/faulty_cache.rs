//! A cache that fails, hangs or returns entries of others, and counts the calls that run at the
//! same time.

use std::{
    panic::panic_any,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use configcat::{ConfigCache, cache::BoxError};

use crate::watch::{INTENDED_PANIC, Watch};

/// The longest that a call hangs. Without it, a client that waits for its cache would hang the test
/// instead of failing it.
const MAX_HANG: Duration = Duration::from_secs(10);

/// The behavior of a cache during a fault.
#[derive(Clone)]
pub(crate) struct Behaviour {
    pub(crate) read: Act,
    pub(crate) write: Act,
    pub(crate) planted: Planted,
}

/// The effect of a fault on a call.
#[derive(Clone)]
pub(crate) enum Act {
    Work,
    Fail(&'static str),
    Panic,
    /// Hangs until the behavior changes.
    Hang,
    /// Hangs until this time after the first call.
    HangFor(Duration),
    /// Works, and returns this much later.
    After(Duration),
}

/// An entry that the client has not written.
#[derive(Clone)]
pub(crate) enum Planted {
    Nothing,
    /// Is in the cache at first, and can be replaced.
    Once(String),
    /// Stays in the cache whatever the client writes.
    Always(String),
    /// Is made anew before each read, as by another program that writes.
    Anew(fn() -> Result<String, BoxError>),
}

/// The cache of one client. Its clones share the entry.
#[derive(Clone)]
pub(crate) struct FaultyCache(Arc<Shared>);

struct Shared {
    watch: Watch,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    entry: Option<String>,
    /// `None` if it works.
    behavior: Option<Behaviour>,
    /// The behavior that begins when the next call ends.
    coming: Option<Behaviour>,
    /// Counts the changes of behavior. A call hangs until the next one.
    changes: u64,
    /// When calls of [`Act::HangFor`] end: set by the first one.
    ends_at: Option<Instant>,
    running: usize,
    most_running: usize,
    hanging: usize,
}

impl FaultyCache {
    /// Creates a cache that works, with or without an entry.
    pub(crate) fn new(watch: &Watch, entry: Option<String>) -> Self {
        let state = Mutex::new(State { entry, ..State::default() });
        Self(Arc::new(Shared { watch: watch.clone(), state, changed: Condvar::new() }))
    }

    /// Changes the behavior. Calls that hang return as if the cache had worked.
    pub(crate) fn begin(&self, behavior: Behaviour) {
        self.lock().begin(Some(behavior));
        self.0.changed.notify_all();
    }

    /// Changes the behavior when the next call has ended.
    pub(crate) fn begin_after_one_call(&self, behavior: Behaviour) {
        self.lock().coming = Some(behavior);
    }

    /// Lets the cache work again.
    pub(crate) fn recover(&self) {
        self.lock().begin(None);
        self.0.changed.notify_all();
    }

    pub(crate) fn has_entry_with(&self, config_json: &str) -> bool {
        self.lock().entry.as_ref().is_some_and(|entry| entry.ends_with(config_json))
    }

    /// Returns the most calls that ran at the same time.
    pub(crate) fn most_running(&self) -> usize {
        self.lock().most_running
    }

    /// Returns how many calls hang or are slow at this moment.
    pub(crate) fn hanging(&self) -> usize {
        self.lock().hanging
    }

    /// Runs a call as the behavior says, and `work` if the call succeeds.
    #[expect(clippy::panic, reason = "caches may panic, so one has to")]
    fn call<T>(
        &self,
        act: impl Fn(&Behaviour) -> &Act,
        work: impl FnOnce(&mut State) -> T,
    ) -> Result<T, BoxError> {
        self.0.watch.include_this_thread();
        let mut state = self.lock();
        state.running += 1;
        state.most_running = state.running.max(state.most_running);
        let act = state.behavior.as_ref().map_or(Act::Work, |known| act(known).clone());
        let now = Instant::now();
        let mut state = match act {
            Act::Hang => self.hang(state, now + MAX_HANG),
            Act::HangFor(time) => {
                let end = *state.ends_at.get_or_insert(now + time);
                self.hang(state, end)
            }
            Act::After(time) => self.hang(state, now + time),
            Act::Work | Act::Fail(_) | Act::Panic => state,
        };
        state.running -= 1;
        let result = match act {
            Act::Fail(cause) => Err(cause.into()),
            Act::Panic => {
                drop(state);
                panic_any(INTENDED_PANIC);
            }
            Act::Work | Act::Hang | Act::HangFor(_) | Act::After(_) => Ok(work(&mut state)),
        };
        if let Some(coming) = state.coming.take() {
            state.begin(Some(coming));
        }
        result
    }

    /// Waits until this time, or until the behavior changes.
    fn hang<'a>(&'a self, mut state: MutexGuard<'a, State>, until: Instant) -> MutexGuard<'a, State> {
        let changes = state.changes;
        state.hanging += 1;
        while state.changes == changes {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.hanging -= 1;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, behavior: Option<Behaviour>) {
        self.changes += 1;
        self.ends_at = None;
        if let Some(Behaviour { planted: Planted::Once(text), .. }) = &behavior {
            self.entry = Some(text.clone());
        }
        self.behavior = behavior;
    }

    fn read(&mut self) -> Result<Option<String>, BoxError> {
        match self.behavior.as_ref().map(|known| &known.planted) {
            Some(Planted::Always(text)) => Ok(Some(text.clone())),
            Some(Planted::Anew(text)) => text().map(Some),
            Some(Planted::Nothing | Planted::Once(_)) | None => Ok(self.entry.clone()),
        }
    }
}

impl ConfigCache for FaultyCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        self.call(|known| &known.read, State::read)?
    }

    fn write(&self, _: &str, value: &str) -> Result<(), BoxError> {
        self.call(|known| &known.write, |state| state.entry = Some(value.to_owned()))
    }
}
