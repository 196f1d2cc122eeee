//! Synchronization that knows nothing of flags: latches, single flight, threads, forks.

pub(crate) mod fork;
pub(crate) mod latch;
pub(crate) mod primitives;
pub(crate) mod reentrancy;
pub(crate) mod single_flight;
pub(crate) mod worker;
