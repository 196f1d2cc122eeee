//! The three users that both samples share.
//!
//! The programs of README, `docs/crates.md` and `docs/first-five-minutes.md` are tested in this
//! library, since cargo runs no doctests of a binary.

pub mod users;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/crates.md")]
struct Crates;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/first-five-minutes.md")]
struct FirstFiveMinutes;
