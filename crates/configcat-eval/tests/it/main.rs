//! The evaluator as its users see it, on documents of its own.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod comparators;
mod conversions;
mod documents;
mod faults;
mod golden;
mod hashed;
mod hostile;
mod legacy;
mod limits;
mod mutations;
mod percentages;
mod properties;
mod reach;
mod support;
mod traces;
mod values;
