//! The parts of `configcat` that threads share, run in many orders of their steps.
//!
//! `single_flight`, `flag_cache`, `latch`, `changes` and `store` are the files of `configcat` itself, on `sync/primitives.rs` whose steps a scheduler
//! decides: it takes thousands of orders at random, or all there are where there are few. Steps follow one another;
//! what weaker orderings of atomics allow beyond that is not looked at. What `refresh` puts together of them is written
//! down once more in [`client`], in few lines.

// The unit tests of these files are for the other `sync`.
#![cfg(not(test))]
#![allow(dead_code, reason = "not all of the modules is used here")]

pub mod client;
pub mod flights;
pub mod stores;

#[path = "../../crates/configcat/src/evaluate/flag_cache.rs"]
mod flag_cache;
#[path = "../../crates/configcat/src/refresh/store.rs"]
mod store;
mod sync {
    #[path = "../../../crates/configcat/src/sync/fork.rs"]
    pub(crate) mod fork;
    #[path = "../../../crates/configcat/src/sync/latch.rs"]
    pub(crate) mod latch;
    pub(crate) mod primitives;
    #[path = "../../../crates/configcat/src/sync/single_flight.rs"]
    pub(crate) mod single_flight;
}

#[path = "../../crates/configcat/src/notify"]
mod notify {
    pub(crate) mod changes;
}

/// What `store` takes from there.
mod overrides {
    pub(crate) use configcat::OverrideBehavior;
}

mod clock {
    /// A timer that never fires.
    pub(crate) struct Timer;
}
