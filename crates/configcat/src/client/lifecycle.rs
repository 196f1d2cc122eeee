//! Start and end of a client, and the start of its threads in a forked child.

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

/// Maximum wait of `close` for the threads. Section 4.3 of the specification gives `close` 100 ms;
/// 20 ms are left for a busy machine to schedule the caller again.
const MAX_CLOSE_WAIT: Duration = Duration::from_millis(80);

impl Shared {
    /// Returns whether the client has a polling thread.
    pub(crate) fn polls(&self) -> bool {
        matches!(self.options.mode, PollingMode::AutoPoll(_)) && !self.options.is_local_only()
    }

    /// Returns whether the client has a thread that reloads overrides.
    fn reloads(&self) -> bool {
        self.options.overrides.as_ref().is_some_and(|overrides| overrides.reloads)
    }

    /// Starts the client: reads the cache if nothing polls, then starts the threads.
    pub(crate) fn start(self: &Arc<Self>) -> Result<(), BuildError> {
        let client = self.client();
        if !self.polls() {
            // On the caller's thread: without polling nothing else reads the cache before the first
            // evaluation.
            client.read_cache_at_start();
            client.become_ready();
        }
        self.start_threads(client.inner).map_err(BuildError::Thread)
    }

    fn start_threads(self: &Arc<Self>, inner: &ClientInner) -> io::Result<()> {
        // `Release` pairs with the swap in `start_in_child`. In the process that built the client
        // no other thread has the client yet.
        inner.background.are_started.store(true, Ordering::Release);
        let closed = || inner.closed.released().clone();
        if self.hooks.wants_ready() && !inner.ready.is_set() {
            self.watch_init_deadline(inner)?;
        }
        if self.polls() {
            let period = self.options.mode.period().unwrap_or_default();
            let schedule = Schedule::new(period, self.options.jitter, process_position());
            let shared = self.clone();
            let poller = Worker::start(closed(), move |woken| {
                poll_until_closed(shared.client(), &schedule, woken);
            })?;
            // One thread of a process comes here: see `are_started`. So the cell is empty.
            let _ = inner.background.poller.set(poller);
        }
        if self.reloads() {
            let shared = self.clone();
            let reloader = Worker::start(closed(), move |woken| reload_until_closed(shared.client(), woken))?;
            let _ = inner.background.reloader.set(reloader);
        }
        Ok(())
    }

    /// Returns the client in this process. The first use in a forked child starts its threads.
    #[inline]
    pub(crate) fn started(self: &Arc<Self>) -> &ClientInner {
        match self.process.unforked() {
            Some(inner) => inner,
            None => self.start_in_child(),
        }
    }

    /// Returns the client of a forked child. The first call starts its threads.
    // `#[cold]`: a process that was not forked never comes here, and each evaluation has the
    // branch.
    #[cold]
    pub(crate) fn start_in_child(self: &Arc<Self>) -> &ClientInner {
        let inner = self.inner();
        let is_first = !inner.background.are_started.swap(true, Ordering::AcqRel);
        let has_threads = self.polls() || self.reloads();
        if is_first && has_threads && !inner.closed.is_set() {
            // A thread that cannot be started here is an event and no error: an evaluation has no
            // error to return, and goes on with the config of the parent.
            let failure = self.start_threads(inner).err();
            self.hooks.log(&Event::Forked { failure });
        }
        inner
    }
}

impl ClientRef<'_> {
    /// Ends fetching and publishing, and waits for the threads for 80 ms at most.
    pub(crate) fn close(self) {
        let inner = self.inner;
        if !inner.closed.set() {
            return;
        }
        // The order matters. `closed` is set first, so waiting threads return and no refresh starts
        // a fetch. Then the fetch under way is interrupted. Then the store is closed: a response
        // that has arrived before is published, and nothing after that. Then futures are woken,
        // since their tasks may evaluate at once.
        inner.refresher.shut_down();
        inner.store.close();
        inner.ready_wakers.wake_all();
        // The real clock, not the client's: a test that turns time does not turn it while `close`
        // waits.
        let deadline = Instant::now() + MAX_CLOSE_WAIT;
        let workers = [&inner.background.poller, &inner.background.reloader];
        workers.into_iter().filter_map(OnceLock::get).for_each(|worker| worker.join(deadline));
    }
}
