//! Cache in memory.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{PoisonError, RwLock},
};

use crate::{BoxError, ConfigCache};

/// Cache in memory, for clients of one process that share configs, and for tests. It never fails.
///
/// The cache is a lock around a map. If the process is forked while another thread reads or writes,
/// that lock is never free again in the child.
///
/// A single client needs no such cache: it keeps its config in memory by itself. Values stay until
/// the cache is dropped.
///
/// # Examples
///
/// ```
/// use configcat_cache::{ConfigCache, MemoryCache};
/// use std::sync::Arc;
///
/// let cache = Arc::new(MemoryCache::new());
/// cache.write("key", "value")?;
/// assert_eq!(Arc::clone(&cache).read("key")?.as_deref(), Some("value"));
/// # Ok::<(), configcat_cache::BoxError>(())
/// ```
#[derive(Default)]
pub struct MemoryCache {
    values: RwLock<BTreeMap<String, String>>,
}

impl MemoryCache {
    /// Makes an empty cache; in a `static` too.
    ///
    /// ```
    /// static CACHE: configcat_cache::MemoryCache = configcat_cache::MemoryCache::new();
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { values: RwLock::new(BTreeMap::new()) }
    }
}

impl ConfigCache for MemoryCache {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        // Only `insert` changes the map, and no code of a user runs in it, so a poisoned map is
        // still consistent.
        Ok(self.values.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        // Copied before the lock is taken: copying megabytes would block all readers.
        let (key, value) = (key.to_owned(), value.to_owned());
        self.values.write().unwrap_or_else(PoisonError::into_inner).insert(key, value);
        Ok(())
    }
}

/// Shows no values, which may be megabytes of text.
impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").finish_non_exhaustive()
    }
}
