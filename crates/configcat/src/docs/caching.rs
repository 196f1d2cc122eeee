//! Caching: a start without the CDN, and one config for a fleet.
//!
//! The client keeps its config in memory. A [`ConfigCache`] stores it in a second place, with three
//! benefits:
//!
//! - A process that starts while the CDN cannot be reached has the last known flags, not the
//!   defaults.
//! - Processes share one config, and only one of them fetches it in each interval.
//! - A process that must not do HTTP gets new configs from a process that may.
//!
//! ```
//! use configcat::{Client, FileCache};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("flags");
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .cache(FileCache::new(folder))
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | backend | shared by | survives a restart |
//! |---|---|---|
//! | memory only, the default | the clones of a client | no |
//! | [`MemoryCache`] in an `Arc` or a `static` | the clients of one process | no |
//! | [`FileCache`] | the processes of one machine | yes |
//! | [`RedisCache`](#redis) | the clients of one database | yes |
//! | your own [`ConfigCache`] | the users of your store | if your store does |
//!
//! # When it is read and written
//!
//! | when | |
//! |---|---|
//! | the client starts | read |
//! | each poll, each expired TTL, each `force_refresh()`, online and offline | read, before anything is fetched |
//! | a fetch returned 200, 304, 403 or 404, and there is a config | written |
//! | a flag is evaluated | **never** |
//!
//! An entry is used if it is not older than the config in memory. If it is younger than the
//! interval or TTL, the client does not fetch: with a shared cache, [one process fetches](#redis)
//! and the others follow. An entry dated in the future, by another machine's clock, counts as
//! fetched when it was read for the first time, and is ignored when it is read again. A time in
//! memory that lies in the future, because this machine's clock was fast, counts as now. An entry
//! with the same ETag and a newer time only changes the time; nothing is compiled again.
//!
//! # When it fails
//!
//! A cache can delay the start, and it cannot break an evaluation:
//!
//! | the cache | what happens |
//! |---|---|
//! | returns an error or panics in `read`, or returns an invalid entry | event 2200; the config in memory stays; the fetch follows as usual |
//! | returns an error or panics in `write` | event 2201; the config in memory is used |
//! | is slow | polls take as long; an evaluation waits for the cache only where it would wait for a fetch: before a client is ready, and in lazy loading |
//! | does not return within 2 s (or half of the request timeout or of the max init wait) | event 2200 or 2201, once; the fetch goes on, and the cache is not called until the call has returned. An entry of that call is used at the next poll |
//! | has an entry of an older config | the entry is ignored |
//! | loses an entry | the config is fetched again |
//!
//! Each call runs on a thread of its own, one at a time for a client. Threads that wait for a
//! config are released before it is written. The thread of a call that never returns stays until
//! the process ends, so give a cache that uses the network a time limit of its own, as `RedisCache`
//! has. While a call is late, `cache_error` of [`health`](super::observing#health) says so.
//!
//! # Redis
//!
//! The feature `redis` adds `RedisCache`, for Redis and for Valkey, which have the same protocol:
//!
//! ```toml
//! configcat = { path = "../configcat-rust/crates/configcat", features = ["redis"] }
//! ```
//!
//! ```no_run
//! # #[cfg(feature = "redis")] {
//! use std::time::Duration;
//! use configcat::{Client, RedisCache};
//!
//! let cache = RedisCache::new("redis://:password@redis.internal:6379")?
//!     .ttl(Duration::from_secs(7 * 24 * 3600)); // cleans up a week after the last write; not needed
//! let client = Client::builder("#YOUR-SDK-KEY#").cache(cache).build()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - All official ConfigCat SDKs use the same keys. A `key_prefix` separates entries from those
//!   without it.
//! - A call is limited as a whole: 1 s to connect and 1 s for the reply. `connect_timeout` and
//!   `response_timeout` change that. A name lookup and TLS may take longer: see `RedisCache`. The
//!   next call after a lost connection connects again, and a forked child has connections of its
//!   own.
//! - TLS needs the crate `redis` with a TLS feature among your own dependencies: see `RedisCache`.
//! - The feature adds some 40 crates. For a cluster, Sentinel or a pool of your own, write [a
//!   cache](#your-own).
//!
//! Of all processes that share a database, about one fetches in each interval. The process that has
//! fetched polls a little earlier the next time than the others: its
//! [jitter](super::running#in-a-fleet) is up to a tenth of the interval, that of the others a
//! twentieth to a tenth. If that process ends, another one fetches within that time. This works
//! while a fetch takes less than a twentieth of the interval (3 s by default), and it needs the
//! jitter. At the start no process waits for another: all processes that find no entry fetch.
//!
//! `cargo xtask fleet --redis` in the repository measures that, with an installed `redis-server`
//! and 20 processes with an interval of 1 s each:
//!
//! | cache | processes | time of an answer | requests a second | busiest second | oldest config | errors |
//! |---|---:|---:|---:|---:|---:|---:|
//! | none | 20 | 0 ms | 19.4 | 20 | 1097 ms | 0 |
//! | Redis | 20 | 0 ms | 1.0 | 1 | 1099 ms | 0 |
//! | Redis | 20 | 20 ms | 1.1 | 3 | 1098 ms | 0 |
//!
//! [Any other cache](FileCache) that processes share has the same effect.
//!
//! # Your own
//!
//! A cache has two methods, which may return any error. Several threads call them; an evaluation on
//! a config in memory never does.
//!
//! ```
//! use configcat::{Client, ConfigCache, cache::BoxError};
//! # use std::{collections::HashMap, io, sync::Mutex};
//! # #[derive(Default)]
//! # struct Database(Mutex<HashMap<String, String>>);
//! # impl Database {
//! #     fn get(&self, key: &str) -> io::Result<Option<String>> {
//! #         Ok(self.0.lock().map_err(|_| io::Error::other("poisoned"))?.get(key).cloned())
//! #     }
//! #     fn put(&self, key: &str, value: &str) -> io::Result<()> {
//! #         self.0.lock().map_err(|_| io::Error::other("poisoned"))?.insert(key.to_owned(), value.to_owned());
//! #         Ok(())
//! #     }
//! # }
//!
//! struct DatabaseCache {
//!     database: Database,
//! }
//!
//! impl ConfigCache for DatabaseCache {
//!     fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
//!         Ok(self.database.get(key)?)
//!     }
//!
//!     fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
//!         Ok(self.database.put(key, value)?)
//!     }
//! }
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .cache(DatabaseCache { database: Database::default() })
//! #   .offline(true)
//!     .build()?;
//!
//! // In its tests: checks the promises of the trait.
//! let cache = DatabaseCache { database: Database::default() };
//! configcat::cache::conformance::check(|| &cache)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is stored
//!
//! Keys and entries are the same in all official ConfigCat SDKs, so services in several languages
//! can share a cache. The key is [`cache_key`] of the SDK key, the lower-case hex SHA-1 of `{SDK
//! key}_config_v6.json_v2`. The value is `{fetch time, Unix milliseconds}\n{ETag}\n{config JSON}`.
//!
//! So a process without a network can get its flags by hand:
//!
//! ```
//! use std::sync::Arc;
//! use configcat::{Client, ConfigCache, MemoryCache, PollingMode, cache::cache_key};
//!
//! const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//!
//! let cache = Arc::new(MemoryCache::new());
//! let client = Client::builder(SDK_KEY)
//!     .cache(cache.clone())
//!     .polling_mode(PollingMode::manual())
//!     .offline(true)
//!     .build()?;
//! assert_eq!(client.get_value("title", "default", None), "default");
//!
//! let config = r#"{"f": {"title": {"t": 1, "v": {"s": "from the cache"}}}}"#;
//! cache.write(&cache_key(SDK_KEY), &format!("1686756435844\n\"some-etag\"\n{config}"))?;
//! client.force_refresh()?;
//! assert_eq!(client.get_value("title", "default", None), "from the cache");
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

#[cfg(doc)]
use crate::{ConfigCache, FileCache, MemoryCache, cache::cache_key};
