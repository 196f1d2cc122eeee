//! Time, so that tests can turn it.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Where the client takes time from: by default the clocks of the system.
///
/// Give another one to [`ClientBuilder::clock`](crate::ClientBuilder::clock) to turn time in tests;
/// [Turning time](crate::docs::testing#turning-time) tells of one. The methods are called by
/// several threads, in lazy loading in each evaluation, and should not block.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// Time since 1970-01-01T00:00:00Z; may be set back and forth.
    fn unix_time(&self) -> Duration;

    /// A timer that fires when [`monotonic`](Self::monotonic) has moved on by `delay`.
    fn timer(&self, delay: Duration) -> Timer;
}

/// Several clients can share a clock.
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

/// Fires once, when its time has come. See [`Clock::timer`].
#[derive(Debug)]
pub struct Timer {
    receiver: Receiver<Instant>,
    /// The sender of the alarm. Without it, an alarm that is dropped would disconnect the channel,
    /// which looks like a timer that fires for ever.
    _alarm: Option<Sender<Instant>>,
}

/// Makes a [`Timer`] fire.
#[derive(Debug)]
pub struct Alarm(Sender<Instant>);

impl Timer {
    /// Returns a timer that fires when its alarm is rung, and the alarm. If the alarm is dropped
    /// before, the timer never fires.
    ///
    /// ```
    /// let (alarm, timer) = configcat::time::Timer::with_alarm();
    /// alarm.ring();
    /// # drop(timer);
    /// ```
    #[must_use]
    pub fn with_alarm() -> (Alarm, Self) {
        let (sender, receiver) = bounded(1);
        (Alarm(sender.clone()), Self { receiver, _alarm: Some(sender) })
    }

    /// A timer that fires by itself, after this delay on the clocks of the system.
    ///
    /// For a [`Clock`] that is theirs but for some part of it.
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
        // Full: it was rung before. Disconnected: nobody waits any more.
        let _ = self.0.try_send(Instant::now());
    }
}

/// The clocks of the system.
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
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn timer(&self, delay: Duration) -> Timer {
        Timer::after(delay)
    }
}

/// Returns a time in milliseconds, as cache entries have it.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Timer;
    use crossbeam_channel::TryRecvError;

    /// Disconnected means fired, for ever, to a thread that waits.
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
