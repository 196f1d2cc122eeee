//! Primitives for the scheduler of `shuttle`: at each step it may run another thread.
//!
//! Mutexes, atomics and thread-local values are shuttle's own. It has no `arc-swap` and no
//! `crossbeam-channel`, so these are modelled: a load or swap of an `Arc` is one step, and waiting
//! is a condition variable. A timer never fires, so a thread that waits for one hangs, which the
//! scheduler reports as a deadlock.

use std::{convert::Infallible, ops::Deref, sync::PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use shuttle::sync::Condvar;

use crate::clock::Timer;

pub(crate) use shuttle::{
    sync::{Mutex, MutexGuard, atomic},
    thread_local,
};
pub(crate) use std::sync::{Arc, OnceLock};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Pointer that is loaded and stored as a whole.
pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

/// Loaded pointer.
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

/// Waiting threads of one run of the scheduler.
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

/// Read and written while the bell is locked.
type IsComplete = Arc<std::sync::atomic::AtomicBool>;

/// Guard that completes its [`Completion`] when dropped.
pub(crate) struct CompletionGuard {
    is_complete: IsComplete,
    _sender: Sender<Infallible>,
}

/// Event that threads wait for.
#[derive(Clone)]
pub(crate) struct Completion {
    is_complete: IsComplete,
    /// For a `select!`, in threads that are not tested here.
    receiver: Receiver<Infallible>,
}

/// Returns an event that is not complete yet, and the guard that completes it.
pub(crate) fn completion() -> (CompletionGuard, Completion) {
    let is_complete = IsComplete::default();
    let (sender, receiver) = bounded(0);
    let guard = CompletionGuard { is_complete: is_complete.clone(), _sender: sender };
    (guard, Completion { is_complete, receiver })
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        let _lock = BELL.lock();
        self.is_complete.store(true, atomic::Ordering::SeqCst);
        BELL.rung.notify_all();
    }
}

impl Completion {
    pub(crate) fn receiver(&self) -> &Receiver<Infallible> {
        &self.receiver
    }

    pub(crate) fn is_complete(&self) -> bool {
        let _lock = BELL.lock();
        self.is_complete.load(atomic::Ordering::SeqCst)
    }

    /// Waits until this event or `other` is complete.
    pub(crate) fn wait_or(&self, other: &Self, _: &Timer) {
        let mut lock = BELL.lock();
        let is_complete = |it: &Self| it.is_complete.load(atomic::Ordering::SeqCst);
        while !is_complete(self) && !is_complete(other) {
            lock = BELL.rung.wait(lock).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
