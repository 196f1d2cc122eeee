//! Tests code that has [ConfigCat](https://configcat.com) feature flags in it, without a network.
//!
//! | I want to | use |
//! |---|---|
//! | set flags before and during a test | [`TestFlags`] |
//! | see which flags were evaluated, for which users, with which results | [`Evaluations`] |
//! | make a client download configs, and test what it does if that fails | [`Cdn`] and [`Reply`] |
//! | advance time instead of waiting | [`ManualClock`] |
//! | write a config JSON | [`config_json`] |
//!
//! ```toml
//! [dev-dependencies]
//! # `configcat-rust` is the folder of the repository, beside yours.
//! configcat-testkit = { path = "../configcat-rust/crates/configcat-testkit" }
//! ```
//!
//! Each test has clients, servers and clocks of its own, which end with it, so tests run in
//! parallel. No request leaves the machine. A wait that takes longer than 30 s fails the test at
//! the line that waits.
//!
//! # Set flags
//!
//! ```
//! use configcat::Client;
//! use configcat_testkit::TestFlags;
//!
//! /// The code that is tested.
//! fn greeting(flags: &Client) -> &'static str {
//!     if flags.get_value("isFormal", false, None) { "Good day" } else { "Hi" }
//! }
//!
//! let flags = TestFlags::new([("isFormal", true)]);
//! assert_eq!(greeting(flags.client()), "Good day");
//! flags.set("isFormal", false);
//! assert_eq!(greeting(flags.client()), "Hi");
//! flags.unset("isFormal");
//! assert_eq!(greeting(flags.client()), "Hi", "without its flag");
//! ```
//!
//! A value for one user:
//!
//! ```
//! use configcat::User;
//! use configcat_testkit::TestFlags;
//!
//! let flags = TestFlags::new([("isBeta", false)]);
//! flags.set_for(&User::new("jane"), "isBeta", true);
//! assert!(flags.client().get_value("isBeta", false, &User::new("jane")));
//! assert!(!flags.client().get_value("isBeta", false, &User::new("joe")));
//! ```
//!
//! # Rules
//!
//! To test your rules for the users that matter, use the config JSON that the CDN serves:
//!
//! ```
//! use configcat::User;
//! use configcat_testkit::TestFlags;
//!
//! let flags = TestFlags::from_config(
//!     r#"{"f": {"isBeta": {"t": 0, "v": {"b": false}, "r": [
//!         {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#,
//! )?;
//! assert!(flags.client().get_value("isBeta", false, &User::new("1").email("jane@example.com")));
//! assert!(!flags.client().get_value("isBeta", false, &User::new("2").email("joe@example.org")));
//! # Ok::<(), configcat::config::ParseError>(())
//! ```
//!
//! # Record evaluations
//!
//! ```
//! use configcat_testkit::{Evaluations, TestFlags};
//!
//! let flags = TestFlags::new([("isFormal", true)]);
//! let seen = Evaluations::of(flags.client());
//! flags.client().get_value("isFormal", false, None);
//! assert_eq!(seen.keys(), ["isFormal"]);
//! seen.all_known(); // no flag was asked for that does not exist
//! ```
//!
//! # Change a config
//!
//! ```
//! use configcat::{Client, PollingMode, fetch::Proxy};
//! use configcat_testkit::{Cdn, SDK_KEY, config_json};
//!
//! let cdn = Cdn::new(&config_json([("isNew", true)]));
//! let client = Client::builder(SDK_KEY)
//!     .base_url(cdn.url())
//!     .proxy(Proxy::None)
//!     .polling_mode(PollingMode::manual())
//!     .build()?;
//! client.force_refresh()?;
//! assert!(client.get_value("isNew", false, None));
//!
//! cdn.serve(&config_json([("isNew", false)]));
//! client.force_refresh()?;
//! assert!(!client.get_value("isNew", true, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Simulate faults
//!
//! ```
//! # use configcat::{Client, PollingMode, fetch::Proxy};
//! use std::time::Duration;
//! use configcat_testkit::{Cdn, Reply, SDK_KEY, config_json};
//!
//! let cdn = Cdn::new(&config_json([("isNew", true)]));
//! # let client = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None)
//! #     .polling_mode(PollingMode::manual()).request_timeout(Duration::from_millis(100)).build()?;
//! client.force_refresh()?;
//!
//! // The answers to the next four requests, in this order. Later requests get the config again.
//! cdn.script([
//!     Reply::status(503).header("Retry-After", "10"),
//!     Reply::content().half_of_body().then_reset(),
//!     Reply::content().drip(Duration::from_millis(50)),
//!     Reply::raw("SSH-2.0-OpenSSH_9.6\r\n"),
//! ]);
//! for _ in 0..4 {
//!     cdn.serve(&config_json([("isNew", false)]));
//!     assert!(client.force_refresh().is_err());
//!     assert!(client.get_value("isNew", false, None), "the old config stays");
//! }
//!
//! cdn.refuse_connections();
//! assert!(client.force_refresh().is_err());
//! cdn.accept_connections();
//! client.force_refresh()?;
//! assert!(!client.get_value("isNew", true, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Advance time
//!
//! In auto polling, the thread of the client must set its timer before the timer can ring: wait for
//! that with [`await_timer`](ManualClock::await_timer) before you [`advance`](ManualClock::advance)
//! the clock.
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, PollingMode, fetch::Proxy};
//! use configcat_testkit::{Cdn, ManualClock, SDK_KEY, config_json};
//!
//! let minute = Duration::from_secs(60);
//! let cdn = Cdn::new(&config_json([("isNew", true)]));
//! let clock = ManualClock::new();
//! let client = Client::builder(SDK_KEY)
//!     .base_url(cdn.url())
//!     .proxy(Proxy::None)
//!     .jitter(0.0)
//!     .polling_mode(PollingMode::auto().interval(minute))
//!     .clock(clock.clone())
//!     .build()?;
//! for polls in 1..5 {
//!     cdn.await_requests(polls);
//!     clock.await_timer(minute);
//!     clock.advance(minute);
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```

mod cdn;
mod clock;
mod config_json;
mod evaluations;
mod flags;
mod user_values;

use std::time::Duration;

pub use self::{
    cdn::{Cdn, Reply, Request},
    clock::ManualClock,
    config_json::config_json,
    evaluations::Evaluations,
    flags::TestFlags,
};

/// An SDK key that each client accepts. No account has it.
pub const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

/// The limit of each wait. Far longer than a successful wait on a busy machine, so that it ends
/// only tests that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
