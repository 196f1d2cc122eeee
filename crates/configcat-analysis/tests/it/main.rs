//! Integration tests.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod errors;
mod lints;
mod random_configs;
mod spec;
mod speed;
mod strength;
mod witnesses;
