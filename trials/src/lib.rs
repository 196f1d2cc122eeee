//! Trials of the SDK: every fault in every mode, and long runs under load. `cargo xtask faults` and `cargo xtask soak`
//! run them.

pub mod faults;
pub mod soak;
pub mod watch;
