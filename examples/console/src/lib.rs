//! What the samples share: three users.
//!
//! The programs of the README and of `docs/first-five-minutes.md` are tested here, since those in
//! the documentation of a binary are not run.

pub mod users;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/first-five-minutes.md")]
struct FirstFiveMinutes;
