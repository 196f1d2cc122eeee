//! A clock that stands still until a test advances it.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use configcat::time::{Alarm, Clock, Timer};

use crate::PATIENCE;

/// A clock that stands still until a test advances it. Tests of intervals, timeouts and backoff
/// need no waiting.
///
/// Give it to [`ClientBuilder::clock`](configcat::ClientBuilder::clock). The time limits of HTTP
/// requests use the clock of the system instead. [Advance time](crate#advance-time) has an example
/// with a client.
///
/// ```
/// use std::time::Duration;
/// use configcat::time::Clock;
/// use configcat_testkit::ManualClock;
///
/// let clock = ManualClock::new();
/// let _timer = clock.timer(Duration::from_secs(60));
/// clock.advance(Duration::from_secs(20));
/// assert_eq!(clock.pending(), [Duration::from_secs(40)]);
/// ```
pub struct ManualClock {
    time: Mutex<Time>,
    changed: Condvar,
}

struct Time {
    monotonic: Duration,
    unix: Duration,
    /// The due time of each timer, including timers whose waiting thread has gone on.
    pending: Vec<(Duration, Alarm)>,
    /// The number of all timers that were set.
    set: usize,
}

impl ManualClock {
    /// The time of day at the start, since the Unix epoch: 2024-01-01T00:00:00Z, so that logs of
    /// tests are the same each day.
    pub const START: Duration = Duration::from_secs(1_704_067_200);

    /// Creates a clock that stands at [`START`](Self::START).
    #[must_use]
    pub fn new() -> Arc<Self> {
        // Any time except 0, which code could confuse with "not set".
        let time =
            Time { monotonic: Duration::from_secs(1000), unix: Self::START, pending: Vec::new(), set: 0 };
        Arc::new(Self { time: Mutex::new(time), changed: Condvar::new() })
    }

    /// Returns the time of day.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.lock().unix
    }

    /// Advances the time, and rings the timers that are due by then.
    pub fn advance(&self, time: Duration) {
        let mut now = self.lock();
        now.monotonic = now.monotonic.saturating_add(time);
        now.unix = now.unix.saturating_add(time);
        // Under the lock, so that a timer which is set meanwhile counts from the new time.
        let until = now.monotonic;
        now.pending.retain(|(due, alarm)| {
            if *due <= until {
                alarm.ring();
            }
            *due > until
        });
    }

    /// Sets the time of day back, at most to the Unix epoch. Timers are not affected.
    pub fn set_back(&self, time: Duration) {
        let mut now = self.lock();
        now.unix = now.unix.saturating_sub(time);
    }

    /// Returns the number of all timers that were set.
    #[must_use]
    pub fn timers_set(&self) -> usize {
        self.lock().set
    }

    /// Returns the time that is left of each pending timer, including timers whose waiting thread
    /// has gone on.
    #[must_use]
    pub fn pending(&self) -> Vec<Duration> {
        let time = self.lock();
        time.pending.iter().map(|(due, _)| due.saturating_sub(time.monotonic)).collect()
    }

    /// Waits until this many timers were set in all.
    ///
    /// # Panics
    ///
    /// If that takes longer than 30 s.
    #[track_caller]
    pub fn await_timers(&self, count: usize) {
        self.await_time(&format!("{count} timers in all"), |time| time.set >= count);
    }

    /// Waits until a timer is pending that is due in `delay`: until a thread of the client sleeps
    /// for this long.
    ///
    /// # Panics
    ///
    /// If no such timer is set within 30 s.
    #[track_caller]
    pub fn await_timer(&self, delay: Duration) {
        self.await_time(&format!("a timer for {delay:?}"), |time| {
            time.pending.iter().any(|(due, _)| *due == time.monotonic.saturating_add(delay))
        });
    }

    #[track_caller]
    fn await_time(&self, what: &str, is_true: impl Fn(&Time) -> bool) {
        let wait = self.changed.wait_timeout_while(self.lock(), PATIENCE, |time| !is_true(time));
        let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!timed_out, "not set: {what}; pending: {:?}", self.pending());
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        // Each change under the lock is complete, so a poisoned mutex is still consistent.
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    fn unix_time(&self) -> Duration {
        self.lock().unix
    }

    fn timer(&self, delay: Duration) -> Timer {
        let (alarm, timer) = Timer::with_alarm();
        let mut time = self.lock();
        time.set += 1;
        let due = time.monotonic.saturating_add(delay);
        if delay.is_zero() {
            // `advance` may never be called again, and the timer is due now.
            alarm.ring();
        } else {
            time.pending.push((due, alarm));
        }
        drop(time);
        // Wakes a test in `await_timer`.
        self.changed.notify_all();
        timer
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("now", &self.now()).field("pending", &self.pending()).finish()
    }
}
