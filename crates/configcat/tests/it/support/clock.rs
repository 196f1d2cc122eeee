//! Time that stands still until a test moves it.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use configcat::{Alarm, Clock, Timer};

use super::{Log, PATIENCE, ThreadWatch};

/// Time that stands still until a test moves it. It starts at [`ManualClock::START`].
///
/// All threads that ask it for the time, such as the client's, belong to its [`log`](Self::log) and to its
/// [`threads`](Self::threads).
pub struct ManualClock {
    time: Mutex<Time>,
    changed: Condvar,
    log: Arc<Log>,
    threads: Arc<ThreadWatch>,
}

struct Time {
    monotonic: Duration,
    unix: Duration,
    /// When each timer is due, among them some that nobody waits for any more.
    pending: Vec<(Duration, Alarm)>,
    /// How many timers were set in all.
    set: usize,
    panics: usize,
}

impl ManualClock {
    /// 2024-01-01T00:00:00Z
    pub const START: Duration = Duration::from_secs(1_704_067_200);

    pub fn new() -> Arc<Self> {
        let time = Time {
            monotonic: Duration::from_secs(1000),
            unix: Self::START,
            pending: Vec::new(),
            set: 0,
            panics: 0,
        };
        Arc::new(Self {
            time: Mutex::new(time),
            changed: Condvar::new(),
            log: Log::new(),
            threads: ThreadWatch::new(),
        })
    }

    /// What is logged by the thread of this call and by all that ask this clock for the time.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The threads that ask this clock for the time.
    pub fn threads(&self) -> &ThreadWatch {
        &self.threads
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.lock().unix
    }

    /// Lets time pass, and rings the timers that are due by then.
    pub fn advance(&self, time: Duration) {
        let mut now = self.lock();
        now.monotonic += time;
        now.unix += time;
        let until = now.monotonic;
        now.pending.retain(|(due, alarm)| {
            if *due <= until {
                alarm.ring();
            }
            *due > until
        });
    }

    /// Sets the time of day back; timers do not notice.
    pub fn set_back(&self, time: Duration) {
        self.lock().unix -= time;
    }

    /// Makes the next calls for the time of day panic.
    pub fn panic_next(&self, times: usize) {
        self.lock().panics = times;
    }

    /// How many timers were set in all.
    pub fn timers_set(&self) -> usize {
        self.lock().set
    }

    /// Waits until that many timers were set in all.
    #[track_caller]
    pub fn await_timers(&self, count: usize) {
        self.await_time(&format!("{count} timers in all"), |time| time.set >= count);
    }

    /// Waits until a timer is pending that is due after `delay` from now: until the client sleeps so long.
    #[track_caller]
    pub fn await_timer(&self, delay: Duration) {
        self.await_time(&format!("a timer for {delay:?}"), |time| {
            time.pending.iter().any(|(due, _)| *due == time.monotonic.saturating_add(delay))
        });
    }

    /// How long each pending timer has to go, among them some that nobody waits for any more.
    pub fn pending(&self) -> Vec<Duration> {
        let time = self.lock();
        time.pending.iter().map(|(due, _)| *due - time.monotonic).collect()
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

    fn meet(&self) {
        self.log.include_this_thread();
        self.threads.include_this_thread();
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        self.meet();
        self.lock().monotonic
    }

    fn unix_time(&self) -> Duration {
        self.meet();
        let mut time = self.lock();
        if time.panics > 0 {
            time.panics -= 1;
            drop(time);
            panic!("a clock that panics");
        }
        time.unix
    }

    fn timer(&self, delay: Duration) -> Timer {
        self.meet();
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
