//! Synchronization without any knowledge of flags: latches, single flight, threads, forks, panics.
//!
//! No lock is held while code of the user runs, so that code may call the client. Where two locks
//! are held at once, the order is fixed: the lock of the store before the lock of
//! `notify::changes`.
//!
//! With `--cfg shuttle` the unit tests use other primitives, whose steps a scheduler orders: see
//! `interleavings`.

pub(crate) mod calls;
pub(crate) mod fork;
#[cfg(all(test, shuttle))]
pub(crate) mod interleavings;
pub(crate) mod latch;
pub(crate) mod panics;
#[cfg(not(all(test, shuttle)))]
pub(crate) mod primitives;
pub(crate) mod reentrancy;
pub(crate) mod single_flight;
pub(crate) mod wakers;
pub(crate) mod worker;

#[cfg(all(test, shuttle))]
pub(crate) use interleavings::primitives;
