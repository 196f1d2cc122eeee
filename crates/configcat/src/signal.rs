//! Something that happens once, and that others wait for.

use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

/// Something that happens once, and that others wait for.
pub(crate) struct Signal {
    happened: AtomicBool,
    /// Dropped when it happens, which disconnects the receiver.
    sender: Mutex<Option<Sender<Infallible>>>,
    receiver: Receiver<Infallible>,
}

impl Signal {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = bounded(0);
        Self { happened: AtomicBool::new(false), sender: Mutex::new(Some(sender)), receiver }
    }

    #[inline]
    pub(crate) fn has_happened(&self) -> bool {
        self.happened.load(Ordering::Acquire)
    }

    /// Disconnected when it has happened.
    pub(crate) fn receiver(&self) -> &Receiver<Infallible> {
        &self.receiver
    }

    /// Makes it happen; whether this was the first time.
    pub(crate) fn set(&self) -> bool {
        let first = self.mark();
        self.release();
        first
    }

    /// Makes it happen for who looks; whether this was the first time. Who waits goes on waiting.
    pub(crate) fn mark(&self) -> bool {
        !self.happened.swap(true, Ordering::AcqRel)
    }

    /// Ends all waiting.
    pub(crate) fn release(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Whether there is nothing to wait for any more.
    pub(crate) fn is_released(&self) -> bool {
        self.receiver.try_recv() == Err(TryRecvError::Disconnected)
    }
}
