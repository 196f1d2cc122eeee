//! Clock of the test kit that knows the threads that use it.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use configcat::time::{Clock, Timer};

use super::{Log, ThreadWatch};

/// Clock of the test kit: its time stands still until a test moves it.
///
/// All threads that use the clock, such as the client's, belong to its [`log`](Self::log) and to
/// its [`threads`](Self::threads).
pub struct ManualClock {
    clock: Arc<configcat_testkit::ManualClock>,
    panics: AtomicUsize,
    timer_panics: AtomicBool,
    log: Arc<Log>,
    threads: Arc<ThreadWatch>,
}

impl ManualClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: configcat_testkit::ManualClock::new(),
            panics: AtomicUsize::new(0),
            timer_panics: AtomicBool::new(false),
            log: Log::new(),
            threads: ThreadWatch::new(),
        })
    }

    /// Returns the log of the calling thread and of all threads that use this clock.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Returns the threads that use this clock.
    pub fn threads(&self) -> &ThreadWatch {
        &self.threads
    }

    /// Makes the next calls for the time of day panic.
    pub fn panic_next(&self, times: usize) {
        self.panics.store(times, Ordering::SeqCst);
    }

    /// Makes the next call for a timer panic.
    pub fn panic_next_timer(&self) {
        self.timer_panics.store(true, Ordering::SeqCst);
    }

    fn meet(&self) {
        self.log.include_this_thread();
        self.threads.include_this_thread();
    }
}

impl Deref for ManualClock {
    type Target = configcat_testkit::ManualClock;

    fn deref(&self) -> &Self::Target {
        &self.clock
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        self.meet();
        self.clock.monotonic()
    }

    fn unix_time(&self) -> Duration {
        self.meet();
        let panics = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(panics.is_err(), "a clock that panics");
        self.clock.unix_time()
    }

    fn timer(&self, delay: Duration) -> Timer {
        self.meet();
        assert!(!self.timer_panics.swap(false, Ordering::SeqCst), "a timer that panics");
        self.clock.timer(delay)
    }
}
