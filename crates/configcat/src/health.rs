//! How fetching goes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_fetch::FetchError;

use crate::{
    error::RefreshError,
    sync::primitives::{Mutex, MutexGuard, lock},
};

/// How fetching goes. See [`Client::health`](crate::Client::health) and
/// [Health](crate::docs::observing#health).
///
/// ```
/// # let client = configcat::Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
/// #     .offline(true).build()?;
/// let health = client.health();
/// if health.consecutive_failures > 3 {
///     eprintln!("flags are getting old: {:?}", health.last_error);
/// }
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Health {
    /// When a fetch was last begun; `None` if none was.
    pub last_attempt: Option<SystemTime>,
    /// When a fetch last brought a config, or the news that it is unchanged; `None` if none did.
    pub last_success: Option<SystemTime>,
    /// How many fetches have failed since the last success, or since the client was built.
    pub consecutive_failures: u32,
    /// Why the last of them failed; `None` if none did. After a success it is why the client did
    /// not go on where the config says that it should come from (events 1104 and 1107, or the
    /// failure there).
    pub last_error: Option<RefreshError>,
    /// Why the cache could not be read or written the last time; `None` if that went well, or there
    /// is no cache.
    pub cache_error: Option<String>,
    /// Whether the client's thread is alive in this process; `None` if there is none to be, as in
    /// lazy and manual polling. It is not after [`close`](crate::Client::close).
    pub worker_alive: Option<bool>,
    /// Since when a refresh has been running; `None` if none is. It ends within the request timeout
    /// (30 s by default) and what compiling takes.
    pub refresh_running_since: Option<SystemTime>,
    /// Since when the thread of a refresh has been calling loggers and hooks, and writing the
    /// cache; `None` if none is. Long ago means that one of them does not return: automatic polling
    /// stands still until it does.
    pub callbacks_running_since: Option<SystemTime>,
}

/// The part of [`Health`] that refreshes write.
pub(crate) struct HealthRecord(Mutex<Health>);

/// A stage of a refresh, which ends when this is dropped.
pub(crate) struct Stage<'a> {
    record: &'a HealthRecord,
    field: fn(&mut Health) -> &mut Option<SystemTime>,
}

impl HealthRecord {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Returns the record of a forked child. It goes on from this one, unless a thread of the
    /// parent was writing at that moment, and without what that thread was doing.
    pub(crate) fn for_child(&self) -> Self {
        let health = self.0.try_lock().map(|health| health.clone()).unwrap_or_default();
        Self(Mutex::new(Health { refresh_running_since: None, callbacks_running_since: None, ..health }))
    }

    /// Records that a refresh runs. Without a time (the clock panicked) health does not show it.
    pub(crate) fn refresh_begins(&self, unix_time: Option<Duration>) -> Stage<'_> {
        self.begin(unix_time, |health| &mut health.refresh_running_since)
    }

    /// Records that loggers and hooks are being called.
    pub(crate) fn callbacks_begin(&self, unix_time: Option<Duration>) -> Stage<'_> {
        self.begin(unix_time, |health| &mut health.callbacks_running_since)
    }

    fn begin(
        &self,
        unix_time: Option<Duration>,
        field: fn(&mut Health) -> &mut Option<SystemTime>,
    ) -> Stage<'_> {
        *field(&mut self.lock()) = unix_time.and_then(|time| UNIX_EPOCH.checked_add(time));
        Stage { record: self, field }
    }

    pub(crate) fn attempt(&self, unix_time: Duration) {
        self.lock().last_attempt = UNIX_EPOCH.checked_add(unix_time);
    }

    /// Records how a fetch ended, and returns how many have failed in a row.
    ///
    /// A fetch that was to go on at another URL, and could not, is a success with an error beside
    /// it.
    pub(crate) fn ended(
        &self,
        unix_time: Duration,
        error: Option<&RefreshError>,
        redirect_error: Option<&FetchError>,
    ) -> u32 {
        let mut health = self.lock();
        match error {
            None => {
                health.last_success = UNIX_EPOCH.checked_add(unix_time);
                health.consecutive_failures = 0;
                health.last_error = redirect_error.cloned().map(RefreshError::from);
            }
            Some(error) => {
                health.consecutive_failures = health.consecutive_failures.saturating_add(1);
                health.last_error = Some(error.clone());
            }
        }
        health.consecutive_failures
    }

    /// Records how the cache was last read or written.
    pub(crate) fn cache_used(&self, error: Option<String>) {
        self.lock().cache_error = error;
    }

    pub(crate) fn get(&self) -> Health {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        lock(&self.0)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        *(self.field)(&mut self.record.lock()) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{HealthRecord, SystemTime, UNIX_EPOCH};
    use std::time::Duration;

    #[test]
    fn a_time_that_the_system_cannot_hold_is_none() {
        let record = HealthRecord::new();
        for (time, shown) in [
            (Duration::from_secs(1), Some(UNIX_EPOCH + Duration::from_secs(1))),
            (Duration::MAX, None::<SystemTime>),
        ] {
            record.attempt(time);
            record.ended(time, None, None);
            assert_eq!((record.get().last_attempt, record.get().last_success), (shown, shown));
        }
    }
}
