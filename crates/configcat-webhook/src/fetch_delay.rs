//! Delay before the next fetch for a webhook: a pure function of the fetches before it.

use std::time::{Duration, SystemTime};

use configcat::{Health, RefreshError, fetch::FetchError};

/// Shortest time between the end of a fetch for a webhook and the next one.
// The shortest interval that the client accepts for polling, so that webhooks make no more requests
// than polling may.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

// The backoff of lazy loading, as in `refresh/backoff.rs` and `polling/schedule.rs` of `configcat`:
// after the n-th failure in a row 2ⁿ times the base, up to `MAX_BACKOFF`. `MAX_RETRY_AFTER` limits
// `Retry-After`, since the server decides its length.
const BACKOFF_BASE: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(300);
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Earlier fetches, as far as they delay the next one. Times are monotonic.
#[derive(Debug, Default)]
pub(crate) struct FetchDelay {
    /// Earliest time for a fetch after the last one for a webhook.
    after_refresh: Duration,
    /// Earliest time for a fetch after the last failure.
    after_failure: Duration,
    failure: Option<Failure>,
}

/// Failed fetch, identified by its number in a row of failures, and by the success before that row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Failure {
    count: u32,
    last_success: Option<SystemTime>,
}

impl FetchDelay {
    /// Records the end of a fetch for a webhook.
    pub(crate) fn refreshed(&mut self, now: Duration) {
        self.after_refresh = now.saturating_add(MIN_INTERVAL);
    }

    /// Returns the time to wait before the next fetch.
    pub(crate) fn time_to_wait(
        &mut self,
        now: Duration,
        time_of_day: SystemTime,
        health: &Health,
    ) -> Duration {
        let failure = Failure { count: health.consecutive_failures, last_success: health.last_success };
        if failure.count == 0 {
            self.failure = None;
            self.after_failure = Duration::ZERO;
        } else if self.failure != Some(failure) {
            self.failure = Some(failure);
            // The failure may be of an earlier poll, so the backoff counts from its time. If the
            // time of day was set back meanwhile, the failure counts as new, once.
            let age = health.last_attempt.and_then(|begun| time_of_day.duration_since(begun).ok());
            let asked = health.last_error.as_ref().and_then(RefreshError::fetch_error);
            let wait = backoff_after(failure.count, asked.and_then(FetchError::retry_after));
            self.after_failure = now.saturating_add(wait.saturating_sub(age.unwrap_or_default()));
        }
        self.after_refresh.max(self.after_failure).saturating_sub(now)
    }
}

/// Returns the time to wait after this many failures in a row.
fn backoff_after(failures: u32, retry_after: Option<Duration>) -> Duration {
    let doubled = BACKOFF_BASE.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_BACKOFF);
    doubled.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use configcat::Health;

    use super::{FetchDelay, backoff_after};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn backoff_doubles_up_to_a_limit_or_retry_after() {
        let cases = [
            (1, None, 2),
            (2, None, 4),
            (8, None, 256),
            (9, None, 300),
            (u32::MAX, None, 300),
            (1, Some(1), 2),
            (1, Some(100), 100),
            (9, Some(100), 300),
            (1, Some(3600), 3600),
            (1, Some(u64::MAX), 3600),
        ];
        for (failures, asked, expected) in cases {
            let wait = backoff_after(failures, asked.map(Duration::from_secs));
            assert_eq!(wait.as_secs(), expected, "{failures} failures, asked for {asked:?}");
        }
    }

    fn failed(failures: u32, last_attempt: SystemTime) -> Health {
        let mut health = Health::default();
        health.consecutive_failures = failures;
        health.last_attempt = Some(last_attempt);
        health
    }

    #[test]
    fn fetches_keep_a_minimum_interval() {
        let (mut delay, healthy, noon) = (FetchDelay::default(), Health::default(), SystemTime::UNIX_EPOCH);
        assert_eq!(delay.time_to_wait(7 * SECOND, noon, &healthy), Duration::ZERO, "the first");
        delay.refreshed(7 * SECOND);
        assert_eq!(delay.time_to_wait(7 * SECOND, noon, &healthy), SECOND);
        assert_eq!(delay.time_to_wait(8 * SECOND, noon, &healthy), Duration::ZERO);
    }

    #[test]
    fn backoff_counts_from_the_failure() {
        let noon = SystemTime::UNIX_EPOCH + 43_200 * SECOND;
        let mut delay = FetchDelay::default();
        assert_eq!(delay.time_to_wait(Duration::ZERO, noon + 3 * SECOND, &failed(3, noon)), 5 * SECOND);
        // The same failure again, whatever the time of day is now.
        for time in [noon, noon + 3 * SECOND, noon - 3 * SECOND] {
            assert_eq!(delay.time_to_wait(4 * SECOND, time, &failed(3, noon)), SECOND);
        }
        // A later fetch has begun, and has not ended yet.
        assert_eq!(delay.time_to_wait(5 * SECOND, noon, &failed(3, noon + 8 * SECOND)), Duration::ZERO);
        assert_eq!(delay.time_to_wait(6 * SECOND, noon, &failed(4, noon)), 16 * SECOND);
        // Success ends it at once.
        assert_eq!(delay.time_to_wait(6 * SECOND, noon, &Health::default()), Duration::ZERO);
        // Another row of failures.
        let mut health = failed(4, noon);
        health.last_success = Some(noon - SECOND);
        assert_eq!(delay.time_to_wait(6 * SECOND, noon + 16 * SECOND, &health), Duration::ZERO, "it is old");
        health.last_success = Some(noon + SECOND);
        assert_eq!(
            delay.time_to_wait(6 * SECOND, noon - 99 * SECOND, &health),
            16 * SECOND,
            "the clock was set back"
        );
    }
}
