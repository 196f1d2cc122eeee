//! What all clones of a client share: its core and its threads, which a forked child starts again.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    BuildError, PollingMode,
    client::inner::Core,
    notify::event::Event,
    overrides::{Overrides, reload::reload_until_closed},
    polling::{
        auto::poll_until_closed,
        schedule::{Schedule, process_position},
    },
    refresh::{Need, Report, catching},
    sync::{fork::PerProcess, worker::Worker},
};

/// How long closing waits for the threads.
const MAX_CLOSE_WAIT: Duration = Duration::from_millis(80);

/// What all clones of a client share. Dropping it closes the client.
pub(crate) struct Handle {
    core: Arc<Core>,
    polls: bool,
    reloads: bool,
    workers: PerProcess<Workers>,
}

/// The threads of a client in one process.
#[derive(Default)]
struct Workers {
    are_started: AtomicBool,
    poller: OnceLock<Worker>,
    reloader: OnceLock<Worker>,
}

impl Handle {
    /// Starts what runs in the background; without polling, syncs with the cache here.
    pub(crate) fn start(core: Core) -> Result<Self, BuildError> {
        let polls = matches!(core.mode, PollingMode::Auto { .. }) && !core.is_local_only();
        let reloads = |overrides: &Overrides| catching(|| Ok(overrides.source.reloads())).unwrap_or(false);
        let reloads = core.overrides.as_ref().is_some_and(reloads);
        if !polls {
            let mut report = Report::default();
            core.refresher.sync_with_cache(&mut report);
            core.tell(&report, Need::Now { by_user: false });
            core.become_ready();
        }
        let workers = PerProcess::new(Workers::default());
        let handle = Self { core: Arc::new(core), polls, reloads, workers };
        handle.start_threads(handle.workers()).map_err(BuildError::Thread)?;
        Ok(handle)
    }

    fn start_threads(&self, workers: &Workers) -> io::Result<()> {
        let core = &self.core;
        workers.are_started.store(true, Ordering::Release);
        if self.polls && core.hooks.wants_ready() && !core.ready.has_happened() {
            // A hung fetch keeps the polling thread, so another one tells that the max init wait has passed, and ends
            // then.
            Worker::start(core.clone(), |core, _| core.be_ready_in_time())?;
        }
        if self.polls {
            let schedule =
                Schedule::new(core.mode.period().unwrap_or_default(), core.jitter, process_position());
            let poll = move |core: &Core, woken: &_| poll_until_closed(core, &schedule, woken);
            // It is set here only, where only one thread comes.
            let _ = workers.poller.set(Worker::start(core.clone(), poll)?);
        }
        if self.reloads {
            let _ = workers.reloader.set(Worker::start(core.clone(), reload_until_closed)?);
        }
        Ok(())
    }

    fn workers(&self) -> &Workers {
        self.workers.get(|_| Workers::default())
    }

    /// The core, for each use of the client: the first one in a forked child starts its threads.
    #[inline]
    pub(crate) fn core(&self) -> &Arc<Core> {
        if self.workers.is_of_parent() {
            self.start_in_child();
        }
        &self.core
    }

    fn start_in_child(&self) {
        let workers = self.workers();
        if !workers.are_started.load(Ordering::Acquire) {
            self.start_again(workers);
        }
    }

    #[cold]
    fn start_again(&self, workers: &Workers) {
        let is_first = !workers.are_started.swap(true, Ordering::AcqRel);
        let has_threads = self.polls || self.reloads;
        if is_first && has_threads && !self.core.refresher.closed.has_happened() {
            let failure = self.start_threads(workers).err();
            self.core.hooks.log(&Event::Forked { failure });
        }
    }

    /// Makes automatic polling poll at once.
    pub(crate) fn wake(&self) {
        self.workers().poller.get().iter().for_each(|poller| poller.wake());
    }

    /// Whether the polling thread is alive; `None` if there is none to be.
    pub(crate) fn worker_alive(&self) -> Option<bool> {
        self.polls.then(|| self.workers().poller.get().is_some_and(Worker::is_alive))
    }

    /// Ends all fetching. In a forked child that has not used the client there is nothing to end, and what its
    /// parent has is left alone.
    pub(crate) fn close(&self) {
        let refresher = &self.core.refresher;
        if !refresher.closed.set() {
            return;
        }
        if let Some(fetcher) = refresher.fetcher.as_ref().and_then(PerProcess::existing) {
            fetcher.shut_down();
        }
        refresher.store.close();
        let deadline = Instant::now() + MAX_CLOSE_WAIT;
        if let Some(workers) = self.workers.existing() {
            let both = workers.poller.get().into_iter().chain(workers.reloader.get());
            both.for_each(|worker| worker.join(deadline));
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}
