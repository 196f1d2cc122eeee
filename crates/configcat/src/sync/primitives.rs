//! Primitives that threads share, in one place: `interleavings/primitives.rs` replaces this file by
//! one whose steps a scheduler orders.

use super::signal::{Signal, wait_for_any};
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
pub(crate) struct CompletionGuard(Signal);

/// Event that threads wait for.
#[derive(Clone)]
pub(crate) struct Completion(Signal);

/// Returns an event that is not complete yet, and the guard that completes it.
pub(crate) fn completion() -> (CompletionGuard, Completion) {
    let signal = Signal::default();
    (CompletionGuard(signal.clone()), Completion(signal))
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        self.0.set();
    }
}

impl Completion {
    /// Returns the signal that is set once this event is complete, for a wait for several.
    pub(crate) fn signal(&self) -> &Signal {
        &self.0
    }

    /// Returns whether the event is complete. Never waits.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.is_set()
    }

    /// Waits until this event or `other` is complete, or the timer fires.
    pub(crate) fn wait_or(&self, other: &Self, timer: &Timer) {
        wait_for_any(&[&self.0, &other.0, timer.alarm()], timer.end());
    }
}
