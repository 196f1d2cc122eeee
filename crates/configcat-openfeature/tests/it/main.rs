//! Tests of the provider: the scenarios of the OpenFeature specification, and its behavior in an
//! executor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod changes;
mod executor;
mod feature;
mod hangs;
mod scenarios;
mod world;
