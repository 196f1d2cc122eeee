//! Time that stands still until a test moves it.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use configcat::time::{Alarm, Clock, Timer};

use crate::PATIENCE;

/// Time that stands still until a test moves it: intervals, time-outs and backoff need no waiting.
///
/// Give it to [`ClientBuilder::clock`](configcat::ClientBuilder::clock). It does not turn the time
/// limits of HTTP requests themselves, which are the system's. [Turning time](crate#turning-time)
/// has an example with a client.
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
    /// When each timer is due, among them some that nobody waits for any more.
    pending: Vec<(Duration, Alarm)>,
    /// How many timers were set in all.
    set: usize,
}

impl ManualClock {
    /// The time of day at which it starts: 2024-01-01T00:00:00Z, since the Unix epoch.
    pub const START: Duration = Duration::from_secs(1_704_067_200);

    /// A clock that stands at [`START`](Self::START).
    #[must_use]
    pub fn new() -> Arc<Self> {
        let time =
            Time { monotonic: Duration::from_secs(1000), unix: Self::START, pending: Vec::new(), set: 0 };
        Arc::new(Self { time: Mutex::new(time), changed: Condvar::new() })
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.lock().unix
    }

    /// Lets time pass, and rings the timers that are due by then.
    pub fn advance(&self, time: Duration) {
        let mut now = self.lock();
        now.monotonic = now.monotonic.saturating_add(time);
        now.unix = now.unix.saturating_add(time);
        let until = now.monotonic;
        now.pending.retain(|(due, alarm)| {
            if *due <= until {
                alarm.ring();
            }
            *due > until
        });
    }

    /// Sets the time of day back, to the Unix epoch at most; timers do not notice.
    pub fn set_back(&self, time: Duration) {
        let mut now = self.lock();
        now.unix = now.unix.saturating_sub(time);
    }

    /// How many timers were set in all.
    #[must_use]
    pub fn timers_set(&self) -> usize {
        self.lock().set
    }

    /// How long each pending timer has to go, among them some that nobody waits for any more.
    #[must_use]
    pub fn pending(&self) -> Vec<Duration> {
        let time = self.lock();
        time.pending.iter().map(|(due, _)| due.saturating_sub(time.monotonic)).collect()
    }

    /// Waits until that many timers were set in all.
    ///
    /// # Panics
    ///
    /// If they are not within 30 s.
    #[track_caller]
    pub fn await_timers(&self, count: usize) {
        self.await_time(&format!("{count} timers in all"), |time| time.set >= count);
    }

    /// Waits until a timer is pending that is due after `delay` from now: until the client sleeps
    /// so long.
    ///
    /// # Panics
    ///
    /// If there is none within 30 s.
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
            alarm.ring();
        } else {
            time.pending.push((due, alarm));
        }
        drop(time);
        self.changed.notify_all();
        timer
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("now", &self.now()).field("pending", &self.pending()).finish()
    }
}
