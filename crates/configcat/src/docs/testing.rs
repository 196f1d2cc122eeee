//! Testing: tests of code that has flags, without a network.
//!
//! The crate `configcat-testkit` has helpers for tests; its page has an example of each.
//!
//! ```toml
//! [dev-dependencies]
//! # `configcat-rust` is the folder of the repository, beside yours.
//! configcat-testkit = { path = "../configcat-rust/crates/configcat-testkit" }
//! ```
//!
//! | I want to | use |
//! |---|---|
//! | set flags in a test, before and while it runs, for all users or for one; test rules | `TestFlags` |
//! | know which flags were evaluated, for which user, and their values; find misspelled keys | `Evaluations` |
//! | let a client download configs, and test it when that fails | `Cdn` and `Reply` |
//! | turn time instead of waiting | `ManualClock` |
//! | write a config JSON | `config_json` |
//!
//! # Flags that a test sets
//!
//! Make flags for each case, and pass their client to the code under test. The client has no
//! network, and a change is there when `set` returns:
//!
//! ```
//! use configcat::Client;
//! use configcat_testkit::{Evaluations, TestFlags};
//!
//! /// The code under test.
//! fn greeting(flags: &Client) -> &'static str {
//!     if flags.get_value("isFormal", false, None) { "Good day" } else { "Hi" }
//! }
//!
//! let flags = TestFlags::new([("isFormal", true)]);
//! let seen = Evaluations::of(flags.client());
//! assert_eq!(greeting(flags.client()), "Good day");
//! flags.set("isFormal", false);
//! assert_eq!(greeting(flags.client()), "Hi");
//! assert_eq!(seen.keys(), ["isFormal", "isFormal"]);
//! seen.all_known(); // a misspelled key would fail here
//! ```
//!
//! # Without a further crate
//!
//! Flags that do not change during a test are [`MapOverrides`], and a config JSON with your rules
//! is [`FileOverrides`], both [local only](OverrideBehavior::LocalOnly):
//!
//! ```
//! use configcat::{Client, FileOverrides, OverrideBehavior, User};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.json");
//! # std::fs::write(&path, r#"{"f": {"isBeta": {"t": 0, "v": {"b": false}, "r": [
//! #     {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#)?;
//! let client = Client::builder("test")
//!     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path))
//!     .build()?;
//! assert!(client.get_value("isBeta", false, &User::new("1").email("jane@example.com")));
//! assert!(!client.get_value("isBeta", false, &User::new("2").email("joe@example.org")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Turning time
//!
//! The client takes time from a [`Clock`]. With `ManualClock`, or another clock that a test turns,
//! intervals, TTLs and backoff need no waiting. The timeouts of HTTP requests use the system's
//! clock.
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, PollingMode, fetch::Proxy};
//! use configcat_testkit::{Cdn, ManualClock, SDK_KEY, config_json};
//!
//! let cdn = Cdn::new(&config_json([("title", "old")]));
//! let clock = ManualClock::new();
//! let client = Client::builder(SDK_KEY)
//!     .base_url(cdn.url())
//!     .proxy(Proxy::None)
//!     .polling_mode(PollingMode::lazy()) // with a TTL of 60 s
//!     .clock(clock.clone())
//!     .build()?;
//! assert_eq!(client.get_value("title", "", None), "old");
//! cdn.serve(&config_json([("title", "new")]));
//! assert_eq!(client.get_value("title", "", None), "old");
//! clock.advance(Duration::from_secs(60));
//! assert_eq!(client.get_value("title", "", None), "new");
//! # Ok::<(), configcat::BuildError>(())
//! ```

#[cfg(doc)]
use crate::{FileOverrides, MapOverrides, OverrideBehavior, time::Clock};
