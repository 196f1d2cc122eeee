//! Clock of a client, which tests can replace.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, Sender, bounded};

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
    receiver: Receiver<Instant>,
    /// Sender of the alarm, held so that a dropped alarm does not disconnect the channel: a
    /// disconnected channel looks like a timer that fires for ever.
    _alarm: Option<Sender<Instant>>,
}

/// Alarm that makes a [`Timer`] fire.
#[derive(Debug)]
pub struct Alarm(Sender<Instant>);

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
        // One message: the timer fires once, and a second ring must not block the caller.
        let (sender, receiver) = bounded(1);
        (Alarm(sender.clone()), Self { receiver, _alarm: Some(sender) })
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
        Self { receiver: crossbeam_channel::after(delay), _alarm: None }
    }

    /// Returns the channel that gets a message when the timer fires.
    pub(crate) fn receiver(&self) -> &Receiver<Instant> {
        &self.receiver
    }
}

impl Alarm {
    /// Makes the timer fire, if it has not yet.
    pub fn ring(&self) {
        // A full channel means that it rang before, a disconnected one that no thread waits any
        // more.
        let _ = self.0.try_send(Instant::now());
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
    use super::Timer;
    use crossbeam_channel::TryRecvError;

    /// For a waiting thread, a disconnected channel is a timer that fires for ever.
    #[test]
    fn a_timer_whose_alarm_is_dropped_never_fires() {
        let (alarm, timer) = Timer::with_alarm();
        drop(alarm);
        assert_eq!(timer.receiver().try_recv(), Err(TryRecvError::Empty));
    }

    #[test]
    fn a_timer_fires_once() {
        let (alarm, timer) = Timer::with_alarm();
        alarm.ring();
        alarm.ring();
        drop(alarm);
        assert!(timer.receiver().try_recv().is_ok());
        assert_eq!(timer.receiver().try_recv(), Err(TryRecvError::Empty));
    }
}
