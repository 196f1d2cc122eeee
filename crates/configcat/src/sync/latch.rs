//! A latch: a condition that becomes true once, and that threads wait for.

use super::primitives::{
    Completion, CompletionGuard, Mutex,
    atomic::{AtomicBool, Ordering},
    completion, lock,
};

/// A condition that becomes true once, and that threads wait for.
///
/// Setting it and releasing the waiting threads are two steps, so that hooks can run in between.
pub(crate) struct Latch {
    is_set: AtomicBool,
    /// Dropped to release the waiting threads.
    guard: Mutex<Option<CompletionGuard>>,
    completion: Completion,
}

impl Latch {
    pub(crate) fn new() -> Self {
        let (guard, completion) = completion();
        Self { is_set: AtomicBool::new(false), guard: Mutex::new(Some(guard)), completion }
    }

    /// Returns the latch of a forked child. Where this one is set, no thread waits: the thread that
    /// would have released the others may have stayed in the parent.
    pub(crate) fn for_child(&self) -> Self {
        let latch = Self::new();
        if self.is_set() {
            latch.set();
        }
        latch
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
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
        !self.is_set.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn release_waiters(&self) {
        drop(lock(&self.guard).take());
    }

    /// Returns the event of the waiting threads being released.
    pub(crate) fn released(&self) -> &Completion {
        &self.completion
    }
}
