//! Feature flags for Rust with [ConfigCat](https://configcat.com): synchronous, without an async
//! runtime, small and fast.
//!
//! ConfigCat keeps feature flags and settings on a dashboard, with rules that decide the value for
//! each user. This crate downloads them as one document, keeps it up to date, and evaluates flags
//! in the process: on any thread, in plain `main`, in tokio, in a lambda.
//!
//! # Start
//!
//! ```toml
//! [dependencies]
//! # `configcat-rust` is the folder of the repository, beside yours.
//! configcat = { path = "../configcat-rust/crates/configcat" }
//! env_logger = "0.11"
//! ```
//!
//! On crates.io, `configcat` is another crate. The SDK key is on the dashboard, at
//! <https://app.configcat.com/sdkkey>.
//!
//! ```no_run
//! use configcat::{Client, User};
//!
//! env_logger::init(); // shows errors; with RUST_LOG=configcat=debug also each fetch
//! let client = Client::new("#YOUR-SDK-KEY#")?;
//!
//! let user = User::new("#UNIQUE-USER-ID#").email("john@example.com").custom("SubscriptionType", "Pro");
//! if client.get_value("isMyAwesomeFeatureEnabled", false, &user) {
//!     println!("the new thing");
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! Build one [`Client`] for each SDK key, keep it as long as the process lives, and clone it where
//! it is needed. The first evaluation waits for the first download, for 5 s at most; async code
//! awaits [`client.ready()`](Client::ready) before it. In automatic polling, the default, later
//! evaluations never wait. Any logger for `log` or `tracing` works: see [`docs::observing`].
//!
//! To try the crate without an account, give it [flags of your own](docs::overrides):
//!
//! ```
//! use configcat::{Client, MapOverrides, OverrideBehavior, User, Value};
//!
//! let flags = MapOverrides::new([
//!     ("isMyAwesomeFeatureEnabled", Value::from(true)),
//!     ("title", Value::from("Hello")),
//!     ("limit", Value::from(10)),
//! ]);
//! let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//!
//! assert!(client.get_value("isMyAwesomeFeatureEnabled", false, &User::new("42")));
//! assert_eq!(client.get_value("title", "", None), "Hello");
//! assert_eq!(client.get_value("limit", 0, None), 10);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Getting a value
//!
//! [`get_value`](Client::get_value) takes the key of the flag, a default, and the user or `None`.
//! The type of the default must be that of the setting: `bool`, `i64`, `f64` or text. The default
//! is returned if there is no value: before the first download, for an unknown key, or for a
//! setting of another type. [`get_parsed`](Client::get_parsed) reads enums, `u32`, and any other
//! type that is `FromStr`. There is no error to handle and no panic;
//! [`get_value_details`](Client::get_value_details) has the reason for a value.
//!
//! Key, type and default can be declared in one place, and checked at startup:
//!
//! ```
//! use configcat::{Client, Flag};
//! # use configcat::{MapOverrides, OverrideBehavior};
//!
//! static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
//! static TITLE: Flag<&str> = Flag::new("title", "Hello");
//!
//! # let flags = MapOverrides::new([("isNewUiEnabled", true.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! for problem in client.check(&[&NEW_UI, &TITLE]) {
//!     eprintln!("{problem}"); // flag 'title' is not in the config
//! }
//! if client.get(&NEW_UI, None) {
//!     println!("{}", client.get(&TITLE, None));
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Keeping up to date
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, FileCache, PollingMode};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("flags");
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::auto().interval(Duration::from_secs(30)))
//!     .cache(FileCache::new(folder)) // a restart begins with the last config
//!     .on_config_changed(|config| println!("the new config has {} flags", config.keys().count()))
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | polling mode | fetches | for |
//! |---|---|---|
//! | [auto](PollingMode::auto), the default | in the background, every 60 s | servers, desktop programs, other long-running programs |
//! | [lazy](PollingMode::lazy) | in an evaluation, if the config is older than 60 s | lambdas, rare use |
//! | [manual](PollingMode::manual) | in [`force_refresh`](Client::force_refresh) | full control |
//!
//! # The manual
//!
//! | I want to | read |
//! |---|---|
//! | set options; choose the CDN, timeouts, an HTTP proxy | [`docs::options`] |
//! | read JSON of text settings as types of mine | [`docs::json`] |
//! | know [which method](docs::evaluating#which-method-do-i-want) to call; get values, details, all flags, a consistent snapshot, an explanation | [`docs::evaluating`] |
//! | evaluate for one request, with a user and values of its own | [`docs::requests`] |
//! | describe the user; know what stays secret | [`docs::users`] |
//! | look up a comparator, and the effect of malformed input | [`docs::comparators`] |
//! | decide when to fetch; wait until ready; work offline | [`docs::polling`] |
//! | survive restarts without the CDN; share a config in a fleet | [`docs::caching`] |
//! | set flags in code or in a file | [`docs::overrides`] |
//! | react to changes; monitor; read the log and its event ids | [`docs::observing`] |
//! | run in tokio, in a fleet, in a container, in a lambda, after a fork; know the [platforms](docs::running#platforms) | [`docs::running`] |
//! | test my code | [`docs::testing`] |
//! | know promises, limits and common questions | [`docs::promises`] |
//! | migrate from the official asynchronous crate | [`docs::from_official`] |
//! | migrate from the Python SDK | [`docs::from_python`] |
//!
//! # Examples
//!
//! Programs to copy, each under 40 lines, are in the folder `examples` of this crate. CI runs them.
//!
//! | example | shows |
//! |---|---|
//! | `hello` | a flag for a user, with a logger |
//! | `tokio` | an asynchronous program: wait once, and then evaluate without `await` |
//! | `axum` | a web server with the client in its state |
//! | `static` | a client in a `static`, for any function |
//! | `lambda` | a function that is frozen between invocations: lazy loading, and a cache in files |
//! | `override` | a flag of your own in place of that of the CDN |
//! | `unit_test` | tests of code that has flags |
//! | `cli` | a command: one fetch, one value, and the reason for it |
//! | `shared_redis` | processes that share a config in Redis (feature `redis`) |
//! | `metrics` | evaluations counted for Prometheus |
//!
//! # Features at a glance
//!
//! | feature | item |
//! |---|---|
//! | on/off toggles, text, whole and decimal numbers | [`Client::get_value`] |
//! | targeting rules, segments, prerequisite flags, percentages | [`User`] |
//! | the reason for a value; variation ids | [`Client::get_value_details`], [`Client::explain`] |
//! | values of users that no log shows | [`ClientBuilder::private_attributes`] |
//! | typed flags with a check at startup, and in each config that is published | [`Flag`], [`Client::check`], [`Client::check_flags`] |
//! | consistent evaluations | [`Client::snapshot`], without waiting [`Client::try_snapshot`] |
//! | a user and overrides for one request | [`Snapshot::for_user`], [`Snapshot::with_overrides`] |
//! | three polling modes, with jitter and backoff | [`PollingMode`] |
//! | the fingerprint of the config that decided | [`Snapshot::fingerprint`] |
//! | ready and health states | [`Client::wait_for_ready`], [`Client::ready`], [`Client::ready_state`], [`Client::health`] |
//! | offline mode | [`Client::set_offline`] |
//! | caches shared with all ConfigCat SDKs | [`ConfigCache`], [`FileCache`], [`MemoryCache`], `RedisCache` |
//! | overrides from code and files, reloaded when they change | [`MapOverrides`], [`FileOverrides`] |
//! | hooks for ready, changed, fetched, evaluated, error | [`Hooks`] |
//! | data governance, base URL, HTTP and SOCKS proxies, timeouts | [`ClientBuilder`] |
//! | time for tests | [`time::Clock`] |
//!
//! # Cargo features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls and ring, with Mozilla's root certificates |
//! | `platform-verifier` | no | rustls with the operating system's root certificates and verifier |
//! | `native-tls` | no | TLS by the operating system's library; used instead of rustls if both are on |
//! | `chrono`, `jiff`, `time` | no | date-times of these crates as [user attributes](docs::users#attribute-types) |
//! | `json` | no | [JSON](docs::json) of text settings as values of any type that `serde` can deserialize; adds one crate |
//! | `redis` | no | `RedisCache`, a [cache](docs::caching#redis) in Redis or Valkey; adds some 40 crates |
//! | `signed-overrides` | no | [overrides of a request](docs::requests#signed-overrides) as a signed token |
//! | `tracing` | no | events and spans for [`tracing`](docs::observing#tracing) instead of log records, if it has a subscriber |
//!
//! Without a TLS feature, `https` URLs fail with an error that says so. The crate needs Rust 1.85.
//!
//! # Related crates
//!
//! This crate joins three crates that can be used alone: `configcat-eval` evaluates a config JSON
//! without network, clock and threads (`no_std`), `configcat-fetch` downloads it, `configcat-cache`
//! stores it.
//!
//! Further crates use it: `configcat-openfeature` is a provider for OpenFeature,
//! `configcat-webhook` refreshes as soon as something changes, `configcat-codegen` writes typed
//! flags, and `configcat-testkit` is for tests of your code.

// Private modules with public items at the root and in topic modules: files can move without a
// breaking change.
mod client;
mod clock;
pub mod docs;
mod error;
mod evaluate;
mod fingerprint;
mod health;
mod notify;
mod overrides;
mod polling;
mod refresh;
mod sync;

#[cfg(feature = "redis")]
pub use configcat_cache::RedisCache;
pub use configcat_cache::{ConfigCache, FileCache, MemoryCache};
pub use configcat_eval::{AttributeValue, Config, SettingType, User, Value};
pub use configcat_fetch::DataGovernance;

// The root has the names that most programs need, 30 at most (`cargo xtask tidy`).
pub use self::{
    client::{Client, builder::ClientBuilder, cache_state::CacheState},
    error::{BuildError, RefreshError, RefreshErrorKind},
    evaluate::{
        all_values::AllValues,
        details::EvaluationDetails,
        flag::{AnyFlag, Flag},
        flag_problem::FlagProblem,
        flag_value::FlagValue,
        snapshot::Snapshot,
    },
    health::Health,
    notify::hooks::Hooks,
    overrides::{FileOverrides, MapOverrides, OverrideBehavior, OverrideSource},
    polling::PollingMode,
};

/// Caches of the config JSON that outlive the process, and the items to write one.
///
/// See [`docs::caching`].
pub mod cache {
    pub use configcat_cache::{
        BoxError, ConfigCache, Entry, EntryError, FileCache, FileCacheError, MemoryCache, cache_key,
        conformance,
    };
    #[cfg(feature = "redis")]
    pub use configcat_cache::{RedisCache, RedisCacheError};
}

/// Settings of a [`Config`], their differences to another config, fingerprints, and results and
/// errors of evaluations without a client.
pub mod config {
    pub use crate::{
        evaluate::all_values::{AllValues, AllValuesIter},
        fingerprint::Fingerprint,
    };
    pub use configcat_eval::{
        Change, ChangeKind, Changes, Config, ErrorKind, Evaluation, EvaluationError, Evaluations, ParseError,
        ServedPlace, ServedValue, Setting, Settings, ValueTypeError,
    };
}

/// Settings of a config as data: rules, conditions and percentage options.
///
/// See [`Config::describe`].
pub mod describe {
    pub use configcat_eval::{
        ComparisonDescription, ConditionDescription, OptionDescription, RuleDescription, SegmentDescription,
        ServedDescription, SettingDescription, ThenDescription,
    };
}

/// Parts of [`EvaluationDetails`].
pub mod details {
    pub use crate::evaluate::details::{
        EvaluationDetails, EvaluationFailure, EvaluationFailureKind, EvaluationReason, MatchedOption,
        MatchedRule,
    };
}

/// Errors of fetching, the proxy of a client, and a transport of your own.
///
/// See [Transport of your own](docs::options#transport-of-your-own).
pub mod fetch {
    pub use configcat_fetch::{
        BaseUrlError, ContentError, DataGovernance, FetchError, FetchErrorKind, OptionsError, Proxy,
        ProxyError, ProxyUrl, Request, Response, SdkKeyError, Transport, TransportError,
    };
}

/// Typed flags, and the types that flags can be read as.
///
/// See [`docs::evaluating`].
pub mod flag {
    pub use crate::evaluate::{
        flag::{AnyFlag, Flag},
        flag_problem::FlagProblem,
        flag_value::{FlagType, FlagValue, Parsed},
    };
}

/// Callbacks and their events.
///
/// See [`docs::observing`].
pub mod hooks {
    pub use crate::notify::{
        flags_changed::FlagsChanged,
        hooks::{ConfigFetched, ErrorEvent, Hooks, Subscription},
    };
}

/// Text settings with JSON, as values of any type.
///
/// See [`docs::json`].
#[cfg(feature = "json")]
pub mod json {
    pub use crate::evaluate::json::Json;
}

/// Options of the polling modes.
///
/// See [`docs::polling`].
pub mod polling_mode {
    pub use crate::polling::{AutoPoll, LazyLoad, PollingMode};
}

/// Clock of a client, which a test can replace, and date-times as user attributes.
///
/// See [`docs::testing`].
pub mod time {
    pub use crate::clock::{Alarm, Clock, Timer};
    pub use configcat_eval::DateTime;
}

/// Overrides of one request.
///
/// See [`docs::requests`].
pub mod request {
    pub use crate::overrides::request::{Overrides, OverridesError};
    #[cfg(feature = "signed-overrides")]
    pub use crate::overrides::signed::{OverrideSigner, SignerKeyError, TokenError};
}

/// The User Object and its attributes.
///
/// See [`docs::users`].
pub mod user {
    pub use configcat_eval::{AttributeValue, IntoAttribute, PrivateAttributes, User};
}

/// Trace of an evaluation: the rules that were evaluated, and the reasons why they matched or not.
///
/// See [`Client::explain`].
pub mod trace {
    pub use configcat_eval::{
        ConditionTrace, Hint, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace,
        SelectedOption, SettingTrace, Trace, Warning,
    };
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
