//! Health of a client: the state of its fetches, its cache and its threads.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_fetch::FetchError;

use crate::{
    error::RefreshError,
    fingerprint::Fingerprint,
    sync::primitives::{Mutex, MutexGuard, lock},
};

/// Health of a client: the state of its fetches, its cache and its threads. See
/// [`Client::health`](crate::Client::health) and [Health](crate::docs::observing#health).
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
    /// Time when a fetch was last started; `None` before the first fetch.
    pub last_attempt: Option<SystemTime>,
    /// Time when a fetch last brought a config, or found it unchanged; `None` before the first
    /// success.
    pub last_success: Option<SystemTime>,
    /// Number of fetches that have failed since the last success, or since the client was built.
    pub consecutive_failures: u32,
    /// Error of the last failed fetch; `None` if no fetch has failed since the last success. After
    /// a success it can be the error of a redirection: the config names another URL, and the client
    /// could not fetch there (events 1104 and 1107, or the failure there). If the client could not
    /// be [built](crate::ClientBuilder::build_or_default), the reason for that.
    pub last_error: Option<RefreshError>,
    /// Fingerprint of the config JSON from the CDN or the cache that evaluations use; `None`
    /// without one.
    pub fingerprint: Option<Fingerprint>,
    /// Error of the last call of the cache; `None` if it succeeded, or if there is no cache.
    pub cache_error: Option<String>,
    /// `true` if the polling thread runs in this process; `None` without a polling thread, as in
    /// lazy and manual polling. `false` after [`close`](crate::Client::close).
    pub worker_alive: Option<bool>,
    /// Time since which a refresh has been running; `None` if no refresh runs. A refresh ends
    /// within the request timeout (30 s by default) plus the time to compile the config, and to
    /// parse the texts of flags of [`keep_last_valid`](crate::Client::keep_last_valid).
    pub refresh_running_since: Option<SystemTime>,
    /// Time since which a refresh has been calling loggers and hooks, parsing texts of
    /// [checked](crate::Client::check_flags) flags and writing the cache; `None` if it does not. A
    /// time long ago means that one of these calls does not return: automatic polling stops until
    /// it does.
    pub callbacks_running_since: Option<SystemTime>,
}

/// Part of [`Health`] that refreshes write.
// One mutex instead of an atomic for each field: the fields must agree, and only a refresh and a
// caller of `health` lock it.
pub(crate) struct HealthRecord(Mutex<Health>);

/// Stage of a refresh, which ends when this is dropped.
pub(crate) struct Stage<'a> {
    record: &'a HealthRecord,
    field: fn(&mut Health) -> &mut Option<SystemTime>,
}

impl HealthRecord {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Returns the record of a forked child: the parent's, without its running stages.
    pub(crate) fn for_child(&self) -> Self {
        // `try_lock`: a thread of the parent may have held the lock at the fork, and never releases
        // it here. The child then starts with an empty record.
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

    /// Records the start of a stage.
    fn begin(
        &self,
        unix_time: Option<Duration>,
        field: fn(&mut Health) -> &mut Option<SystemTime>,
    ) -> Stage<'_> {
        *field(&mut self.lock()) = unix_time.and_then(|time| UNIX_EPOCH.checked_add(time));
        Stage { record: self, field }
    }

    /// Records the start of a fetch.
    pub(crate) fn attempt(&self, unix_time: Duration) {
        self.lock().last_attempt = UNIX_EPOCH.checked_add(unix_time);
    }

    /// Records the end of a fetch. Returns the number of failures in a row.
    ///
    /// A fetch that should have continued at another URL, and could not, is a success with an error
    /// beside it.
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
                // Saturating: at the longest backoff of 5 min an overflow takes 40,000 years.
                health.consecutive_failures = health.consecutive_failures.saturating_add(1);
                health.last_error = Some(error.clone());
            }
        }
        health.consecutive_failures
    }

    /// Records that the client could not be built, so it never fetches.
    pub(crate) fn not_built(&self, error: RefreshError) {
        self.lock().last_error = Some(error);
    }

    /// Records the outcome of the last call of the cache.
    pub(crate) fn cache_used(&self, error: Option<String>) {
        self.lock().cache_error = error;
    }

    /// Returns a copy of the record.
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
    fn a_time_out_of_range_is_absent() {
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
