//! The evaluator as its users see it, on documents of its own.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod allocations;
mod changes;
mod comparators;
mod conversions;
mod cost;
mod descriptions;
mod differential;
mod documents;
mod errors;
mod expensive;
mod faults;
mod golden;
mod hashed;
mod hints;
mod hostile;
mod json;
mod legacy;
mod limits;
mod memory;
mod mutations;
mod naive;
mod overrides;
mod percentages;
mod properties;
mod reach;
mod served_values;
mod setting_faults;
mod stacks;
mod strategies;
mod support;
mod traces;
mod values;
