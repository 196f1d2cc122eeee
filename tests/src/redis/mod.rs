//! Trials with a real Redis: a server of the trial's own, and a fleet of processes that share it.

pub mod fleet;
pub mod server;
