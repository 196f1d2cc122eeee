//! Synchronization without any knowledge of flags: latches, single flight, threads, forks, panics.
//!
//! With `--cfg shuttle` the unit tests run on other primitives, whose steps a scheduler orders: see
//! `interleavings`.

pub(crate) mod fork;
#[cfg(all(test, shuttle))]
pub(crate) mod interleavings;
pub(crate) mod latch;
pub(crate) mod panics;
#[cfg(not(all(test, shuttle)))]
pub(crate) mod primitives;
pub(crate) mod reentrancy;
pub(crate) mod single_flight;
pub(crate) mod worker;

#[cfg(all(test, shuttle))]
pub(crate) use interleavings::primitives;
