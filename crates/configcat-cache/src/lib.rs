//! Caches for the config of a ConfigCat SDK between fetches: the [`ConfigCache`] trait, the entry
//! format that all ConfigCat SDKs share, and backends in memory, in files and in Redis.
//!
//! With a cache, a process can start with the last known config while the CDN cannot be reached,
//! and many processes can share one fetch. This crate handles keys, times, ETags and text, and has
//! no rules, HTTP or clocks.
//!
//! # Pick a backend
//!
//! | backend | shared by | survives a restart |
//! |---|---|---|
//! | [`MemoryCache`] | the clients of one process | no |
//! | [`FileCache`] | the processes of one machine | yes |
//! | `RedisCache`, with the feature `redis` | all processes that use the same database | yes |
//! | your own [`ConfigCache`] | depends on your store | depends on your store |
//!
//! ```
//! use configcat_cache::{ConfigCache, Entry, FileCache, cache_key};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("app");
//! let cache = FileCache::new(folder);
//! let key = cache_key("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012");
//! assert_eq!(cache.read(&key)?, None);
//!
//! let entry = Entry::new(1_686_756_435_844, r#"W/"3-7""#, r#"{"f":{}}"#)?;
//! cache.write(&key, &entry.to_string())?;
//!
//! let text = cache.read(&key)?.ok_or("written above")?;
//! assert_eq!(Entry::parse(&text)?, entry);
//! # Ok::<(), configcat_cache::BoxError>(())
//! ```
//!
//! # Stored values
//!
//! There is one value per SDK key. [`cache_key`] makes the key, [`Entry`] reads and writes the
//! value: the time of the fetch, the ETag and the config JSON, each on its own line. Every official
//! ConfigCat SDK uses the same key and the same format, so a Python service and a Rust service may
//! share a store, and an entry that one of them wrote starts the other.
//!
//! # Write a backend
//!
//! Implement the two methods; `?` works on every error. The value is text, so a store of bytes
//! converts with [`String::from_utf8`], which copies nothing.
//!
//! ```
//! use configcat_cache::{BoxError, ConfigCache};
//! # use std::{collections::HashMap, io, sync::Mutex};
//! # struct Table(Mutex<HashMap<String, Vec<u8>>>);
//! # impl Table {
//! #     fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
//! #         Ok(self.0.lock().map_err(|_| io::Error::other("poisoned"))?.get(key).cloned())
//! #     }
//! #     fn put(&self, key: &str, value: &[u8]) -> io::Result<()> {
//! #         self.0.lock().map_err(|_| io::Error::other("poisoned"))?.insert(key.to_owned(), value.to_vec());
//! #         Ok(())
//! #     }
//! # }
//!
//! struct TableCache {
//!     table: Table,
//! }
//!
//! impl ConfigCache for TableCache {
//!     fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
//!         let Some(bytes) = self.table.get(key)? else { return Ok(None) };
//!         Ok(Some(String::from_utf8(bytes)?))
//!     }
//!
//!     fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
//!         Ok(self.table.put(key, value.as_bytes())?)
//!     }
//! }
//!
//! // A backend is ready when it keeps every promise of the trait.
//! let cache = TableCache { table: Table(Mutex::default()) };
//! configcat_cache::conformance::check(|| &cache)?;
//! # Ok::<(), configcat_cache::conformance::Violation>(())
//! ```
//!
//! [`conformance::check`] belongs in the tests of the backend. It checks every promise of
//! [`ConfigCache`] and names the promise that is broken.

mod causes;
pub mod conformance;
mod deadline;
mod entry;
mod file;
mod key;
mod limits;
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::{error::Error, sync::Arc};

#[cfg(feature = "redis")]
pub use self::redis::{RedisCache, RedisCacheError};
pub use entry::{Entry, EntryError};
pub use file::{FileCache, FileCacheError};
pub use key::cache_key;
pub use memory::MemoryCache;

/// Error of any backend: `?` converts every error type, and a message in a `&str` or a `String`.
///
/// `downcast_ref` returns the error of a backend of this crate:
///
/// ```
/// use configcat_cache::{ConfigCache, FileCache, FileCacheError};
///
/// let error = FileCache::new("cache").read("../secret").unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(FileCacheError::InvalidKey)));
/// ```
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Store of texts by key, which an SDK reads at its start and at every poll, and writes after a
/// fetch.
///
/// The methods may block: they are never called while a flag is evaluated. Several threads call
/// them at once if several clients have the same cache, and the store may be shared with other
/// processes.
///
/// # Time
///
/// A client calls its cache on a thread of its own, one call at a time, and waits for a limited
/// time:
///
/// | | |
/// |---|---|
/// | deadline of each call | 2 s, or half of the request timeout if that is shorter |
/// | a late call | is reported, with event 2200 for a read and 2201 for a write; fetching goes on without the cache |
/// | until the call has returned | the client makes no other call, so one thread at most hangs |
/// | the result of a late call | is used at the next poll |
///
/// A call that never returns costs that thread, and the cache for as long as the client lives. So a
/// call should end by itself, soon and with an error that gives the reason. If the store can hang,
/// limit the call as a whole, from the first connection to the last byte. A limit for each read is
/// not enough: a server that sends one byte now and then never exceeds it.
///
/// # Promises
///
/// An implementation promises what [`conformance::check`] checks:
///
/// - A key that was never written reads as `Ok(None)`.
/// - A value is read back byte for byte, up to megabytes long and with any characters (except
///   U+0000, which no JSON text holds).
/// - A write replaces the value of its key and touches no other key.
/// - A reader gets a whole value, the old or the new one, while others write.
/// - All instances over one store see what any of them wrote.
///
/// A cache need not check values, keep the newer of two values, or expire anything: the reader
/// decides about the value. A lost value costs one fetch. A panic counts as an error.
///
/// `&T`, [`Box<T>`](Box) and [`Arc<T>`](Arc) implement the trait too, so one instance can serve
/// several clients, and a `Box<dyn ConfigCache>` is a `ConfigCache`.
///
/// # Examples
///
/// See the [crate page](crate#write-a-backend).
pub trait ConfigCache: Send + Sync {
    /// Returns the value that was last written for `key`, or `None` if there is no value.
    ///
    /// `key` is what [`cache_key`] returns: 40 lower-case hexadecimal digits.
    ///
    /// # Errors
    ///
    /// The store cannot be read. The SDK logs the error and keeps the config in memory.
    fn read(&self, key: &str) -> Result<Option<String>, BoxError>;

    /// Stores `value` for `key` in place of what was there.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the old value should stay as it was. The SDK logs the error and
    /// goes on with the config in memory.
    fn write(&self, key: &str, value: &str) -> Result<(), BoxError>;
}

// By a macro for three types and not for all `Deref`: that would forbid users to implement the
// trait for their own pointer types.
macro_rules! forward_to_target {
    ($($pointer:ty),*) => {$(
        impl<T: ConfigCache + ?Sized> ConfigCache for $pointer {
            fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
                (**self).read(key)
            }

            fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
                (**self).write(key, value)
            }
        }
    )*};
}

forward_to_target!(&T, Box<T>, Arc<T>);

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
