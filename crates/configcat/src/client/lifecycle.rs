//! The start and the end of a client. A forked child starts its threads again.

use std::{
    io,
    sync::{Arc, OnceLock, atomic::Ordering},
    time::{Duration, Instant},
};

use crate::{
    client::inner::{ClientInner, ClientRef, Shared},
    error::BuildError,
    notify::event::Event,
    overrides::reload::reload_until_closed,
    polling::{
        PollingMode,
        auto::poll_until_closed,
        schedule::{Schedule, process_position},
    },
    sync::worker::Worker,
};

/// How long closing waits for the threads, so that it returns within 100 ms.
const MAX_CLOSE_WAIT: Duration = Duration::from_millis(80);

impl Shared {
    /// Returns whether there is a polling thread.
    pub(crate) fn polls(&self) -> bool {
        matches!(self.options.mode, PollingMode::AutoPoll(_)) && !self.options.is_local_only()
    }

    fn reloads(&self) -> bool {
        self.options.overrides.as_ref().is_some_and(|overrides| overrides.reloads)
    }

    /// Starts the client: its threads, or without polling a read of the cache here.
    pub(crate) fn start(self: &Arc<Self>) -> Result<(), BuildError> {
        let client = self.client();
        if !self.polls() {
            client.read_cache_at_start();
            client.become_ready();
        }
        self.start_threads(client.inner).map_err(BuildError::Thread)
    }

    fn start_threads(self: &Arc<Self>, inner: &ClientInner) -> io::Result<()> {
        inner.background.are_started.store(true, Ordering::Release);
        let closed = || inner.closed.released().clone();
        if self.polls() && self.hooks.wants_ready() && !inner.ready.is_set() {
            // A fetch that hangs keeps the polling thread busy, so another thread notices that the
            // max init wait has passed, calls the hook, and ends.
            let shared = self.clone();
            Worker::start(closed(), move |_| shared.client().be_ready_in_time())?;
        }
        if self.polls() {
            let period = self.options.mode.period().unwrap_or_default();
            let schedule = Schedule::new(period, self.options.jitter, process_position());
            let shared = self.clone();
            let poller = Worker::start(closed(), move |woken| {
                poll_until_closed(shared.client(), &schedule, woken);
            })?;
            // Only one thread comes here in a process: see `are_started`.
            let _ = inner.background.poller.set(poller);
        }
        if self.reloads() {
            let shared = self.clone();
            let reloader = Worker::start(closed(), move |woken| reload_until_closed(shared.client(), woken))?;
            let _ = inner.background.reloader.set(reloader);
        }
        Ok(())
    }

    /// Returns the client of a forked child, and starts its threads at the first use.
    #[cold]
    pub(crate) fn start_in_child(self: &Arc<Self>) -> &ClientInner {
        let inner = self.inner();
        let is_first = !inner.background.are_started.swap(true, Ordering::AcqRel);
        let has_threads = self.polls() || self.reloads();
        if is_first && has_threads && !inner.closed.is_set() {
            let failure = self.start_threads(inner).err();
            self.hooks.log(&Event::Forked { failure });
        }
        inner
    }
}

impl ClientRef<'_> {
    /// Ends all fetching and publishing.
    pub(crate) fn close(self) {
        let inner = self.inner;
        if !inner.closed.set() {
            return;
        }
        inner.refresher.shut_down();
        inner.store.close();
        let deadline = Instant::now() + MAX_CLOSE_WAIT;
        let workers = [&inner.background.poller, &inner.background.reloader];
        workers.into_iter().filter_map(OnceLock::get).for_each(|worker| worker.join(deadline));
    }
}
