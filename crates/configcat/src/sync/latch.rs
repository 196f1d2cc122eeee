//! Latch: a condition that becomes true once, and that threads wait for.

use super::primitives::{
    Completion, CompletionGuard, Mutex,
    atomic::{AtomicBool, Ordering},
    completion, lock,
};

/// Condition that becomes true once, and that threads wait for.
///
/// Setting the latch and releasing the waiting threads are two steps, so that hooks can run in
/// between.
pub(crate) struct Latch {
    is_set: AtomicBool,
    /// Guard that releases the waiting threads when dropped.
    guard: Mutex<Option<CompletionGuard>>,
    completion: Completion,
}

impl Latch {
    pub(crate) fn new() -> Self {
        let (guard, completion) = completion();
        Self { is_set: AtomicBool::new(false), guard: Mutex::new(Some(guard)), completion }
    }

    /// Returns the latch of a forked child. If this latch is set, no thread waits for the child's:
    /// the thread that would release the others may exist in the parent only.
    pub(crate) fn for_child(&self) -> Self {
        let latch = Self::new();
        if self.is_set() {
            latch.set();
        }
        latch
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        // Pairs with the swap in `mark`: a thread that sees the latch set also sees what was
        // published before, such as the first config of a client that is ready.
        self.is_set.load(Ordering::Acquire)
    }

    /// Sets the latch and releases the waiting threads. Returns whether it was not set before.
    pub(crate) fn set(&self) -> bool {
        let is_first = self.mark();
        self.release_waiters();
        is_first
    }

    /// Sets the latch; waiting threads go on waiting. Returns whether it was not set before.
    pub(crate) fn mark(&self) -> bool {
        // A swap, so that exactly one of several threads is the first and calls the hooks.
        !self.is_set.swap(true, Ordering::AcqRel)
    }

    /// Releases the waiting threads. Does nothing the second time.
    pub(crate) fn release_waiters(&self) {
        drop(lock(&self.guard).take());
    }

    /// Returns the event that completes when the waiting threads are released.
    pub(crate) fn released(&self) -> &Completion {
        &self.completion
    }
}
