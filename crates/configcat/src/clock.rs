//! Clock of a client, which tests can replace.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::sync::signal::Signal;

/// Clock of a client. The default is the system's.
///
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock) takes another one, with which a test turns
/// time: see [Turning time](crate::docs::testing#turning-time). Several threads call the methods,
/// in lazy loading at each evaluation, so they should not block.
pub trait Clock: Send + Sync {
    /// Returns the time since a fixed moment. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Returns the time since 1970-01-01T00:00:00Z. It may be set forward and back.
    fn unix_time(&self) -> Duration;

    /// Returns a timer that fires when [`monotonic`](Self::monotonic) has advanced by `delay`.
    fn timer(&self, delay: Duration) -> Timer;
}

/// Clock that several clients share.
impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }

    fn unix_time(&self) -> Duration {
        (**self).unix_time()
    }

    fn timer(&self, delay: Duration) -> Timer {
        (**self).timer(delay)
    }
}

/// Timer that fires once. See [`Clock::timer`].
#[derive(Debug)]
pub struct Timer {
    /// Set by the alarm.
    alarm: Signal,
    /// Moment on the system's clock when the timer fires too; `None` for never.
    end: Option<Instant>,
}

/// Alarm that makes a [`Timer`] fire.
#[derive(Debug)]
pub struct Alarm(Signal);

impl Timer {
    /// Returns a timer that fires when its alarm rings, and the alarm. If the alarm is dropped
    /// before, the timer never fires.
    ///
    /// ```
    /// let (alarm, timer) = configcat::time::Timer::with_alarm();
    /// alarm.ring();
    /// # drop(timer);
    /// ```
    #[must_use]
    pub fn with_alarm() -> (Alarm, Self) {
        let alarm = Signal::default();
        (Alarm(alarm.clone()), Self { alarm, end: None })
    }

    /// Returns a timer that fires after this delay on the system's clock.
    ///
    /// For a [`Clock`] that replaces only some methods of the system's clock.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let timer = configcat::time::Timer::after(Duration::from_millis(10));
    /// # drop(timer);
    /// ```
    #[must_use]
    pub fn after(delay: Duration) -> Self {
        // A moment that the clock cannot show never comes.
        Self { alarm: Signal::default(), end: Instant::now().checked_add(delay) }
    }

    /// Returns the signal that the alarm sets.
    pub(crate) fn alarm(&self) -> &Signal {
        &self.alarm
    }

    /// Returns the moment when the timer fires without an alarm.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.end
    }

    pub(crate) fn has_fired(&self) -> bool {
        self.alarm.is_set() || self.end.is_some_and(|end| end <= Instant::now())
    }
}

impl Alarm {
    /// Makes the timer fire, if it has not yet.
    pub fn ring(&self) {
        self.0.set();
    }
}

/// Clocks of the system.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        // A machine without a battery may start before 1970: zero is the closest valid time.
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn timer(&self, delay: Duration) -> Timer {
        Timer::after(delay)
    }
}

/// Returns a time in milliseconds, the unit of cache entries.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Timer;

    #[test]
    fn a_timer_whose_alarm_is_dropped_never_fires() {
        let (alarm, timer) = Timer::with_alarm();
        drop(alarm);
        assert!(!timer.has_fired() && timer.end().is_none());
    }

    #[test]
    fn a_timer_fires_by_its_alarm_or_at_its_end() {
        let (alarm, timer) = Timer::with_alarm();
        assert!(!timer.has_fired());
        alarm.ring();
        alarm.ring();
        assert!(timer.has_fired());
        assert!(Timer::after(Duration::ZERO).has_fired());
        assert!(!Timer::after(Duration::from_secs(3600)).has_fired());
        assert!(!Timer::after(Duration::MAX).has_fired());
    }
}
