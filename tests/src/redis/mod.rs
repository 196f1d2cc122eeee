//! Trials with a real Redis: a server for the time of a trial, and a fleet of processes that share
//! it.

pub mod fleet;
pub mod server;
