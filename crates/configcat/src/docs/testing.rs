//! Testing: your code with flags in it, without a network.
//!
//! # Flags that a test sets
//!
//! A client with overrides that are local only takes any SDK key, and needs no network and no thread. Make one for
//! each case, and pass it to the code that is tested:
//!
//! ```
//! use configcat::{Client, MapOverrides, OverrideBehaviour, Value};
//!
//! fn with_flags<const N: usize>(flags: [(&'static str, Value); N]) -> Client {
//!     let builder = Client::builder("test").overrides(OverrideBehaviour::LocalOnly, MapOverrides::new(flags));
//!     builder.build().expect("overrides that are local only need nothing")
//! }
//!
//! /// The code that is tested.
//! fn greeting(flags: &Client) -> &'static str {
//!     if flags.get_value("isFormal", false, None) { "Good day" } else { "Hi" }
//! }
//!
//! assert_eq!(greeting(&with_flags([("isFormal", true.into())])), "Good day");
//! assert_eq!(greeting(&with_flags([("isFormal", false.into())])), "Hi");
//! assert_eq!(greeting(&with_flags([])), "Hi", "without its flag");
//! ```
//!
//! # Rules
//!
//! To test what your rules do for the users who matter, load the config JSON that is served, with
//! [`FileOverrides`](crate::FileOverrides), and evaluate for these users:
//!
//! ```
//! use configcat::{Client, FileOverrides, OverrideBehaviour, User};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.json");
//! # std::fs::write(&path, r#"{"f": {"isBeta": {"t": 0, "v": {"b": false}, "r": [
//! #     {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#)?;
//! let client = Client::builder("test")
//!     .overrides(OverrideBehaviour::LocalOnly, FileOverrides::new(path))
//!     .build()?;
//! assert!(client.get_value("isBeta", false, &User::new("1").email("jane@example.com")));
//! assert!(!client.get_value("isBeta", false, &User::new("2").email("joe@example.org")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A config that changes
//!
//! Offline, manual and with a cache of your own, the test decides what is there and when:
//!
//! ```
//! use std::sync::Arc;
//! use configcat::{BoxError, Client, ConfigCache, MemoryCache, PollingMode, cache_key};
//!
//! const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//!
//! /// Puts a config where the client finds it. Number them: it takes only what is newer.
//! fn publish(cache: &MemoryCache, number: u64, config: &str) -> Result<(), BoxError> {
//!     cache.write(&cache_key(SDK_KEY), &format!("{number}\n\"{number}\"\n{config}"))
//! }
//!
//! let cache = Arc::new(MemoryCache::new());
//! let client = Client::builder(SDK_KEY)
//!     .polling_mode(PollingMode::manual())
//!     .offline(true)
//!     .cache(cache.clone())
//!     .build()?;
//!
//! publish(&cache, 1, r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}}}"#)?;
//! client.force_refresh()?;
//! assert!(client.get_value("isNew", false, None));
//!
//! publish(&cache, 2, r#"{"f": {"isNew": {"t": 0, "v": {"b": false}}}}"#)?;
//! client.force_refresh()?;
//! assert!(!client.get_value("isNew", false, None));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # What was evaluated
//!
//! ```
//! use std::sync::mpsc;
//! # use configcat::{Client, MapOverrides, OverrideBehaviour};
//!
//! # let overrides = MapOverrides::new([("isFormal", true.into())]);
//! # let client = Client::builder("test").overrides(OverrideBehaviour::LocalOnly, overrides).build()?;
//! let (seen, evaluated) = mpsc::channel();
//! client.hooks().on_flag_evaluated(move |details| {
//!     let _ = seen.send(details.key.clone());
//! });
//! client.get_value("isFormal", false, None);
//! assert_eq!(evaluated.try_iter().collect::<Vec<_>>(), ["isFormal"]);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Turning time
//!
//! The client takes time from a [`Clock`](crate::Clock). With one that a test turns, intervals, time-outs and
//! backoff need no waiting:
//!
//! ```
//! use std::{sync::{Arc, Mutex, PoisonError}, time::Duration};
//! use configcat::{Alarm, Clock, Timer};
//!
//! /// Stands still until it is turned.
//! #[derive(Default)]
//! struct TestClock(Mutex<(Duration, Vec<(Duration, Alarm)>)>);
//!
//! impl TestClock {
//!     fn turn(&self, by: Duration) {
//!         let (now, alarms) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         *now += by;
//!         alarms.iter().filter(|(at, _)| at <= now).for_each(|(_, alarm)| alarm.ring());
//!         alarms.retain(|(at, _)| at > now);
//!     }
//! }
//!
//! impl Clock for TestClock {
//!     fn monotonic(&self) -> Duration {
//!         self.0.lock().unwrap_or_else(PoisonError::into_inner).0
//!     }
//!
//!     fn unix_time(&self) -> Duration {
//!         Duration::from_secs(1_700_000_000) + self.monotonic()
//!     }
//!
//!     fn timer(&self, delay: Duration) -> Timer {
//!         let (alarm, timer) = Timer::with_alarm();
//!         let (now, alarms) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         alarms.push((*now + delay, alarm));
//!         timer
//!     }
//! }
//!
//! # use configcat::{Client, ConfigCache, MemoryCache, PollingMode, cache_key};
//! # const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//! # let cache = Arc::new(MemoryCache::new());
//! # let write = |title: &str, time: u64| {
//! #     let config = format!(r#"{{"f": {{"title": {{"t": 1, "v": {{"s": "{title}"}}}}}}}}"#);
//! #     cache.write(&cache_key(SDK_KEY), &format!("{time}000\n\"{time}\"\n{config}"))
//! # };
//! # write("old", 1_700_000_000)?;
//! let clock = Arc::new(TestClock::default());
//! let client = Client::builder(SDK_KEY)
//!     .polling_mode(PollingMode::lazy()) // with a TTL of 60 s
//!     .clock(clock.clone())
//!     .cache(cache.clone())
//!     .offline(true)
//!     .build()?;
//! assert_eq!(client.get_value("title", "", None), "old");
//! # write("new", 1_700_000_030)?;
//!
//! clock.turn(Duration::from_secs(59)); // meanwhile another process has put a config into the cache
//! assert_eq!(client.get_value("title", "", None), "old");
//! clock.turn(Duration::from_secs(1));
//! assert_eq!(client.get_value("title", "", None), "new");
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```
