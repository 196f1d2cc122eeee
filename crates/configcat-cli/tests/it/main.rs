//! Tests of the command, run as a process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod codegen;
mod diff;
mod eval;
mod inputs;
mod lint;
mod page;
mod pull;
mod serve;
mod server;
mod spec;
mod support;
