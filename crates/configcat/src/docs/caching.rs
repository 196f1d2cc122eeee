//! Caching: how a process starts without the CDN, and how a fleet shares one config.
//!
//! The client keeps its config in memory. A [`ConfigCache`] keeps it somewhere else too, so that
//!
//! - a process that starts while the CDN cannot be reached has the last known flags, not the
//!   defaults;
//! - processes share one config, and only one of them fetches it each interval;
//! - a process that must not do HTTP is kept up to date by another one that may.
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
//! | none, the default | the clones of a client | no |
//! | [`MemoryCache`] in an `Arc` or a `static` | the clients of one process | no |
//! | [`FileCache`] | the processes of one machine | yes |
//! | [`RedisCache`](#redis) | all that use the same database | yes |
//! | your own [`ConfigCache`] | whatever your store is shared by | as your store does |
//!
//! # When it is read and written
//!
//! | when | |
//! |---|---|
//! | the client starts | read |
//! | each poll, each expired TTL, each `force_refresh()`, online and offline | read, before anything is fetched |
//! | a fetch gave 200, 304, 403 or 404, and there is a config | written |
//! | a flag is evaluated | **never** |
//!
//! What is read counts if it is not older than what is in memory. If it is younger than the
//! interval or TTL, nothing is fetched: with a shared cache, [one process fetches](#redis) and the
//! others follow. An entry that is dated in the future, by another machine's clock, counts as
//! fetched when it was read for the first time; read again, it says nothing new. A time in memory
//! that lies in the future, since this machine's clock was fast, counts as now. The same ETag with
//! a newer time moves the time, and nothing is compiled again.
//!
//! # When it fails
//!
//! A cache can make things slower to start, but it cannot break evaluation:
//!
//! | the cache | what happens |
//! |---|---|
//! | returns an error or panics in `read`, or what it returns is no entry | event 2200; what is in memory stays; a fetch follows as usual |
//! | returns an error or panics in `write` | event 2201; the config in memory is used |
//! | is slow | polls take as long; an evaluation waits for it only where it would wait for a fetch: before a client is ready, and in lazy loading |
//! | does not return within 2 s (or half of the request time-out or of the max init wait) | event 2200 or 2201, once; the fetch goes on, and the cache is left alone until the call has returned. What it brings then is taken at the next poll |
//! | has an entry of an older config | it is left alone |
//! | loses an entry | it is fetched again |
//!
//! Each call runs on a thread of its own, one at a time for a client, and threads that wait for a
//! config are released before it is written. The thread of a call that never returns stays until
//! the process ends, so give a cache that works over the network a limit of its own, as
//! `RedisCache` has. As long as it is late, `cache_error` of [`health`](super::observing#health)
//! says so.
//!
//! # Redis
//!
//! With the feature `redis` there is `RedisCache`, for Redis and for Valkey, which speak the same
//! protocol:
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
//! - Entries are where all official ConfigCat SDKs look for them. A `key_prefix` keeps them apart
//!   from those without.
//! - A call is limited as a whole: 1 s to connect and 1 s for the reply; `connect_timeout` and
//!   `response_timeout` say otherwise. A name lookup and TLS may take longer: see `RedisCache`. A
//!   connection that is lost is made again by the next read or write, and a forked child makes its
//!   own.
//! - There is no TLS, unless you add the crate `redis` with a feature for it to your own
//!   dependencies: see `RedisCache`.
//! - It costs some 40 crates more. For a cluster, Sentinel or a pool that you have already, write
//!   [your own](#your-own).
//!
//! However many processes share a database, about one of them fetches in each interval. Who has
//! fetched polls a little earlier the next time than those who found what it brought: the former's
//! [jitter](super::running#in-a-fleet) is up to a tenth of the interval, that of the latter a
//! twentieth to a tenth. When it is gone, another one takes over within that time. This works as
//! long as a fetch takes less than a twentieth of the interval (3 s of the default), and without
//! jitter it does not. At the start nobody waits for others: all who find nothing fetch.
//!
//! 20 processes with an interval of 1 s, before a CDN that answers in 20 ms, make 1.1 to 1.3
//! requests a second with Redis, and 20 without; `cargo xtask fleet --redis` in the repository
//! shows it. [Any other cache](FileCache) that processes share does the same.
//!
//! # Your own
//!
//! Two methods, any error. They are called from several threads, but never for an evaluation on a
//! config that is there already.
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
//! // In its tests: does it keep what the trait promises?
//! let cache = DatabaseCache { database: Database::default() };
//! configcat::cache::conformance::check(|| &cache)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is stored
//!
//! The same as in all official ConfigCat SDKs, so services in several languages can share a cache.
//! The key is [`cache_key`] of the SDK key, the lower-case hex SHA-1 of `{SDK
//! key}_config_v6.json_v2`. The value is `{fetch time, Unix milliseconds}\n{ETag}\n{config JSON}`.
//!
//! So a process that has no network can be given its flags by hand:
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
