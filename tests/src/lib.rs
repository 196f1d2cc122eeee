//! Long tests of the SDK: each fault in each polling mode (`cargo xtask faults`), a client under
//! load for minutes (`cargo xtask soak`), and fleets, simulated (`cargo xtask fleet`) or real
//! processes with a Redis (`cargo xtask fleet --redis`). Also the examples of the crate
//! `configcat`, and the programs of the page `docs::from_python`, beside those in Python (`cargo
//! xtask python`).

#[cfg(feature = "redis")]
pub mod examples;
pub mod faults;
mod faulty_cache;
pub mod fleet;
pub mod from_python;
mod own_transport;
#[cfg(feature = "redis")]
pub mod redis;
pub mod soak;
pub mod watch;
