//! Polling modes: they differ only in when they refresh. How is [`refresh`](crate::refresh).
//!
//! Manual polling refreshes when told to and lazy polling before an evaluation (`client/ready.rs`), both
//! on the caller's thread. Automatic polling has a thread of its own.

pub(crate) mod auto;
pub(crate) mod schedule;

use std::time::Duration;

use self::schedule::MAX_INTERVAL;

/// When the config is refreshed. See [`docs::polling`](crate::docs::polling).
///
/// ```
/// use std::time::Duration;
/// use configcat::PollingMode;
///
/// let every_ten_seconds = PollingMode::auto().interval(Duration::from_secs(10));
/// let when_older_than_ten_minutes = PollingMode::lazy().interval(Duration::from_secs(600));
/// assert_eq!(PollingMode::default(), PollingMode::auto());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollingMode {
    /// By a thread in the background, at an interval: the default.
    Auto {
        /// The time between polls: at least a second, by default 60 s.
        interval: Duration,
        /// How long evaluations wait for the first config, counted from `build()`: by default 5 s.
        max_init_wait: Duration,
    },
    /// When a flag is evaluated and the config is older than the TTL; the evaluation waits.
    Lazy {
        /// How old the config may get: at least a second, by default 60 s.
        cache_ttl: Duration,
    },
    /// Only by [`Client::force_refresh`](crate::Client::force_refresh).
    Manual,
}

impl PollingMode {
    const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
    const DEFAULT_MAX_INIT_WAIT: Duration = Duration::from_secs(5);
    pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);

    /// Automatic polling every 60 s, with a max init wait of 5 s.
    #[must_use]
    pub const fn auto() -> Self {
        Self::Auto { interval: Self::DEFAULT_INTERVAL, max_init_wait: Self::DEFAULT_MAX_INIT_WAIT }
    }

    /// Lazy loading with a TTL of 60 s.
    #[must_use]
    pub const fn lazy() -> Self {
        Self::Lazy { cache_ttl: Self::DEFAULT_INTERVAL }
    }

    /// Manual polling: see [`Client::force_refresh`](crate::Client::force_refresh).
    #[must_use]
    pub const fn manual() -> Self {
        Self::Manual
    }

    /// The interval of automatic polling, or the TTL of lazy loading. At least a second, or `build()` refuses it.
    /// Without effect on manual polling.
    #[must_use]
    pub const fn interval(self, interval: Duration) -> Self {
        match self {
            Self::Auto { max_init_wait, .. } => Self::Auto { interval, max_init_wait },
            Self::Lazy { .. } => Self::Lazy { cache_ttl: interval },
            Self::Manual => Self::Manual,
        }
    }

    /// How long evaluations wait for the first config in automatic polling, counted from `build()`. Zero: not at all.
    /// Without effect on other modes.
    #[must_use]
    pub const fn max_init_wait(self, max_init_wait: Duration) -> Self {
        match self {
            Self::Auto { interval, .. } => Self::Auto { interval, max_init_wait },
            other => other,
        }
    }

    /// The time that must be at least a second, if there is one.
    pub(crate) fn period(self) -> Option<Duration> {
        match self {
            Self::Auto { interval: period, .. } | Self::Lazy { cache_ttl: period } => {
                Some(period.min(MAX_INTERVAL))
            }
            Self::Manual => None,
        }
    }
}

impl Default for PollingMode {
    fn default() -> Self {
        Self::auto()
    }
}
