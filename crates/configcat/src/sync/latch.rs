//! Something that happens once, and that others wait for.

use crate::{
    sync::fork::PerProcess,
    sync::primitives::{
        End, Ended, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        ending,
    },
};

/// Something that happens once, and that others wait for.
pub(crate) struct Signal {
    happened: AtomicBool,
    waiting: PerProcess<Waiting>,
}

/// What those who wait look at.
struct Waiting {
    /// Dropped when it happens.
    end: Mutex<Option<End>>,
    ended: Ended,
}

impl Waiting {
    fn new() -> Self {
        let (end, ended) = ending();
        Self { end: Mutex::new(Some(end)), ended }
    }

    fn release(&self) {
        drop(self.end.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Signal {
    pub(crate) fn new() -> Self {
        Self { happened: AtomicBool::new(false), waiting: PerProcess::new(Waiting::new()) }
    }

    #[inline]
    pub(crate) fn has_happened(&self) -> bool {
        self.happened.load(Ordering::Acquire)
    }

    /// Makes it happen; whether this was the first time.
    pub(crate) fn set(&self) -> bool {
        let first = self.mark();
        self.release();
        first
    }

    /// Makes it happen for who looks; whether this was the first time. Who waits goes on waiting.
    pub(crate) fn mark(&self) -> bool {
        // In a forked child nobody is left to release what has happened before, so this comes first.
        self.waiting();
        !self.happened.swap(true, Ordering::AcqRel)
    }

    /// Ends all waiting.
    pub(crate) fn release(&self) {
        self.waiting().release();
    }

    /// What ends when there is nothing to wait for any more.
    pub(crate) fn released(&self) -> &Ended {
        &self.waiting().ended
    }

    fn waiting(&self) -> &Waiting {
        self.waiting.get(|_| {
            let waiting = Waiting::new();
            if self.has_happened() {
                waiting.release();
            }
            waiting
        })
    }
}
