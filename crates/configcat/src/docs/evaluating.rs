//! Evaluating: what is returned, as which type, and why.
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
//! // Whatever goes wrong, there is neither a panic nor an error, but the default.
//! assert_eq!(client.get_value("noSuchFlag", 42, &user), 42);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | parameter | what it is |
//! |---|---|
//! | `key` | the key of the flag, as on the dashboard; upper and lower case are different |
//! | `default` | what is returned where there is no value to return: there is no config yet, no such flag, it has another type, or is broken. Its type says how the flag is read |
//! | `user` | for whom: `&user`, an `Option<&User>`, or `None` for the [default user](super::users#default-user), if there is one |
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
//! Nothing is converted: a whole number setting that is read with a decimal default is a mismatch,
//! which gives the default and logs event 2002. So write `0.0` for a decimal number, and `0` for a
//! whole one, which Rust takes for an `i64` here. Any other type does not compile:
//!
//! ```compile_fail,E0277
//! # fn example(client: configcat::Client) {
//! client.get_value("limit", 10_u8, None); // the trait bound `u8: FlagValue` is not satisfied
//! # }
//! ```
//!
//! # `get_value_details`
//!
//! Takes the same and returns [`EvaluationDetails`]: the value, and where it comes from.
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("limit", Value::from(10))]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::details::EvaluationFailureKind;
//!
//! let details = client.get_value_details("limit", 0.5, None);
//! assert_eq!(details.value, 10.0); // an override that is a whole number is read as either
//! assert!(!details.is_default_value());
//!
//! let details = client.get_value_details("limit", "none", None);
//! assert!(details.is_default_value());
//! assert_eq!(details.value, "none");
//! assert_eq!(details.error.map(|error| error.kind), Some(EvaluationFailureKind::TypeMismatch));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | field | what it is |
//! |---|---|
//! | `key`, `value` | the flag and its value |
//! | `variation_id` | the id of the variation, for analytics; none with a default |
//! | `user` | a copy of the user that it was evaluated for |
//! | `reason` | how the value came about: [no rules, a rule, a percentage option](crate::details::EvaluationReason), … |
//! | `is_default_value`, `error` | whether it is the caller's default, and why: [kind](EvaluationFailureKind) and message |
//! | `fetch_time` | when the config was fetched, or last found unchanged |
//! | `matched_targeting_rule` | index and text of the rule that the value comes from |
//! | `matched_percentage_option` | index and share of the percentage option, of that rule or else of the flag |
//!
//! # Typed flags
//!
//! A [`Flag`] says key, type and default once. [`Client::check`] tells at startup which flags the
//! config does not have, or has with another type, instead of an error log at the first use:
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
//! The crate `configcat-codegen` writes such flags from a config JSON.
//!
//! # All flags
//!
//! | method | returns |
//! |---|---|
//! | [`get_all_keys`](Client::get_all_keys) | all keys, in the order of the config |
//! | [`get_all_values`](Client::get_all_values) | key and [`Value`] of each flag that can be evaluated: [`AllValues`](crate::AllValues) |
//! | [`get_all_value_details`](Client::get_all_value_details) | the same with details, in the order of the config |
//! | [`get_key_and_value`](Client::get_key_and_value) | the flag that a variation id belongs to, and the value that it stands for |
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
//! One broken flag does not take the others with it: it is left out and logged (event 1002).
//!
//! # Snapshots
//!
//! Between two evaluations on a client there may come another config. A [`Snapshot`] holds one: use
//! it where several flags must fit together, or many are asked at once, such as for one request.
//! Evaluations on it have the methods of the client; they never wait and never do I/O. It works
//! also after the client is gone.
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
//! *Taking* one does what an evaluation does: it waits for the first config in automatic polling,
//! and fetches in lazy loading if the config is too old.
//!
//! # Why is it so?
//!
//! [`Client::explain`] evaluates, and returns each step: a tree to walk through, which prints as
//! the [evaluation log](super::observing#logging).
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
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doc)]
use crate::{Client, EvaluationDetails, Flag, Snapshot, Value, details::EvaluationFailureKind};
