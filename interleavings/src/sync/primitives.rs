//! What `configcat`'s module `sync` has, for the scheduler of `shuttle`: at each step of these it may run another thread.
//!
//! Mutexes and atomics are shuttle's own. It has none for `arc-swap` and `crossbeam-channel`, so these are modelled: a
//! load or swap of an `Arc` is one step, and waiting is a condition variable. The timer never fires, so whoever would
//! have to wait for it hangs here, which the scheduler reports as a deadlock.

use std::ops::Deref;

use shuttle::sync::Condvar;

use crate::clock::Timer;

pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};
use std::sync::PoisonError;
pub(crate) use std::sync::{Arc, OnceLock};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pointer that is loaded and stored as a whole.
pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

/// What was loaded.
pub(crate) struct Guard<T>(T);

impl<T> ArcSwap<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn load(&self) -> Guard<Arc<T>> {
        Guard(self.load_full())
    }

    pub(crate) fn load_full(&self) -> Arc<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn store(&self, new: Arc<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// All that wait, of one run of the scheduler.
struct Bell {
    lock: Mutex<()>,
    rung: Condvar,
}

shuttle::lazy_static! {
    static ref BELL: Bell = Bell { lock: Mutex::new(()), rung: Condvar::new() };
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is read and written while the bell is locked.
type IsComplete = Arc<std::sync::atomic::AtomicBool>;

/// Completes its [`Completion`] when dropped.
pub(crate) struct CompletionGuard(IsComplete);

/// An event that threads wait for.
#[derive(Clone)]
pub(crate) struct Completion(IsComplete);

/// Returns an event that is not complete yet, and the guard that completes it.
pub(crate) fn completion() -> (CompletionGuard, Completion) {
    let complete = IsComplete::default();
    (CompletionGuard(complete.clone()), Completion(complete))
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        let _lock = BELL.lock();
        self.0.store(true, atomic::Ordering::SeqCst);
        BELL.rung.notify_all();
    }
}

impl Completion {
    pub(crate) fn is_complete(&self) -> bool {
        let _lock = BELL.lock();
        self.0.load(atomic::Ordering::SeqCst)
    }

    /// Waits until this or the other is complete.
    pub(crate) fn wait_or(&self, other: &Self, _: &Timer) {
        let mut lock = BELL.lock();
        while !self.0.load(atomic::Ordering::SeqCst) && !other.0.load(atomic::Ordering::SeqCst) {
            lock = BELL.rung.wait(lock).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
