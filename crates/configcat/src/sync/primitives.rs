//! What threads share things with, in one place: the crate `interleavings` puts others here that tell its scheduler of
//! each step, and runs `store`, `flight`, `signal` and `memo` on them in many orders.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, select};

use crate::Timer;

pub(crate) use arc_swap::{ArcSwap, Guard};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic};

/// Ends an [`Ended`] when it is dropped.
pub(crate) struct End {
    _sender: Sender<Infallible>,
}

/// Something that ends, and that others wait for.
pub(crate) struct Ended(Receiver<Infallible>);

/// Something that has not ended yet.
pub(crate) fn ending() -> (End, Ended) {
    let (sender, receiver) = bounded(0);
    (End { _sender: sender }, Ended(receiver))
}

impl Ended {
    /// Disconnected when it has ended.
    pub(crate) fn receiver(&self) -> &Receiver<Infallible> {
        &self.0
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Waits until this or the other has ended, or the timer fires.
    pub(crate) fn wait_or(&self, other: &Self, timer: &Timer) {
        select! {
            recv(self.0) -> _ => {}
            recv(other.0) -> _ => {}
            recv(timer.0) -> _ => {}
        }
    }
}
