//! How fetching goes.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{RefreshError, sync::fork::PerProcess};

/// How fetching goes. See [`Client::health`](crate::Client::health) and [Health](crate::docs::observing#health).
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
    /// Why the last of them failed; `None` if none did.
    pub last_error: Option<RefreshError>,
    /// Why the cache could not be read or written the last time; `None` if that went well, or there is no cache.
    pub cache_error: Option<String>,
    /// Whether the client's thread is alive in this process; `None` if there is none to be, as in lazy and manual polling. It is not
    /// after [`close`](crate::Client::close).
    pub worker_alive: Option<bool>,
}

/// The part of [`Health`] that fetches write.
pub(crate) struct HealthRecord(PerProcess<Mutex<Health>>);

impl HealthRecord {
    pub(crate) fn new() -> Self {
        Self(PerProcess::new(Mutex::default()))
    }

    pub(crate) fn attempt(&self, unix_time: Duration) {
        self.lock().last_attempt = UNIX_EPOCH.checked_add(unix_time);
    }

    /// Records how a fetch ended, and returns how many have failed in a row.
    pub(crate) fn ended(&self, unix_time: Duration, error: Option<&RefreshError>) -> u32 {
        let mut health = self.lock();
        match error {
            None => {
                health.last_success = UNIX_EPOCH.checked_add(unix_time);
                health.consecutive_failures = 0;
                health.last_error = None;
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
        // Every write leaves it whole.
        let health = self.0.get(|health| {
            // A forked child goes on from what there is, unless a thread of the parent was writing at that very moment.
            Mutex::new(health.try_lock().map(|health| health.clone()).unwrap_or_default())
        });
        health.lock().unwrap_or_else(PoisonError::into_inner)
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
            record.ended(time, None);
            assert_eq!((record.get().last_attempt, record.get().last_success), (shown, shown));
        }
    }
}
