//! Backoff of lazy polling: until when the server is left alone after a failure.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::clock::{Clock, millis};

/// Until when lazy polling leaves the server alone, in milliseconds.
///
/// It is over by either clock: the monotonic one may stand still while the machine sleeps, and the
/// time of day may be set back.
#[derive(Default)]
pub(crate) struct Backoff {
    monotonic: AtomicU64,
    unix: AtomicU64,
}

impl Backoff {
    /// Returns whether lazy polling may refresh again.
    pub(crate) fn is_over(&self, clock: &dyn Clock) -> bool {
        millis(clock.monotonic()) >= self.monotonic.load(Ordering::Acquire)
            || millis(clock.unix_time()) >= self.unix.load(Ordering::Acquire)
    }

    /// Starts a backoff of that length, in place of the one that is under way.
    pub(crate) fn start(&self, clock: &dyn Clock, length: Duration) {
        let end = |now: Duration| millis(now).saturating_add(millis(length));
        self.unix.store(end(clock.unix_time()), Ordering::Release);
        self.monotonic.store(end(clock.monotonic()), Ordering::Release);
    }

    /// Lets lazy polling refresh at once, for example because the client went online.
    pub(crate) fn reset(&self) {
        self.monotonic.store(0, Ordering::Release);
    }

    /// Returns the backoff of a forked child, which goes on from here.
    pub(crate) fn for_child(&self) -> Self {
        let copy = |time: &AtomicU64| AtomicU64::new(time.load(Ordering::Acquire));
        Self { monotonic: copy(&self.monotonic), unix: copy(&self.unix) }
    }
}
