//! Primitives that threads share, in one place: `interleavings/primitives.rs` replaces this file by
//! one whose steps a scheduler orders.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, select};

use crate::clock::Timer;

pub(crate) use arc_swap::{ArcSwap, Guard};
pub(crate) use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, atomic},
    thread_local,
};

/// Locks a mutex, and ignores poisoning.
///
/// Every write to a value behind a mutex of this crate leaves the value whole, so a panic while it
/// was locked says nothing about it. An error instead would turn one panic into a failure of each
/// later evaluation.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Guard that completes its [`Completion`] when dropped.
pub(crate) struct CompletionGuard {
    // A channel on which nothing is ever sent: dropping its only sender wakes all receivers, also
    // those of a `select!`, which a condition variable could not join.
    _sender: Sender<Infallible>,
}

/// Event that threads wait for.
#[derive(Clone)]
pub(crate) struct Completion(Receiver<Infallible>);

/// Returns an event that is not complete yet, and the guard that completes it.
pub(crate) fn completion() -> (CompletionGuard, Completion) {
    let (sender, receiver) = bounded(0);
    (CompletionGuard { _sender: sender }, Completion(receiver))
}

impl Completion {
    /// Returns a channel that is disconnected once this event is complete, for a `select!`.
    pub(crate) fn receiver(&self) -> &Receiver<Infallible> {
        &self.0
    }

    /// Returns whether the event is complete. Never waits.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Waits until this event or `other` is complete, or the timer fires.
    pub(crate) fn wait_or(&self, other: &Self, timer: &Timer) {
        select! {
            recv(self.0) -> _ => {}
            recv(other.0) -> _ => {}
            recv(timer.receiver()) -> _ => {}
        }
    }
}
