//! The manual.
//!
//! These modules hold text and examples, no items. Start with the [crate page](crate).
//!
//! | page | answers |
//! |---|---|
//! | [`options`] | What can be set, what are the defaults, and what does `build()` refuse? Data governance, base URL, time-outs, proxies, TLS |
//! | [`evaluating`] | What do `get_value` and its relatives return? Types, details, typed flags, snapshots, explanations |
//! | [`users`] | What is a User Object, which attribute types are there, what is the default user, and what stays secret? |
//! | [`polling`] | When is the config fetched? The three modes, ready, refresh, offline, close |
//! | [`caching`] | How does a process start without the CDN, and how does a fleet share a config? |
//! | [`overrides`] | How do flags come from code or from a file? |
//! | [`observing`] | How do I see what happens? Hooks, health, the table of log events |
//! | [`running`] | How does it behave in async code, in a fleet, in a lambda, and after a fork? |
//! | [`testing`] | How do I test code that has flags? |
//! | [`promises`] | What can I rely on, what are the limits, and what do people ask? |
//! | [`from_official`] | How do I come from the asynchronous crate `configcat` 0.1.7? |
//! | [`from_python`] | How do I come from the Python SDK's `create_client` functions? |

pub mod caching;
pub mod evaluating;
pub mod from_official;
pub mod from_python;
pub mod observing;
pub mod options;
pub mod overrides;
pub mod polling;
pub mod promises;
pub mod running;
pub mod testing;
pub mod users;
