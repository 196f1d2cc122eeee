//! Trials of the SDK: every fault in every mode, and long runs under load, a fleet that shares a Redis. `cargo xtask faults`,
//! `cargo xtask soak` and `cargo xtask fleet --redis` run them.

pub mod faults;
mod faulty_cache;
#[cfg(feature = "redis")]
pub mod redis;
pub mod soak;
pub mod watch;
