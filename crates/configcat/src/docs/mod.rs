//! The manual.
//!
//! These modules have text and examples only. Start with the [crate page](crate).
//!
//! | page | content |
//! |---|---|
//! | [`options`] | Options, their defaults, and the errors of `build()`; data governance, base URL, timeouts, proxies, TLS |
//! | [`evaluating`] | Evaluations: which method to call, types, details, typed flags, snapshots, explanations |
//! | [`json`] | JSON in text settings: typed, parsed once, checked when it is published |
//! | [`users`] | The User Object, attribute types, the default user, sensitive data |
//! | [`comparators`] | The 36 comparators, and the effect of malformed input |
//! | [`polling`] | The three polling modes, ready, refresh, offline, close |
//! | [`caching`] | Start without the CDN, and one config for a fleet |
//! | [`overrides`] | Flags from code or from a file |
//! | [`observing`] | Hooks, health, metrics, the table of log events |
//! | [`running`] | Async code, fleets, containers, lambdas, forks, platforms |
//! | [`testing`] | Tests of code that has flags |
//! | [`promises`] | Promises, limits, and common questions |
//! | [`from_official`] | Migration from the asynchronous crate `configcat` 0.1.7 |
//! | [`from_python`] | Coming from Python: its first reference, section by section, with the same programs in Rust |

pub mod caching;
pub mod comparators;
pub mod evaluating;
pub mod from_official;
pub mod from_python;
pub mod json;
pub mod observing;
pub mod options;
pub mod overrides;
pub mod polling;
pub mod promises;
pub mod running;
pub mod testing;
pub mod users;
