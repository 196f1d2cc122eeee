//! Synchronization without any knowledge of flags: latches, single flight, threads, forks, panics.

pub(crate) mod fork;
pub(crate) mod latch;
pub(crate) mod panics;
pub(crate) mod primitives;
pub(crate) mod reentrancy;
pub(crate) mod single_flight;
pub(crate) mod worker;
