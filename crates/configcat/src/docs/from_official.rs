//! Migration from the asynchronous crate, `configcat` 0.1.7.
//!
//! The asynchronous crate needs tokio and has `async` evaluations. This crate needs no runtime, and
//! its evaluations are plain functions. Most names are the same. In most calls two things change:
//! `.await` is removed, and the user is borrowed:
//!
//! ```text
//! let user = User::new("42");
//! let is_new = client.get_value("isNewUiEnabled", false, Some(user.clone())).await;
//! let title = client.get_value("title", String::from("Hello"), Some(user)).await;
//! ```
//!
//! becomes
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, User};
//! # let client = Client::builder("local")
//! #     .overrides(OverrideBehavior::LocalOnly, MapOverrides::new([("title", "Hi".into())])).build()?;
//! let user = User::new("42");
//! let is_new = client.get_value("isNewUiEnabled", false, &user);
//! let title = client.get_value("title", "Hello", &user);
//! # assert_eq!((is_new, title.as_str()), (false, "Hi"));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # The client
//!
//! | 0.1.7 | here |
//! |---|---|
//! | `Client::new(key)`, `Client::builder(key)` | the same |
//! | `get_value(key, default, Some(user)).await` | [`get_value(key, default, &user)`](Client::get_value) |
//! | `get_value_details(…).await` | [`get_value_details(…)`](Client::get_value_details) |
//! | `get_flag_details(key, user).await` | `get_value_details` with a default, or [`explain`](Client::explain) if the type is unknown |
//! | `get_all_keys().await`, `get_all_values(…).await`, `get_all_value_details(…).await` | the same without `await` |
//! | `refresh().await` | [`force_refresh()`](Client::force_refresh) |
//! | `offline()`, `online()`, `is_offline()` | [`set_offline()`](Client::set_offline), [`set_online()`](Client::set_online), `is_offline()` |
//! | `set_default_user(user)`, `clear_default_user()`, on `&mut` | the same, on `&` |
//! | `wait_for_ready(time).await?` | [`ready().await`](Client::ready), for the max init wait at most, or [`wait_for_ready(time)`](Client::wait_for_ready): both return a state, and no error after the timeout |
//! | `ClientCacheState` | [`CacheState`] |
//! | an `Arc` of the client | [`clone`](Client#impl-Clone-for-Client) |
//! | | new: [`snapshot`](Client::snapshot), [`hooks`](Client::hooks), [`health`](Client::health), [`explain`](Client::explain), [`get`](Client::get), [`check`](Client::check), [`get_key_and_value`](Client::get_key_and_value), [`close`](Client::close) |
//!
//! # Options
//!
//! | 0.1.7 | here |
//! |---|---|
//! | `PollingMode::AutoPoll(time)` | [`PollingMode::auto()`](PollingMode::auto)`.interval(time)` |
//! | `PollingMode::LazyLoad(time)` | [`PollingMode::lazy()`](PollingMode::lazy)`.cache_ttl(time)` |
//! | `PollingMode::Manual` | [`PollingMode::manual()`](PollingMode::manual), or the same |
//! | `DataGovernance::EU` | [`DataGovernance::EuOnly`] |
//! | `http_timeout(time)` | [`request_timeout(time)`](ClientBuilder::request_timeout), and there is a [`connect_timeout`](ClientBuilder::connect_timeout) |
//! | `cache(Box::new(cache))` | [`cache(cache)`](ClientBuilder::cache); a `Box` or an `Arc` of one works too |
//! | `overrides(Box::new(source), behavior)` | [`overrides(behavior, source)`](ClientBuilder::overrides) |
//! | `OverrideBehavior` | [`OverrideBehavior`] |
//! | `MapDataSource::from([…])` | [`MapOverrides::new([…])`](crate::MapOverrides::new) |
//! | `FileDataSource::new(path)?` | [`FileOverrides::new(path)`](crate::FileOverrides::new): the error comes from `build()` |
//! | `default_user`, `base_url`, `offline` | the same |
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, DataGovernance, MapOverrides, OverrideBehavior, PollingMode, Value};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::auto().interval(Duration::from_secs(30)))
//!     .data_governance(DataGovernance::EuOnly)
//!     .request_timeout(Duration::from_secs(10))
//!     .overrides(OverrideBehavior::LocalOverRemote, MapOverrides::new([("isNew", Value::from(true))]))
//! #   .offline(true)
//!     .build()?;
//! assert!(client.get_value("isNew", false, None));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Types
//!
//! | 0.1.7 | here |
//! |---|---|
//! | `Value::Float`, `as_float()` | [`Value::Double`], `as_double()` |
//! | `Value::String(String)`, `as_str()` | [`Value::Text`], an `Arc<str>`; `as_text()` gives a `&str` |
//! | default of type `String` | `&str`, `String` or `Arc<str>` |
//! | `UserValue` | [`AttributeValue`]; rarely named, because [`custom`](crate::User::custom) converts |
//! | `UserValue::SemVer(version)` | text: `version.to_string()` |
//! | `chrono::DateTime` as attribute, `fetch_time` | the [feature](crate#cargo-features) `chrono` for attributes, or `SystemTime`; `fetch_time` is a `SystemTime` |
//! | `ConfigCache::read -> Option<String>`, `write` | [`ConfigCache`](crate::ConfigCache): both return a `Result` |
//! | `matched_targeting_rule: Option<Arc<TargetingRule>>` | [`MatchedRule`](crate::details::MatchedRule): index and text |
//! | `matched_percentage_option: Option<Arc<PercentageOption>>` | [`MatchedOption`](crate::details::MatchedOption): index and share |
//! | `ClientError`, `ErrorKind` | [`BuildError`](crate::BuildError), [`RefreshError`](crate::RefreshError), [`EvaluationFailure`](crate::details::EvaluationFailure) |
//! | features `default-tls`, `rustls` | [features](crate#cargo-features) `rustls` (default), `platform-verifier`, `native-tls` |
//!
//! # Behaviour
//!
//! | | 0.1.7 | here |
//! |---|---|---|
//! | runs in | tokio | any thread, with any runtime or without one |
//! | the first evaluation, automatic polling | waits for a fetch to end, each caller in turn | waits for the first fetch, up to the max init wait of 5 s after `build()`, all callers together |
//! | external cache | read in each evaluation | read in each refresh |
//! | a config with one invalid flag | rejected | only that flag fails |
//! | after a failed poll | the next interval | backs off; with jitter |
//! | missing key, event 1001 | logged each time | logged once for each key |
//! | `event_id` in the log | modulo 256 | the full id |
//!
//! To use both crates during the migration, rename one in `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! configcat = { path = "../configcat-rust/crates/configcat" }
//! configcat-async = { package = "configcat", version = "0.1.7" }
//! ```

#[cfg(doc)]
use crate::{
    AttributeValue, CacheState, Client, ClientBuilder, DataGovernance, OverrideBehavior, PollingMode, Value,
};
