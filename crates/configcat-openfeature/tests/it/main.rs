//! The scenarios of the OpenFeature specification, and what an executor notices of the provider.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod executor;
mod feature;
mod hangs;
mod scenarios;
mod world;
