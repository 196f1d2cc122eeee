//! Long tests of the SDK: each fault in each polling mode (`cargo xtask faults`), a client under
//! load for minutes (`cargo xtask soak`), fleets, simulated (`cargo xtask fleet`) or real processes
//! with a Redis (`cargo xtask fleet --redis`), and the examples of the crate `configcat`.

#[cfg(feature = "redis")]
pub mod examples;
pub mod faults;
mod faulty_cache;
pub mod fleet;
#[cfg(feature = "redis")]
pub mod redis;
pub mod soak;
pub mod watch;
