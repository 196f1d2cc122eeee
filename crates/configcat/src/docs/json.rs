//! JSON in text settings: values of any type, parsed once for each config.
//!
//! A text setting may have JSON as its text, for settings that belong together: limits, a layout, a
//! list of addresses. With the cargo feature `json` a [`Flag`] has such a text as a value of a type
//! of yours. Any `T` that is `serde::de::DeserializeOwned + Send + Sync + 'static` will do, also
//! `serde_json::Value`.
//!
//! ```toml
//! [dependencies]
//! configcat = { path = "../configcat-rust/crates/configcat", features = ["json"] }
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
#![cfg_attr(feature = "json", doc = "```")]
#![cfg_attr(not(feature = "json"), doc = "```text")]
//! use std::sync::Arc;
//! use configcat::{Client, Flag, User, json::Json};
//! # use configcat::{MapOverrides, OverrideBehavior};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, Default)]
//! #[serde(default)]
//! struct Limits {
//!     uploads: u32,
//!     sizes: Vec<u64>,
//! }
//!
//! static LIMITS: Flag<Json<Limits>> = Flag::new("limits", Json::new(Limits::default));
//!
//! # let flags = MapOverrides::new([("limits", r#"{"uploads": 50}"#.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! let user = User::new("42");
//! let limits: Arc<Limits> = client.get(&LIMITS, &user);
//! assert_eq!(limits.uploads, 50);
//!
//! // Without a `static`, and with the reason for the value:
//! let details = client.get_value_details("limits", Json::new(Limits::default), &user);
//! assert!(!details.is_default_value() && Arc::ptr_eq(&details.value, &limits));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Parsed once
//!
//! The rules of the setting decide for each user which text is served, as for any text setting. Each
//! different text is parsed at its first use, and its value is kept with the config: a later
//! evaluation finds it by the address of the text, without parsing, hashing or allocating, and
//! returns the same `Arc`. Equal texts, also of different settings, have one value. Threads that
//! need a new text at the same moment may each parse it, and return the same value.
//!
//! A new config has values of its own, so an evaluation never returns a value of another config. A
//! [`Snapshot`](crate::Snapshot) keeps its values. A snapshot [with overrides](super::requests) uses
//! those that its config has, and parses other texts for itself. `Arc::ptr_eq` tells whether a value
//! is the same one as before.
//!
//! # Texts that do not parse
//!
//! | where | what happens |
//! |---|---|
//! | in an evaluation | the default is returned, with event 2002 once for each config, and the failure [`TypeMismatch`](crate::details::EvaluationFailureKind::TypeMismatch) in details and hooks. The text is not parsed again |
//! | in [`Client::check`] | the problem [`InvalidText`](crate::FlagProblem::InvalidText): flag, place in the config, and path in the text |
//! | in [`Client::check_flags`] | the same, and event 2012 for each such text of each config that is published later |
//! | in [`Client::keep_last_valid`] | the same, and an evaluation returns the [last valid value](#last-valid-values) instead of the default |
//!
//! Call [`check_flags`](crate::Client::check_flags) at startup. Then a text with a fault in a rule
//! that matches no user yet is reported by the refresh that brings it, before a user gets the
//! default:
//!
#![cfg_attr(feature = "json", doc = "```")]
#![cfg_attr(not(feature = "json"), doc = "```text")]
//! use configcat::{Client, Flag, User, json::Json};
//! # use configcat::{FileOverrides, OverrideBehavior};
//!
//! static SIZES: Flag<Json<Vec<u64>>> = Flag::new("sizes", Json::new(Vec::new));
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.json");
//! # std::fs::write(&path, r#"{"f": {"sizes": {"t": 1, "v": {"s": "[1024]"}, "r": [
//! #     {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}],
//! #      "s": {"v": {"s": "[1024, \"2 MB\"]"}}}]}}}"#)?;
//! # let client = Client::builder("local")
//! #     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path)).build()?;
//! let problems = client.check_flags(&[&SIZES]);
//! assert_eq!(
//!     problems[0].to_string(),
//!     "flag 'sizes' has an invalid text at f.sizes.r[0].s.v: \
//!      [1]: invalid type: string \"2 MB\", expected u64 at line 1 column 13"
//! );
//! assert_eq!(*client.get(&SIZES, &User::new("42")), [1024]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To accept unknown members and missing ones is the choice of the type: `#[serde(default)]` and
//! `#[serde(deny_unknown_fields)]`. New members should have a default, since the config is published
//! for old and new versions of a program at once.
//!
//! # Last valid values
//!
//! A default is a value of the day on which the program was built. A flag of
//! [`keep_last_valid`](crate::Client::keep_last_valid) returns a newer one: while a text of it does
//! not parse, an evaluation that comes upon that text evaluates the flag in the last config in which
//! all of its texts parsed. It is the value that this config has for the same user, never the one
//! of another user. [`Parsed`](crate::flag::Parsed) flags do the same.
//!
#![cfg_attr(feature = "json", doc = "```")]
#![cfg_attr(not(feature = "json"), doc = "```text")]
//! use configcat::{Flag, User, json::Json};
//! use configcat_testkit::TestFlags;
//!
//! static SIZES: Flag<Json<Vec<u64>>> = Flag::new("sizes", Json::new(Vec::new));
//!
//! let flags = TestFlags::new([("sizes", "[1024]")]);
//! let (client, user) = (flags.client(), User::new("42"));
//! assert_eq!(client.keep_last_valid(&[&SIZES]), []);
//! flags.set("sizes", "[2048");
//! assert_eq!(*client.get(&SIZES, &user), [1024]);
//! flags.set("sizes", "[2048]");
//! assert_eq!(*client.get(&SIZES, &user), [2048]);
//! ```
//!
//! Event 2002 says that the value is an earlier one, and the fingerprint in the details is that of
//! the config that it comes from. A text of an override of a request that does not parse returns the
//! default, unless the config below has such a text too. The overrides of a request do not count in
//! the earlier config. A config that does not have the flag, or has it with another type, ends this:
//! then the default is returned until all texts parse again.
//!
//! # Limits
//!
//! | what | limit |
//! |---|---|
//! | nesting of the JSON | 128 levels, as `serde_json` has it; deeper text does not parse |
//! | cause of a failure | 1 KiB, with the path at its start |
//! | invalid texts that are reported | ten for each flag and config |
//! | memory | the values of the texts that were used, for each type that reads them, until the config is dropped; `serde_json::Value` takes many times the length of its text |
//!
//! # Code of yours
//!
//! `Deserialize` runs on the thread that needs the value first; for a text that does not parse it
//! runs a second time, which finds the path. For checked flags that thread is the one that
//! refreshes: a `Deserialize` or `FromStr` that does not return stops automatic polling, as a hook
//! does, and `callbacks_running_since` of [health](super::observing#health) shows it. The texts of
//! flags of [`keep_last_valid`](crate::Client::keep_last_valid) are also parsed before their config
//! is published: there it stops publishing too, and `refresh_running_since` shows it.
//!
//! - If it panics, the text counts as invalid. A panic in the drop of a value is caught when its
//!   config is dropped.
//! - It may evaluate flags, also through a logger. A flag of the type that is being parsed on this
//!   thread returns its default if its text was not parsed before.

#[cfg(doc)]
use crate::{Client, Flag};
