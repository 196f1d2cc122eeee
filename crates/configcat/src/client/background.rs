//! Background threads of a client.

use std::sync::{OnceLock, atomic::AtomicBool};

use crate::sync::worker::Worker;

/// Background threads of a client in one process. A forked child starts its own.
pub(crate) struct Background {
    /// `true` once a thread of the process has begun to start the workers.
    pub(super) are_started: AtomicBool,
    /// `true` once a thread was started that waits for the end of the max init wait.
    pub(super) is_init_deadline_watched: AtomicBool,
    /// Thread that polls, in auto polling.
    // Set after the client is shared with the workers, which may read them at once.
    pub(super) poller: OnceLock<Worker>,
    pub(super) reloader: OnceLock<Worker>,
}

impl Background {
    pub(crate) fn new() -> Self {
        Self {
            are_started: AtomicBool::new(false),
            is_init_deadline_watched: AtomicBool::new(false),
            poller: OnceLock::new(),
            reloader: OnceLock::new(),
        }
    }

    /// Wakes the polling thread, if there is one.
    pub(crate) fn wake_poller(&self) {
        if let Some(poller) = self.poller.get() {
            poller.wake();
        }
    }

    /// Returns whether the polling thread runs.
    pub(crate) fn is_poller_alive(&self) -> bool {
        self.poller.get().is_some_and(Worker::is_alive)
    }
}
