//! Answers questions about [ConfigCat](https://configcat.com) configs: which rules can never match,
//! which users a change affects, how the values of a flag are distributed, and whether a
//! config does what a team has agreed on.
//!
//! | question | answer |
//! |---|---|
//! | Which parts of a config are faulty or without effect? | [`lint()`] |
//! | Which flags differ between two configs, and which users notice it? | [`compare`] |
//! | How many users get which value? | [`distribution()`], over users of your own or of a [`Population`] |
//! | Does the config fulfil these cases? | [`Spec`] |
//!
//! Configs are read and evaluated by [`configcat_eval`]. This crate does no I/O, and uses no clock
//! and no threads.

#![forbid(unsafe_code)]

mod comparison;
mod diagnostic;
mod distribution;
mod lint;
mod logic;
mod population;
mod random;
mod search;
mod served;
mod spec;
mod spec_error;
mod user;
mod user_json;

pub use self::{
    comparison::{Comparison, FlagChange, Witness, compare},
    diagnostic::{Diagnostic, Lint, Severity, UnknownLint},
    distribution::{Distribution, Share, distribution},
    lint::lint,
    population::{Population, Users},
    served::Served,
    spec::{Case, Failure, Spec},
    spec_error::SpecError,
    user_json::read_user,
};

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
