//! A cache that behaves as a fault says, and counts the calls that run at the same time.

use std::{
    panic::panic_any,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use configcat::ConfigCache;

use super::fault::{Act, Fault, Planted};
use crate::{
    faults::trial::BoxError,
    watch::{INTENDED_PANIC, Watch},
};

/// The cache of one client. Its clones share the entry.
#[derive(Clone)]
pub(super) struct FaultyCache(Arc<Shared>);

struct Shared {
    watch: Watch,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    entry: Option<String>,
    fault: Option<Fault>,
    /// The fault that begins when the next call ends.
    coming: Option<Fault>,
    /// The text that reads find instead of the entry.
    planted: Option<String>,
    /// Counts the faults that have begun and ended. A call that hangs does so until the next one.
    episode: u64,
    /// When a fault that ends by itself does so: set by the first call that meets with it.
    ends_at: Option<Instant>,
    running: usize,
    most_running: usize,
    hanging: usize,
}

impl FaultyCache {
    /// A cache without a fault, perhaps with an entry.
    pub(super) fn new(watch: &Watch, entry: Option<String>) -> Self {
        let state = Mutex::new(State { entry, ..State::default() });
        Self(Arc::new(Shared { watch: watch.clone(), state, changed: Condvar::new() }))
    }

    pub(super) fn begin(&self, fault: &Fault) -> Result<(), BoxError> {
        self.lock().begin(fault)?;
        self.0.changed.notify_all();
        Ok(())
    }

    /// Lets the fault begin when the next call has ended.
    pub(super) fn begin_after_one_call(&self, fault: &Fault) {
        self.lock().coming = Some(fault.clone());
    }

    /// Ends the fault. Calls that hang go on, as if nothing had happened.
    pub(super) fn recover(&self) {
        let mut state = self.lock();
        state.episode += 1;
        (state.fault, state.planted) = (None, None);
        drop(state);
        self.0.changed.notify_all();
    }

    pub(super) fn has_entry_with(&self, config_json: &str) -> bool {
        self.lock().entry.as_ref().is_some_and(|entry| entry.ends_with(config_json))
    }

    /// How many calls ran at the same time at most.
    pub(super) fn most_running(&self) -> usize {
        self.lock().most_running
    }

    /// How many calls are kept waiting by the fault.
    pub(super) fn hanging(&self) -> usize {
        self.lock().hanging
    }

    /// Does what the fault makes of a call, and then `work`.
    #[expect(clippy::panic, reason = "caches may panic, so one has to")]
    fn call<T>(
        &self,
        act: impl Fn(&Fault) -> &Act,
        work: impl FnOnce(&mut State) -> T,
    ) -> Result<T, BoxError> {
        self.0.watch.include_this_thread();
        let mut state = self.lock();
        state.running += 1;
        state.most_running = state.running.max(state.most_running);
        let act = state.fault.as_ref().map_or(Act::Work, |fault| act(fault).clone());
        let now = Instant::now();
        let mut state = match act {
            Act::Hang => self.hang(state, None),
            Act::HangFor(time) => {
                let end = *state.ends_at.get_or_insert(now + time);
                self.hang(state, Some(end))
            }
            Act::After(time) => self.hang(state, Some(now + time)),
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
        if let Some(fault) = state.coming.take() {
            state.begin(&fault)?;
        }
        result
    }

    /// Waits until the time has come, or the fault has ended.
    fn hang<'a>(&'a self, mut state: MutexGuard<'a, State>, until: Option<Instant>) -> MutexGuard<'a, State> {
        let episode = state.episode;
        state.hanging += 1;
        while state.episode == episode {
            let left = until.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            let waited = self.0.changed.wait_timeout(state, left.min(Duration::from_secs(60)));
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
    fn begin(&mut self, fault: &Fault) -> Result<(), BoxError> {
        self.episode += 1;
        self.ends_at = None;
        match fault.planted {
            Planted::Nothing | Planted::Anew(_) => self.planted = None,
            Planted::Once(text) => self.entry = Some(text.write()?),
            Planted::Always(text) => self.planted = Some(text.write()?),
        }
        self.fault = Some(fault.clone());
        Ok(())
    }

    fn read(&mut self) -> Result<Option<String>, BoxError> {
        match &self.fault {
            Some(Fault { planted: Planted::Anew(text), .. }) => text.write().map(Some),
            _ => Ok(self.planted.clone().or_else(|| self.entry.clone())),
        }
    }
}

impl ConfigCache for FaultyCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        self.call(|fault| &fault.read, State::read)?
    }

    fn write(&self, _: &str, value: &str) -> Result<(), BoxError> {
        self.call(|fault| &fault.write, |state| state.entry = Some(value.to_owned()))
    }
}
