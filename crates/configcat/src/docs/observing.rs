//! Observing: hooks, health, metrics, OpenTelemetry, the log and `tracing`.
//!
//! # Hooks
//!
//! Hooks are callbacks for events of the client. Subscribe while building the client, or later with
//! [`Client::hooks`]. A callback may return any value, which is ignored.
//!
//! ```
//! use configcat::Client;
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .on_client_ready(|state| println!("ready with {state:?}"))
//!     .on_config_changed(|config| println!("the new config has {} flags", config.keys().count()))
//!     .on_error(|error| eprintln!("[{}] {}", error.event_id, error.message))
//! #   .offline(true)
//!     .build()?;
//!
//! let subscription = client.hooks().on_flag_evaluated(|details| {
//!     println!("{} = {} ({:?})", details.key, details.value, details.variation_id);
//! });
//! client.get_value("isNewUiEnabled", false, None);
//! client.hooks().unsubscribe(subscription);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | hook | event | argument | runs on the thread that |
//! |---|---|---|---|
//! | [`on_client_ready`](Hooks::on_client_ready) | the client is [ready](super::polling#ready), once | the [`CacheState`] | made it ready: the polling thread, the thread that builds, or one that waited |
//! | [`on_config_changed`](Hooks::on_config_changed) | a new config came from the CDN, the cache or the overrides | the [`Config`] | refreshed |
//! | [`on_flags_changed`](Hooks::on_flags_changed) | flags in it differ from those of the config before, by themselves, their segments or their prerequisite flags | the keys: added, removed, of another type, changed | refreshed |
//! | [`on_config_fetched`](Hooks::on_config_fetched) | a fetch has ended, successful or not | the result, and `true` if `force_refresh()` caused it | refreshed |
//! | [`on_flag_evaluated`](Hooks::on_flag_evaluated) | a flag was evaluated | its [`EvaluationDetails`] | evaluated |
//! | [`on_error`](Hooks::on_error) | a record at level `error` was logged | event id and text | logged it |
//!
//! In automatic polling the polling thread refreshes, otherwise the calling thread. Callbacks
//! should be quick: a slow callback delays the evaluation, and a callback or logger that does not
//! return stops automatic polling, which `callbacks_running_since` of [health](#health) shows.
//!
//! Callbacks may call the client and its hooks. Events that a callback causes on its thread are not
//! reported to the callbacks of the same hook of that client: a flag that `on_error` evaluates may
//! fail too, and that would never end. Changes of the config are delivered in the order of
//! publication: a change that is published during a delivery, on any thread, is delivered next, by
//! the delivering thread.
//!
//! A config may differ without a changed flag, for example in the name of an unused segment: then
//! `on_config_changed` is called, and `on_flags_changed` is not. In the first config of a client
//! all flags are added.
//!
//! A callback that panics is logged (event 1003, which is not reported to `on_error`) and is called
//! again the next time. A hook without callbacks costs nothing. A callback of `on_flag_evaluated`
//! makes each evaluation create its details.
//!
//! # Metrics
//!
//! The hook `on_flag_evaluated` can count evaluations by flag and variation. The example
//! `examples/metrics.rs` of this crate does so with the standard library only, and prints the
//! counts in the text format of Prometheus: `cargo run -p configcat --example metrics`.
//!
//! ```text
//! feature_flag_evaluations_total{key="greeting",variation="94c1fb2a",reason="targeting_match"} 100
//! feature_flag_evaluations_total{key="isNewCheckoutEnabled",variation="3a96c0fe",reason="split"} 317
//! feature_flag_evaluations_total{key="isSaleRunning",variation="5f1a90c2",reason="static"} 1000
//! ```
//!
//! # OpenTelemetry
//!
//! [`telemetry_attributes`](EvaluationDetails::telemetry_attributes) returns an evaluation as
//! attributes of the event `feature_flag.evaluation`, by OpenTelemetry's semantic conventions. The
//! attributes have the types of a [`Value`](crate::Value), which every OpenTelemetry library has:
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior};
//! use configcat::{EvaluationDetails, Value};
//!
//! /// The log record of an OpenTelemetry library.
//! struct LogRecord(Vec<String>);
//!
//! impl LogRecord {
//!     fn add_attribute(&mut self, name: &str, value: &str) {
//!         self.0.push(format!("{name}={value}"));
//!     }
//! }
//!
//! # let flags = MapOverrides::new([("limit", 10.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! client.hooks().on_flag_evaluated(|details| {
//!     let mut record = LogRecord(vec![EvaluationDetails::TELEMETRY_EVENT.to_owned()]);
//!     for (name, value) in details.telemetry_attributes() {
//!         match value {
//!             Value::Text(text) => record.add_attribute(name, &text),
//!             other => record.add_attribute(name, &other.to_string()), // bool, integer or double
//!         }
//!     }
//!     assert_eq!(record.0, [
//!         "feature_flag.evaluation",
//!         "feature_flag.key=limit",
//!         "feature_flag.provider.name=ConfigCat",
//!         "feature_flag.result.value=10",
//!         "feature_flag.result.reason=static",
//!     ]);
//! });
//! client.get_value("limit", 0, None);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! `feature_flag.context.id` is the identifier of the user: remove it if it must not leave the
//! process.
//!
//! # Health
//!
//! [`Client::health`] returns the state of fetches, of the cache and of the polling thread. It
//! never waits for I/O.
//!
//! ```
//! # use configcat::Client;
//! use std::time::{Duration, SystemTime};
//!
//! /// Returns a complaint for a monitor if the flags are too old.
//! fn complaint(client: &Client) -> Option<String> {
//!     let health = client.health();
//!     if health.worker_alive == Some(false) {
//!         return Some("the polling thread has ended".to_owned());
//!     }
//!     let fetched_at = client.snapshot().fetch_time()?;
//!     let age = SystemTime::now().duration_since(fetched_at).unwrap_or_default();
//!     let is_old = age > Duration::from_secs(600);
//!     is_old.then(|| format!("flags are {age:?} old, since then: {:?}", health.last_error))
//! }
//! # let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #     .offline(true).build()?;
//! # assert_eq!(complaint(&client), None);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | field of [`Health`] | meaning |
//! |---|---|
//! | `last_attempt` | the time when a fetch was last started |
//! | `last_success` | the time when a fetch last brought a config, or found it unchanged |
//! | `consecutive_failures`, `last_error` | the number of failures since then, and the last one; or the reason why the client [could not be built](crate::ClientBuilder::build_or_default) |
//! | `cache_error` | the error of the last call of the cache, also that it has not returned yet |
//! | `fingerprint` | the [fingerprint](#fingerprints) of the config JSON that evaluations use |
//! | `refresh_running_since` | the time since which a refresh has been running; it ends within the request timeout, the time to compile, and the time to parse the texts of flags of [`keep_last_valid`](Client::keep_last_valid) |
//! | `callbacks_running_since` | the time since which a refresh has been calling loggers and hooks, parsing texts of [checked](Client::check_flags) flags and writing the cache; a time long ago means that one of them does not return, and automatic polling has stopped |
//! | `worker_alive` | `true` if the polling thread runs; `None` if the client has no polling thread |
//!
//! Health covers the fetches and the cache of this client. A process that follows a shared cache
//! may have no success of its own for long, and still have an up-to-date config: use
//! [`Snapshot::fetch_time`] for its age.
//!
//! # Fingerprints
//!
//! A [`Fingerprint`] names the config JSON that decided: the first 8 bytes of its SHA-256, as 16
//! hex digits. It is the same in every process that has the same document, so that an incident can
//! name the config that decided:
//!
//! | where | for |
//! |---|---|
//! | [`Snapshot::fingerprint`] | the config of a request |
//! | `fingerprint` of [`EvaluationDetails`] | the config of one evaluation, in a hook too |
//! | `fingerprint` of [`Health`] | the config that a process uses now |
//! | `feature_flag.version` of [`telemetry_attributes`](EvaluationDetails::telemetry_attributes) | the config of an evaluation in a trace |
//!
//! ```
//! use configcat::config::Fingerprint;
//!
//! // As `sha256sum config_v6.json | cut -c1-16` prints it:
//! let config_json = r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": true}}}}"#;
//! assert_eq!(Fingerprint::of(config_json).to_string(), "e3163cd6bcf8f56f");
//! ```
//!
//! It is the fingerprint of the document from the CDN or the cache; overrides do not have one, and
//! do not change it. It is computed once for each new document, in the refresh, which takes about a
//! tenth of the time to compile the document; details copy its 8 bytes.
//!
//! # Logging
//!
//! Records go to the [`log`](https://docs.rs/log) crate, with the target `configcat`. The id of the
//! [event](#events) is at the start of the text, and the key-value `event_id`. Any logger takes
//! them. With `env_logger`, call `env_logger::init()` first in `main`; `RUST_LOG` sets the level:
//!
//! | `RUST_LOG` | records |
//! |---|---|
//! | not set | errors |
//! | `configcat=warn` | errors and warnings |
//! | `configcat=info` | and the steps of each evaluation |
//! | `configcat=debug` | and each fetch, each change with the keys of the changed flags, and the time of the next poll |
//!
//! ```text
//! [… DEBUG configcat] [6000] Fetched config JSON. Settings: 12, bytes: 4711, milliseconds: 87.
//! [… DEBUG configcat] [6003] The next poll is in 60.0 s.
//! ```
//!
//! For `tracing` see [below](#tracing). A logger of your own:
//!
//! ```
//! use log::{Log, Metadata, Record};
//!
//! struct Stderr;
//!
//! impl Log for Stderr {
//!     fn enabled(&self, metadata: &Metadata) -> bool {
//!         metadata.target() == "configcat"
//!     }
//!
//!     fn log(&self, record: &Record) {
//!         if self.enabled(record.metadata()) {
//!             eprintln!("{} {}", record.level(), record.args());
//!         }
//!     }
//!
//!     fn flush(&self) {}
//! }
//!
//! log::set_logger(&Stderr)?;
//! log::set_max_level(log::LevelFilter::Warn);
//! # Ok::<(), log::SetLoggerError>(())
//! ```
//!
//! A failure that each evaluation repeats is logged once: no config (1000), no such flag (1001), an
//! invalid flag (1002), a flag of another type (2002), and the warnings of an evaluation (3001,
//! 3003 to 3005). Each is logged once for a flag and a cause until the config changes; the next
//! record has the number of records that were left out. With the evaluation log on, 1002 and the
//! warnings are logged in each evaluation.
//!
//! A logger may evaluate flags while it handles a record, for example to decide about sampling.
//! Such an evaluation writes no record and calls no hook, because that would call the logger again
//! without end. If a logger refreshes the config or makes the client ready, the next refresh calls
//! the hooks for the changed config and the ready client.
//!
//! At level `info` every evaluation writes its steps. That takes far longer than the evaluation,
//! and contains the [attributes of the user](super::users#sensitive-data):
//!
//! ```text
//! INFO [5000] Evaluating 'isNewUiEnabled' for User '{"Identifier":"42","Email":"john@example.com"}'
//!   Evaluating targeting rules and applying the first match if any:
//!   - IF User.Email CONTAINS ANY OF ['@example.com'] THEN 'true' => MATCH, applying rule
//!   Returning 'true'.
//! ```
//!
//! # Without a logger
//!
//! If a process has neither a logger nor a subscriber of `tracing`, the first error is written to
//! standard error: one line for each process, which says how to install a logger. A logger that is
//! switched off, as `env_logger` with `RUST_LOG=off`, counts as a logger. (A logger that has no
//! fields and is switched off looks like a missing one.)
//! [`warn_without_logger(false)`](crate::ClientBuilder::warn_without_logger) switches the line off
//! for a client.
//!
//! ```text
//! configcat: errors are not shown, because no logger is installed. To see them, add `env_logger` and call […]
//! The first error: [1100] Failed to fetch config JSON: […]
//! ```
//!
//! # Tracing
//!
//! `tracing` gets the records through `tracing-log`. With the cargo feature `tracing` the client
//! itself sends them, and spans too. Then each record goes to one of the two, never to both: to
//! `tracing` on a thread that has a subscriber, its own or that of the process, and to `log` on any
//! other thread. So no record is seen twice with `tracing-log`, and no record is lost if another
//! crate turns the feature on.
//!
//! | to `tracing` | target | level | fields |
//! |---|---|---|---|
//! | an event for each record | `configcat` | that of the record | `event_id`; `message`, without the id |
//! | a span `configcat.refresh` for each refresh, from its start until its hooks were called | `configcat::refresh` | info | `initiated_by_user`: caused by `force_refresh()`; `fetched`: `false` if the cache was enough; `outcome`: `changed`, `unchanged` or `failed`; `error`, if it failed |
//!
//! The records of a refresh are in its span. To get the spans without the evaluation log, use
//! `configcat=warn,configcat::refresh=info` with `EnvFilter` of `tracing-subscriber`.
//!
//! # Events
//!
//! The ids are those of all ConfigCat SDKs; 2012, 3204, 4201 and those from 6000 are this crate's.
//! An id decides the level: below 3000 `error`, below 5000 `warn`, below 6000 `info`, otherwise
//! `debug`.
//!
//! | id | level | when |
//! |---|---|---|
//! | 1000 | error | there is no config, so the default or nothing is returned; once for each flag, with the reason: nothing was fetched yet, the client is closed or offline, or the error of the last fetch |
//! | 1001 | error | the config does not have the flag; once for each key, with the most similar key, and the first 100 keys of the config |
//! | 1002 | error | the flag is invalid, with the place in the config, or takes more work than [an evaluation may](super::promises#limits) |
//! | 1003 | error | a callback panicked |
//! | 1100 | error | fetch: 403 or 404, the SDK key seems to be wrong, or the base URL or the proxy, if there is one; the config counts as up to date |
//! | 1101 | error | fetch: another status |
//! | 1102 | error | fetch: timeout |
//! | 1103 | error | fetch: the connection or TLS failed, or the response is not HTTP |
//! | 1104 | error | fetch: data governance redirects in a circle |
//! | 1105 | error | fetch: 200 with a body that is not a config, or is larger than 64 MiB |
//! | 1106 | error | fetch: 304 though there is no config |
//! | 1107 | error | fetch: a config that came over `https` asks to be fetched over plain `http`; it is used, and fetched over `https` as before |
//! | 1200 | error | a panic while polling or refreshing; polling goes on |
//! | 1301 | error | the client could not be built, and [`build_or_default`](crate::ClientBuilder::build_or_default) returned one that is closed |
//! | 1302 | error | overrides could not be loaded again; the last good ones stay |
//! | 2002 | error | the flag is of another type than the default, or its value does not fit or cannot be parsed, so the default or the [last valid value](super::json#last-valid-values) is returned; once for each flag and cause |
//! | 2011 | error | no flag has that variation id |
//! | 2012 | error | a new config does not have a [checked](Client::check_flags) flag, has it with another type, or has a text for it that cannot be parsed, with the place in the config and in the text |
//! | 2200 | error | the cache could not be read, does not return, or has an invalid entry |
//! | 2201 | error | the cache could not be written, or does not return |
//! | 3000 | warn | a client was built while another one with the same SDK key is open: build one and clone it |
//! | 3001 | warn | rules or percentage options need a user, and there is no user |
//! | 3002 | warn | the data governance option differs from the dashboard |
//! | 3003 | warn | the user does not have the attribute |
//! | 3004 | warn | the attribute cannot be read as the type that the rule compares |
//! | 3005 | warn | the attribute is not text and was compared as text |
//! | 3200 | warn | offline: `force_refresh()` has no cache to read |
//! | 3201 | warn | closed: `force_refresh()`, `wait_for_ready()`, `ready()`, `set_online()` and `set_offline()` have no effect |
//! | 3202 | warn | overrides are local only: `force_refresh()` has no effect |
//! | 3203 | warn | the process was forked, and the client's threads were [started again](super::running#after-a-fork) in the child |
//! | 3204 | warn | the [overrides of a request](super::requests#overrides) were refused: one of them, since it is of another type than its flag, or a token; once for each flag and cause |
//! | 4200 | warn | the timeout of `wait_for_ready()` has passed |
//! | 4201 | warn | an evaluation waited more than 100 ms for the first config; once for each client |
//! | 5000 | info | the steps of an evaluation |
//! | 5200 | info | switched to online or offline |
//! | 6000 | debug | a fetch brought a new config: the number of its settings, the bytes of the body without compression, the milliseconds |
//! | 6001 | debug | a fetch found the config unchanged: a 304, or the same content |
//! | 6002 | debug | the config changed: the keys of up to 10 settings that differ, and the number of the others; not for the first config |
//! | 6003 | debug | the time until the next poll, in automatic polling |
//! | 6004 | debug | an entry of the cache is used: the number of its settings, and its age |

#[cfg(doc)]
use crate::{CacheState, Client, Config, EvaluationDetails, Health, Hooks, Snapshot, config::Fingerprint};
