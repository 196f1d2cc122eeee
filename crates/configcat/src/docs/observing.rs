//! Observing: hooks, health, metrics, OpenTelemetry, the log and `tracing`.
//!
//! # Hooks
//!
//! Callbacks for what happens in the client. Subscribe while building, or at any time to
//! [`Client::hooks`].
//!
//! ```
//! use configcat::Client;
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .hooks(|hooks| {
//!         hooks.on_client_ready(|state| println!("ready with {state:?}"));
//!         hooks.on_config_changed(|config| println!("now there are {} flags", config.keys().count()));
//!         hooks.on_error(|error| eprintln!("[{}] {}", error.event_id, error.message));
//!     })
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
//! | hook | when | gets | on the thread that |
//! |---|---|---|---|
//! | [`on_client_ready`](Hooks::on_client_ready) | once, see [ready](super::polling#ready) | the [`CacheState`] | made it ready: the client's, the one that builds, or one that waited |
//! | [`on_config_changed`](Hooks::on_config_changed) | another config came, from the CDN, the cache or the overrides | the [`Config`] | refreshed |
//! | [`on_config_fetched`](Hooks::on_config_fetched) | a fetch has ended, well or not | result; whether by `force_refresh()` | refreshed |
//! | [`on_flag_evaluated`](Hooks::on_flag_evaluated) | a flag was evaluated | its [`EvaluationDetails`] | evaluated |
//! | [`on_error`](Hooks::on_error) | something was logged at level `error` | event id and text | caused it |
//!
//! The thread that refreshes is the client's in automatic polling, and else the one that calls.
//! Callbacks should be quick: a slow one delays the evaluation, and one that does not return stops
//! automatic polling, as a logger does that does not return. `callbacks_running_since` of
//! [health](#health) shows that. Callbacks may call the client and its hooks. What a callback
//! causes while it runs, on its thread, is not told to the callbacks of the same hook of that
//! client: a flag that `on_error` evaluates may well be in error itself, and that would never end.
//! Changes of the config are delivered in the order in which they were published: a change that
//! comes meanwhile, also from another thread, is delivered next, on the thread that is delivering.
//! A callback that panics is logged (event 1003, which is not told to `on_error`) and is called
//! again the next time. A hook without callbacks costs nothing; `on_flag_evaluated` costs the
//! making of details in each evaluation.
//!
//! # Metrics
//!
//! Which flags are evaluated, how often, and which variation comes of it: a count for each in the
//! `on_flag_evaluated` hook. The example `examples/metrics.rs` of this crate does so with the
//! standard library only, and prints the counts in the text form of Prometheus: `cargo run -p
//! configcat --example metrics`.
//!
//! # OpenTelemetry
//!
//! [`telemetry_attributes`](EvaluationDetails::telemetry_attributes) are an evaluation as
//! attributes of the event `feature_flag.evaluation`, by OpenTelemetry's semantic conventions.
//! Their values are those of a [`Value`](crate::Value), which are those of any OpenTelemetry
//! library:
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior};
//! use configcat::{EvaluationDetails, Value};
//!
//! /// Stands for the log record of an OpenTelemetry library.
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
//! `feature_flag.context.id` is the identifier of the user: leave it out if it must not go where
//! the events go.
//!
//! # Health
//!
//! [`Client::health`] tells how fetching goes. It never waits for anything long.
//!
//! ```
//! # use configcat::Client;
//! use std::time::{Duration, SystemTime};
//!
//! /// For a monitor: are the flags older than they should be?
//! fn complaint(client: &Client) -> Option<String> {
//!     let health = client.health();
//!     if health.worker_alive == Some(false) {
//!         return Some("the polling thread is gone".to_owned());
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
//! | field of [`Health`] | what it is |
//! |---|---|
//! | `last_attempt` | when a fetch was last begun |
//! | `last_success` | when a fetch last brought a config, or the news that it is unchanged |
//! | `consecutive_failures`, `last_error` | how many fetches have failed since, and why the last did |
//! | `cache_error` | why the cache could not be read or written the last time; also that it has not returned yet |
//! | `refresh_running_since` | since when a refresh has been running; it ends within the request time-out and what compiling takes |
//! | `callbacks_running_since` | since when the thread of a refresh has been calling loggers and hooks, and writing the cache: long ago means that one of them does not return, and automatic polling stands still |
//! | `worker_alive` | whether the polling thread runs; `None` where none is needed |
//!
//! It is about this client's own fetches and cache: a process that follows a shared cache may have
//! no success of its own for long, and yet an up-to-date config, so go by [`Snapshot::fetch_time`]
//! for its age.
//!
//! # Logging
//!
//! Records go to the [`log`](https://docs.rs/log) crate, with the target `configcat` and the event
//! id as key-value `event_id`. Any logger will do, such as `env_logger` with
//! `RUST_LOG=configcat=info`. For `tracing` see [below](#tracing). A logger of one's own:
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
//!             let id = record.key_values().get("event_id".into()).and_then(|id| id.to_u64());
//!             eprintln!("{} [{}] {}", record.level(), id.unwrap_or_default(), record.args());
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
//! States are logged once, not at the rate of evaluations: that there is no config (1000), no such
//! flag (1001), a flag that is broken (1002) or of another type (2002), and the warnings of an
//! evaluation (3001, 3003 to 3005). Each is logged once for a flag and a cause until the config
//! changes; the next record says how many were left out. Where the evaluation log is on, 1002 and
//! the warnings are logged in each evaluation.
//!
//! A logger may evaluate flags while it handles a record, for example to decide about sampling.
//! Such an evaluation writes no record and calls no hook: it would lead back to the logger, without
//! end.
//!
//! At level `info` every evaluation writes how it came to its value, which takes far longer than
//! evaluating, and has the [attributes of the user](super::users#sensitive-data) in it:
//!
//! ```text
//! INFO [5000] Evaluating 'isNewUiEnabled' for User '{"Identifier":"42","Email":"john@example.com"}'
//!   Evaluating targeting rules and applying the first match if any:
//!   - IF User.Email CONTAINS ANY OF ['@example.com'] THEN 'true' => MATCH, applying rule
//!   Returning 'true'.
//! ```
//!
//! # Tracing
//!
//! `tracing` gets the records without more ado, through `tracing-log`. With the cargo feature
//! `tracing` it gets them from the client itself, and spans besides. Then each record goes to one
//! of the two, never to both: to `tracing` on a thread that has a subscriber, its own or that of
//! the process, and to `log` on any other. So nothing is seen twice where `tracing-log` is used,
//! and nothing is lost where somebody else has turned the feature on.
//!
//! | to `tracing` | target | level | fields |
//! |---|---|---|---|
//! | an event for each record | `configcat` | that of the record | `event_id`, `message` |
//! | a span `configcat.refresh` for each refresh, from its beginning until its hooks were called | `configcat::refresh` | info | `initiated_by_user`: by `force_refresh()`; `fetched`: whether there was a fetch, or the cache was enough; `outcome`: `changed`, `unchanged` or `failed`; `error`, if it failed |
//!
//! The records of a refresh are in its span. For the spans without a log of each evaluation:
//! `configcat=warn,configcat::refresh=info` with `EnvFilter` of `tracing-subscriber`.
//!
//! # Events
//!
//! The same ids as in all ConfigCat SDKs. Levels go by them: below 3000 `error`, below 5000 `warn`,
//! the rest `info`.
//!
//! | id | level | when |
//! |---|---|---|
//! | 1000 | error | there is no config, so the default is returned, or nothing; once for each flag |
//! | 1001 | error | the config does not have the flag; once for each key, with the keys that there are |
//! | 1002 | error | the flag is broken in the config, with the place, or takes more work than [an evaluation may](super::promises#limits) |
//! | 1003 | error | a callback panicked |
//! | 1100 | error | fetch: 403 or 404, the SDK key seems to be wrong; the config counts as up to date |
//! | 1101 | error | fetch: another status |
//! | 1102 | error | fetch: a time-out passed |
//! | 1103 | error | fetch: no connection, or it failed, or TLS did, or it is not HTTP |
//! | 1104 | error | fetch: data governance redirects in a circle |
//! | 1105 | error | fetch: 200 with a body that is no config, or larger than 64 MiB |
//! | 1106 | error | fetch: 304 though there is no config |
//! | 1107 | error | fetch: a config that came over `https` asks to be fetched over plain `http`; it is used, and fetched over `https` as before |
//! | 1200 | error | something panicked while polling or refreshing; it goes on |
//! | 1302 | error | overrides could not be loaded again; the last good ones stay |
//! | 2002 | error | the flag is of another type than the default; once for each flag and type |
//! | 2011 | error | no flag has that variation id |
//! | 2200 | error | the cache could not be read, does not return, or has rubbish |
//! | 2201 | error | the cache could not be written, or does not return |
//! | 3001 | warn | rules or percentages need a user, and there is none |
//! | 3002 | warn | the data governance option is not what the dashboard says |
//! | 3003 | warn | the user does not have the attribute |
//! | 3004 | warn | the attribute cannot be read as what the rule compares |
//! | 3005 | warn | the attribute is no text and was compared as text |
//! | 3200 | warn | offline: `force_refresh()` has nothing to read from |
//! | 3201 | warn | closed: `force_refresh()`, `set_online()` and `set_offline()` have no effect |
//! | 3202 | warn | overrides are local only: `force_refresh()` has no effect |
//! | 3203 | warn | the process was forked, and the client's threads were [started again](super::running#after-a-fork) in the child |
//! | 4200 | warn | `wait_for_ready()` gave up |
//! | 5000 | info | how a flag was evaluated |
//! | 5200 | info | switched to online or offline |

#[cfg(doc)]
use crate::{CacheState, Client, Config, EvaluationDetails, Health, Hooks, Snapshot};
