//! Evaluating: values, their types, and their reasons.
//!
//! # Which method do I want?
//!
//! | I want | method | may wait |
//! |---|---|---|
//! | the value of a flag | [`get_value`](Client::get_value) | for the first config; in lazy loading for a fetch |
//! | the same, with key, type and default in one place | [`get`](Client::get) with a [`Flag`] | the same |
//! | a value of my own type, such as an enum | [`get_parsed`](Client::get_parsed) | the same |
//! | the value and the reason for it, for my program | [`get_value_details`](Client::get_value_details) | the same |
//! | the reason in words, each rule with its result | [`explain`](Client::explain), [below](#why-is-it-so) | the same |
//! | the flags that the config does not have, at startup | [`check`](Client::check) | the same |
//! | the same, and in each config that comes later | [`check_flags`](Client::check_flags) | the same |
//! | the same, and the last value that could be parsed instead of the default | [`keep_last_valid`](Client::keep_last_valid) | the same |
//! | all flags of a user | [`get_all_values`](Client::get_all_values), or [with details](#all-flags) | the same |
//! | several values that belong together, such as those of a request | [`snapshot`](Client::snapshot), then the methods above on it | the same, once; the snapshot never |
//! | a snapshot if it needs no wait, otherwise nothing | [`try_snapshot`](Client::try_snapshot) | never |
//! | a snapshot of the config in memory, however old | [`current_snapshot`](Client::current_snapshot) | never |
//! | to start serving when there is a config, in async code | [`ready`](Client::ready)`().await` | at most the max init wait, without blocking the executor |
//! | the same on a thread | [`wait_for_ready`](Client::wait_for_ready) | at most its timeout |
//! | to know whether the client is ready | [`ready_state`](Client::ready_state) | never |
//! | the newest config now | [`force_refresh`](Client::force_refresh) | for the cache and a fetch |
//! | to be called with the keys of changed flags | [`on_flags_changed`](crate::Hooks::on_flags_changed) | never |
//! | to be called when the config changes | [`on_config_changed`](crate::Hooks::on_config_changed) | never |
//! | to know why fetches fail | [`health`](Client::health) | never |
//!
//! *The first config* is a wait in automatic polling only, once, for the [max init
//! wait](super::polling#auto) at most. In manual polling no evaluation waits.
//!
//! # `get_value`
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("isNewUiEnabled", Value::from(true)), ("title", "Hello".into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::User;
//!
//! let user = User::new("#UNIQUE-USER-ID#").email("john@example.com");
//! assert_eq!(client.get_value("isNewUiEnabled", false, &user), true);
//! assert_eq!(client.get_value("title", "", None), "Hello");
//!
//! // A failure is neither a panic nor an error: the default is returned.
//! assert_eq!(client.get_value("noSuchFlag", 42, &user), 42);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | parameter | meaning |
//! |---|---|
//! | `key` | the key of the flag, as on the dashboard; case-sensitive |
//! | `default` | the value to return if there is no config yet, no such flag, or the flag is invalid or of another type. The type of the default is the type of the result |
//! | `user` | `&user`, an `Option<&User>`, or `None` for the [default user](super::users#default-user), if there is one |
//!
//! # Types
//!
//! | setting on the dashboard | type of `default` | returned |
//! |---|---|---|
//! | On/Off Toggle | `bool` | `bool` |
//! | Text | `&str` or `String`; `Arc<str>` to copy no text | `String`; `Arc<str>` |
//! | Whole Number | `i64` | `i64` |
//! | Decimal Number | `f64` | `f64` |
//!
//! Nothing is converted: a whole number setting with a decimal default is a type mismatch, which
//! returns the default and logs event 2002. So write `0.0` for a decimal number, and `0` for a
//! whole number, which is an `i64` here. Other types do not compile:
//!
//! ```compile_fail,E0277
//! # fn example(client: configcat::Client) {
//! client.get_value("limit", 10_u8, None); // error: `get_value` cannot return a `u8`
//! # }
//! ```
//!
//! # `get_parsed`
//!
//! [`Client::get_parsed`] returns every other type that is [`FromStr`](std::str::FromStr), parsed
//! from the text of the value: an enum for a text setting, or a number of another size.
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("limit", Value::from(300)), ("server", "127.0.0.1:80".into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use std::net::SocketAddr;
//!
//! let fallback: SocketAddr = ([127, 0, 0, 1], 8080).into();
//! assert_eq!(client.get_parsed("server", fallback, None).port(), 80);
//! assert_eq!(client.get_parsed("limit", 10_u32, None), 300);
//! // 300 is not a `u8`, so the default is returned, with event 2002.
//! assert_eq!(client.get_parsed("limit", 10_u8, None), 10);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! The documentation of the method has an enum as example. Logs and hooks show the default by its
//! `Debug`. Write the type of a number: one without a type is an `i32`, as everywhere in Rust.
//!
//! # `get_value_details`
//!
//! The method has the same parameters and returns [`EvaluationDetails`]: the value, and the reason
//! for it.
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("limit", Value::from(10))]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::details::EvaluationFailureKind;
//!
//! let details = client.get_value_details("limit", 0.5, None);
//! assert_eq!(details.value, 10.0); // a whole number of an override is read as either type
//! assert!(!details.is_default_value());
//!
//! let details = client.get_value_details("limit", "none", None);
//! assert!(details.is_default_value());
//! assert_eq!(details.value, "none");
//! assert_eq!(details.error.map(|error| error.kind), Some(EvaluationFailureKind::TypeMismatch));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `key`, `value` | the flag and its value |
//! | `variation_id` | the id of the variation, for analytics; `None` for a default |
//! | `user` | a copy of the user of the evaluation, without [private values](super::users#private-attributes) |
//! | `reason` | the reason for the value: [no rules, a rule, a percentage option](crate::details::EvaluationReason), … |
//! | `is_default_value`, `error` | `true` for the default of the caller, and the failure: [kind](EvaluationFailureKind) and message |
//! | `is_overridden` | `true` for a value of the [overrides of a request](super::requests#overrides) |
//! | `fetch_time` | the time when the config was fetched, or last found unchanged |
//! | `fingerprint` | the [fingerprint](super::observing#fingerprints) of the config JSON |
//! | `matched_targeting_rule` | index and text of the rule that the value comes from |
//! | `matched_percentage_option` | index and share of the percentage option, of that rule or of the flag |
//!
//! # Typed flags
//!
//! A [`Flag`] has key, type and default in one place. [`Client::check`] returns at startup the
//! flags that the config does not have, or has with another type, instead of an error log at the
//! first use:
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("isNewUiEnabled", Value::from(true)), ("title", 7.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::Flag;
//!
//! static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
//! static TITLE: Flag<&str> = Flag::new("title", "Hello");
//!
//! for problem in client.check(&[&NEW_UI, &TITLE]) {
//!     eprintln!("{problem}"); // flag 'title' is of type int, but is used as text
//! }
//! assert!(client.get(&NEW_UI, None));
//! assert_eq!(client.get(&TITLE, None), "Hello");
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! A typed flag may also be an integer of any size or an `f32`: `Flag<u32>` reads a whole number,
//! and has the default if the number is not in the range of `u32` (see
//! [`FlagType`](crate::flag::FlagType)).
//!
//! A text setting that has JSON as its text is a [`Flag<Json<T>>`](super::json) for any type that
//! `serde` can deserialize.
//!
//! The crate `configcat-codegen` writes such flags from a config JSON.
//!
//! # All flags
//!
//! | method | returns |
//! |---|---|
//! | [`get_all_keys`](Client::get_all_keys) | all keys, in the order of the config |
//! | [`get_all_values`](Client::get_all_values) | key and [`Value`] of each flag that can be evaluated: [`AllValues`](crate::AllValues) |
//! | [`get_all_value_details`](Client::get_all_value_details) | the details of each flag that can be evaluated, in the order of the config |
//! | [`get_key_and_value`](Client::get_key_and_value) | the key and the value of a variation id |
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior};
//! # let flags = MapOverrides::new([("isNewUiEnabled", Value::from(true)), ("title", "Hello".into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::{User, Value};
//!
//! assert_eq!(client.get_all_keys(), ["isNewUiEnabled", "title"]);
//! assert_eq!(client.get_all_values(&User::new("42")).get("title"), Some(&Value::from("Hello")));
//! for details in client.get_all_value_details(None) {
//!     println!("{} is {}", details.key, details.value);
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! An invalid flag does not affect the others: it is left out and logged (event 1002).
//!
//! # Snapshots
//!
//! The config may change between two evaluations on a client. A [`Snapshot`] has one config: use it
//! if several flags must be consistent, or for many evaluations, such as those of one request. It
//! has the evaluation methods of the client; they never wait and never do I/O. It works after the
//! client is dropped. [One request](super::requests) shows a snapshot with a user of its own, and
//! with other values for some flags.
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("isNewUiEnabled", Value::from(true)), ("title", "Hello".into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! let flags = client.snapshot();
//! let title = if flags.get_value("isNewUiEnabled", false, None) {
//!     flags.get_value("title", "", None)
//! } else {
//!     String::new()
//! };
//! assert_eq!(title, "Hello");
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! *Taking* a snapshot waits as an evaluation does: for the first config in automatic polling, and
//! for a fetch in lazy loading if the config is older than the TTL.
//!
//! # Why is it so?
//!
//! [`Client::explain`] evaluates a flag and returns each step as a tree, which prints as the
//! [evaluation log](super::observing#logging). With `{:#}` hints follow: an unknown key with the
//! most similar one, no user, or an attribute that the user has under a similar name.
//!
//! ```
//! # use configcat::{Client, FileOverrides, OverrideBehavior, User};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.json");
//! # std::fs::write(&path, r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": false}, "r": [
//! #     {"c": [{"u": {"a": "Email", "c": 2, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#)?;
//! # let client = Client::builder("local")
//! #     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path)).build()?;
//! let user = User::new("42").email("john@example.com");
//! let trace = client.explain("isNewUiEnabled", &user).ok_or("there is no config")?;
//! assert_eq!(
//!     trace.to_string(),
//!     r#"Evaluating 'isNewUiEnabled' for User '{"Identifier":"42","Email":"john@example.com"}'
//!   Evaluating targeting rules and applying the first match if any:
//!   - IF User.Email CONTAINS ANY OF ['@example.com'] THEN 'true' => MATCH, applying rule
//!   Returning 'true'."#
//! );
//!
//! let trace = client.explain("isNewUIEnabled", &user).ok_or("there is no config")?;
//! assert_eq!(
//!     format!("{trace:#}").lines().last(),
//!     Some("Hint: the config has no setting 'isNewUIEnabled'; did you mean 'isNewUiEnabled'?")
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doc)]
use crate::{Client, EvaluationDetails, Flag, Snapshot, Value, details::EvaluationFailureKind};
