//! Backoff of lazy loading: the time after a failure in which no evaluation fetches.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::clock::{Clock, millis};

/// Base of the backoff of lazy loading. After the n-th failure in a row the backoff is 2ⁿ times
/// this: 2 s, 4 s, 8 s, and 5 minutes at most (`backoff_after` in `polling/schedule.rs`).
// The shortest TTL (section 4.1 of the specification), so that a short failure costs a client
// little more than one TTL. `configcat-webhook` has the same schedule in `fetch_delay.rs`.
pub(super) const BACKOFF_BASE: Duration = Duration::from_secs(1);

/// Backoff after a refresh that is late: older than a request timeout, and still running.
// The shortest TTL: long enough that evaluations do not queue up behind a refresh that hangs.
pub(super) const LATE_REFRESH_BACKOFF: Duration = Duration::from_secs(1);

/// End of the backoff, in milliseconds of each clock.
///
/// The backoff is over when either clock says so: the monotonic clock may stand still while the
/// machine sleeps, and the time of day may be set back.
#[derive(Default)]
pub(crate) struct Backoff {
    monotonic: AtomicU64,
    unix: AtomicU64,
}

impl Backoff {
    /// Returns whether lazy loading may refresh again.
    pub(crate) fn is_over(&self, clock: &dyn Clock) -> bool {
        // Two atomics instead of a mutex: each evaluation in lazy loading comes here if the config
        // is old. A thread that sees one new time and one old time refreshes once too often at
        // most.
        millis(clock.monotonic()) >= self.monotonic.load(Ordering::Acquire)
            || millis(clock.unix_time()) >= self.unix.load(Ordering::Acquire)
    }

    /// Starts a backoff of this length; it replaces the one under way.
    pub(crate) fn start(&self, clock: &dyn Clock, length: Duration) {
        let end = |now: Duration| millis(now).saturating_add(millis(length));
        self.unix.store(end(clock.unix_time()), Ordering::Release);
        self.monotonic.store(end(clock.monotonic()), Ordering::Release);
    }

    /// Ends the backoff, for example because the client went online.
    pub(crate) fn reset(&self) {
        // One clock is enough, since the backoff is over when either clock says so.
        self.monotonic.store(0, Ordering::Release);
    }

    /// Returns the backoff of a forked child, which goes on from the parent's.
    pub(crate) fn for_child(&self) -> Self {
        let copy = |time: &AtomicU64| AtomicU64::new(time.load(Ordering::Acquire));
        Self { monotonic: copy(&self.monotonic), unix: copy(&self.unix) }
    }
}
