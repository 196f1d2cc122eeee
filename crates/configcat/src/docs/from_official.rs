//! Coming from the asynchronous crate, `configcat` 0.1.7.
//!
//! That one needs tokio and evaluates in `async` functions. This one needs no runtime, and
//! evaluates in plain ones. The names are mostly the same; what changes in most calls is that
//! `.await` goes, and that the user is borrowed:
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
//! | `get_flag_details(key, user).await` | `get_value_details` with a default, or [`explain`](Client::explain) where the type is not known |
//! | `get_all_keys().await`, `get_all_values(…).await`, `get_all_value_details(…).await` | the same without `await` |
//! | `refresh().await` | [`force_refresh()`](Client::force_refresh) |
//! | `offline()`, `online()`, `is_offline()` | [`set_offline()`](Client::set_offline), [`set_online()`](Client::set_online), `is_offline()` |
//! | `set_default_user(user)`, `clear_default_user()`, on `&mut` | the same, on `&` |
//! | `wait_for_ready(time).await?` | [`wait_for_ready(time)`](Client::wait_for_ready): a state, and no error after the time |
//! | `ClientCacheState` | [`CacheState`] |
//! | put into an `Arc` to be shared | [`clone`](Client#impl-Clone-for-Client) |
//! | | new: [`snapshot`](Client::snapshot), [`hooks`](Client::hooks), [`health`](Client::health), [`explain`](Client::explain), [`get`](Client::get), [`check`](Client::check), [`get_key_and_value`](Client::get_key_and_value), [`close`](Client::close) |
//!
//! # Options
//!
//! | 0.1.7 | here |
//! |---|---|
//! | `PollingMode::AutoPoll(time)` | [`PollingMode::auto()`](PollingMode::auto)`.interval(time)` |
//! | `PollingMode::LazyLoad(time)` | [`PollingMode::lazy()`](PollingMode::lazy)`.interval(time)` |
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
//! | `UserValue` | [`AttributeValue`]; mostly not named, since [`custom`](crate::User::custom) converts |
//! | `UserValue::SemVer(version)` | text: `version.to_string()` |
//! | `chrono::DateTime` as attribute, `fetch_time` | the [feature](crate#cargo-features) `chrono` for attributes, or `SystemTime`; `fetch_time` is a `SystemTime` |
//! | `ConfigCache::read -> Option<String>`, `write` | [`ConfigCache`](crate::ConfigCache): both return a `Result` |
//! | `matched_targeting_rule: Option<Arc<TargetingRule>>` | [`MatchedRule`](crate::details::MatchedRule): index and text |
//! | `matched_percentage_option: Option<Arc<PercentageOption>>` | [`MatchedOption`](crate::details::MatchedOption): index and share |
//! | `ClientError`, `ErrorKind` | by place: [`BuildError`](crate::BuildError), [`RefreshError`](crate::RefreshError), [`EvaluationFailure`](crate::details::EvaluationFailure) |
//! | features `default-tls`, `rustls` | [features](crate#cargo-features) `rustls` (default), `platform-verifier`, `native-tls` |
//!
//! # Behaviour
//!
//! | | 0.1.7 | here |
//! |---|---|---|
//! | runs in | tokio | any thread, any runtime, none |
//! | the first evaluation, automatic polling | waits for a fetch to end, each caller in turn | waits for the first fetch, up to the max init wait of 5 s after `build()`, all together |
//! | external cache | read in each evaluation | read when something is refreshed |
//! | a config with one broken flag | rejected whole | that flag fails alone |
//! | after a failed poll | the next interval | backs off; with jitter |
//! | missing key, event 1001 | logged each time | once for each key |
//! | `event_id` in the log | modulo 256 | the real one |
//!
//! To have both while you migrate, rename one in `Cargo.toml`:
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
