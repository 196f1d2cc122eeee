//! The threads of a client in one process.

use std::sync::{OnceLock, atomic::AtomicBool};

use crate::sync::worker::Worker;

/// The threads of a client in one process.
pub(crate) struct Background {
    pub(super) are_started: AtomicBool,
    pub(super) poller: OnceLock<Worker>,
    pub(super) reloader: OnceLock<Worker>,
}

impl Background {
    pub(crate) fn new() -> Self {
        Self { are_started: AtomicBool::new(false), poller: OnceLock::new(), reloader: OnceLock::new() }
    }

    /// Wakes the polling thread, if there is one.
    pub(crate) fn wake_poller(&self) {
        if let Some(poller) = self.poller.get() {
            poller.wake();
        }
    }

    pub(crate) fn is_poller_alive(&self) -> bool {
        self.poller.get().is_some_and(Worker::is_alive)
    }
}
