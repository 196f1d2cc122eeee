//! Polling schedule: the time of the next poll as a pure function of the last outcome, the time and
//! the jitter.

use std::{
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
    time::Duration,
};

/// Longest wait after failures (section 4.3 of the specification).
const MAX_BACKOFF: Duration = Duration::from_secs(300);
/// Longest wait that a server may ask for: a wrong `Retry-After` must not stop polling for days.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// Longest interval. A longer one counts as a year, so that no sum of times overflows.
pub(crate) const MAX_INTERVAL: Duration = Duration::from_secs(365 * 24 * 3600);

/// Outcome of the last poll. See [`Schedule::next`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PollOutcome {
    /// The config is up to date.
    UpToDate {
        /// Time since the config was fetched or found unchanged.
        age: Duration,
    },
    /// The config is up to date, and another process that shares the cache has fetched it.
    FetchedByOther {
        /// Time since that fetch.
        age: Duration,
    },
    /// The poll has failed.
    Failed {
        /// Number of polls that have failed in a row, this one included.
        failures: u32,
        /// Wait that the server asks for.
        retry_after: Option<Duration>,
    },
}

/// Polling schedule. The interval is a little longer in each process, so that a fleet does not poll
/// at once. After failures it is doubled, and cut differently in each process and after each
/// failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Schedule {
    interval: Duration,
    /// Largest part by which a wait is stretched, 0 to 1.
    jitter: f64,
    position: u32,
}

impl Schedule {
    /// Returns a schedule for this interval, whose waits are stretched by up to `jitter` of their
    /// length.
    ///
    /// `position` decides the part of the jitter for this process: 0 for no stretch, `u32::MAX` for
    /// all of it.
    pub(crate) fn new(interval: Duration, jitter: f64, position: u32) -> Self {
        // The builder has checked this. The schedule is also called by the fleet simulation, with
        // any number.
        let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        Self { interval: interval.min(MAX_INTERVAL), jitter, position }
    }

    /// Returns the wait until the next poll.
    ///
    /// After a success, the next poll comes when the config is an interval old, stretched by the
    /// jitter.
    ///
    /// If another process has fetched the config, the stretch is in the upper half of the jitter.
    /// So the process that has fetched polls first again, and of the processes that share a cache
    /// one fetches, although the config gets old for all at once.
    ///
    /// After each failure the interval doubles, to 5 minutes at most. This wait is cut by up to
    /// five times the jitter, by half at most, and by another part after each failure, so that
    /// processes that failed together do not poll together. The wait is never shorter than
    /// `retry_after`, which counts for an hour at most; for the same reason `retry_after` is
    /// lengthened by the cut of the shorter of the two waits.
    pub(crate) fn next(&self, outcome: PollOutcome) -> Duration {
        match outcome {
            PollOutcome::UpToDate { age } => self.rest(age, share(self.position)),
            PollOutcome::FetchedByOther { age } => self.rest(age, 0.5 + share(self.position) / 2.0),
            PollOutcome::Failed { failures, retry_after } => {
                let (wait, part) = (doubled(self.interval, failures), self.part(failures));
                let asked = asked(retry_after);
                let at_least = asked.saturating_add(asked.min(wait).mul_f64(part));
                wait.saturating_sub(wait.mul_f64(part)).max(at_least)
            }
        }
    }

    /// Returns the wait with a config of this age, and with this part of the jitter.
    fn rest(&self, age: Duration, share: f64) -> Duration {
        let stretch = self.interval.mul_f64(self.jitter * share);
        self.interval.saturating_add(stretch).saturating_sub(age)
    }

    /// Returns the part by which this process cuts its wait after a number of failures, 0 to 0.5.
    fn part(&self, failures: u32) -> f64 {
        // About 2³² divided by the golden ratio, as in Fibonacci hashing: its powers are spread
        // evenly. It is odd, so positions that differ still differ after each multiplication;
        // position 0 stays 0.
        const OTHER: u32 = 0x9e37_79b1;
        let position = self.position.wrapping_mul(OTHER.wrapping_pow(failures));
        (5.0 * self.jitter).min(0.5) * share(position)
    }
}

/// Returns a position as a number from 0 to 1.
fn share(position: u32) -> f64 {
    f64::from(position) / f64::from(u32::MAX)
}

/// Returns the backoff after a number of failures.
pub(crate) fn backoff_after(base: Duration, failures: u32, retry_after: Option<Duration>) -> Duration {
    doubled(base, failures).max(asked(retry_after))
}

/// Returns the wait that a server asks for, limited.
fn asked(retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or_default().min(MAX_RETRY_AFTER)
}

/// Returns `base`, doubled for each failure, limited.
fn doubled(base: Duration, failures: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_BACKOFF)
}

/// Returns the position of this process among all processes: random, and the same for all clients
/// of the process.
///
/// A forked child has another position, because its process id differs. Otherwise all children of
/// one parent, which share its config and its age, would poll at once.
pub(crate) fn process_position() -> u32 {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    let seed = SEED.get_or_init(RandomState::new);
    #[expect(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
    let position = seed.hash_one(std::process::id()) as u32;
    position
}

#[cfg(test)]
mod tests {
    use super::{MAX_INTERVAL, PollOutcome, Schedule};
    use std::time::Duration;

    const MINUTE: Duration = Duration::from_secs(60);

    fn failed(failures: u32, retry_after: Option<u64>) -> PollOutcome {
        PollOutcome::Failed { failures, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn waits_until_the_config_is_an_interval_old() {
        let schedule = Schedule::new(MINUTE, 0.0, u32::MAX);
        for (age, wait) in [(0, 60), (1, 59), (60, 0), (3600, 0)] {
            let age = Duration::from_secs(age);
            assert_eq!(schedule.next(PollOutcome::UpToDate { age }), Duration::from_secs(wait));
        }
    }

    #[test]
    fn backs_off_to_five_minutes_and_never_stops() {
        let schedule = Schedule::new(MINUTE, 0.0, 0);
        for (failures, wait) in [(1, 120), (2, 240), (3, 300), (4, 300), (u32::MAX, 300)] {
            assert_eq!(schedule.next(failed(failures, None)), Duration::from_secs(wait));
        }
        let hourly = Schedule::new(MINUTE * 60, 0.0, 0);
        assert_eq!(hourly.next(failed(1, None)), MINUTE * 5, "a long interval does not delay the recovery");
    }

    #[test]
    fn respects_retry_after() {
        let schedule = Schedule::new(MINUTE, 0.0, 0);
        for (retry_after, wait) in [(1, 120), (121, 121), (3600, 3600), (u64::MAX, 3600)] {
            assert_eq!(schedule.next(failed(1, Some(retry_after))), Duration::from_secs(wait));
        }
    }

    #[test]
    fn extreme_arguments_give_a_valid_wait() {
        for jitter in [f64::NAN, f64::INFINITY, -1.0, 2.0] {
            for interval in [Duration::ZERO, Duration::MAX] {
                let schedule = Schedule::new(interval, jitter, u32::MAX);
                assert!(schedule.next(PollOutcome::UpToDate { age: Duration::ZERO }) <= MAX_INTERVAL * 2);
                assert!(schedule.next(failed(u32::MAX, Some(u64::MAX))) <= MAX_INTERVAL * 2);
            }
        }
    }

    #[test]
    fn jitter_delays_by_its_part_only() {
        for (position, wait) in [(0, 60_000), (u32::MAX / 2, 63_000), (u32::MAX, 66_000)] {
            let wait_for =
                Schedule::new(MINUTE, 0.1, position).next(PollOutcome::UpToDate { age: Duration::ZERO });
            let millis = (wait_for + Duration::from_micros(1)).as_millis();
            assert_eq!(millis, wait, "at {position}");
        }
    }

    #[test]
    fn the_process_that_fetched_polls_first_the_next_time() {
        let age = Duration::from_secs(10);
        for (position, wait) in [(0, 53_000), (u32::MAX / 2, 54_500), (u32::MAX, 56_000)] {
            let wait_for = Schedule::new(MINUTE, 0.1, position).next(PollOutcome::FetchedByOther { age });
            let millis = (wait_for + Duration::from_micros(1)).as_millis();
            assert_eq!(millis, wait, "at {position}");
        }
        let all_at_once = Schedule::new(MINUTE, 0.0, 7);
        assert_eq!(all_at_once.next(PollOutcome::FetchedByOther { age }), Duration::from_secs(50));
    }

    /// The waits of many processes after so many failures, the shortest first.
    fn waits(jitter: f64, failures: u32, retry_after: Option<u64>) -> Vec<Duration> {
        let positions = (0..1000).map(|i| u32::MAX / 999 * i);
        let schedules = positions.map(|position| Schedule::new(MINUTE, jitter, position));
        let mut waits: Vec<_> =
            schedules.map(|schedule| schedule.next(failed(failures, retry_after))).collect();
        waits.sort();
        waits
    }

    #[test]
    fn processes_that_failed_together_spread_over_half_of_the_backoff() {
        for (failures, most) in [(1, 120), (2, 240), (3, 300), (4, 300), (100, 300)] {
            let waits = waits(0.1, failures, None);
            for (place, wait) in (0_u32..).zip(&waits) {
                let even = Duration::from_secs(most) / 2 * (1000 + place) / 1000;
                assert!(
                    wait.abs_diff(even) < Duration::from_secs(most) / 30,
                    "{wait:?} instead of {even:?} after {failures}"
                );
            }
            assert!(waits[999] <= Duration::from_secs(most));
        }
    }

    #[test]
    fn each_failure_cuts_by_another_part() {
        let schedule = Schedule::new(MINUTE, 0.1, 123_456_789);
        let mut waits: Vec<_> = (3..100).map(|failures| schedule.next(failed(failures, None))).collect();
        waits.sort();
        waits.dedup();
        assert_eq!(waits.len(), 97, "also at the maximum");
    }

    #[test]
    fn less_jitter_cuts_less_and_no_jitter_cuts_nothing() {
        for (jitter, least) in [(0.0, 120.0), (0.02, 108.0), (0.1, 60.0), (1.0, 60.0)] {
            let found = waits(jitter, 1, None)[0].as_secs_f64();
            assert!((found - least).abs() < 0.1, "{found} at {jitter}");
        }
    }

    #[test]
    fn retry_after_is_never_cut_and_is_spread() {
        for (asked, most) in [(50, 120), (100, 150), (120, 180), (600, 660), (3600, 3660), (9999, 3660)] {
            let waits = waits(0.1, 1, Some(asked));
            let (least, most) = (waits[0], Duration::from_secs(most) - waits[999]);
            assert!(least >= Duration::from_secs(asked.min(3600)), "{least:?} of {asked}");
            assert!(most < MINUTE / 60, "{most:?} less after {asked}");
            assert!(waits[999] - least > MINUTE * 2 / 3, "{least:?} to {:?} of {asked}", waits[999]);
        }
    }
}
