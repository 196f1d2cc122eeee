//! Polling modes: they differ only in when they refresh. How is [`refresh`](crate::refresh).
//!
//! Manual polling refreshes when told to and lazy polling before an evaluation (`client/ready.rs`),
//! both on the caller's thread. Automatic polling has a thread of its own.

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
/// let when_older_than_ten_minutes = PollingMode::lazy().cache_ttl(Duration::from_secs(600));
/// assert_eq!(PollingMode::default(), PollingMode::auto().into());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollingMode {
    /// By a thread in the background, at an interval: the default.
    AutoPoll(AutoPoll),
    /// When a flag is evaluated and the config is older than the TTL; the evaluation waits.
    LazyLoad(LazyLoad),
    /// Only by [`Client::force_refresh`](crate::Client::force_refresh).
    Manual,
}

/// The options of automatic polling. Made by [`PollingMode::auto`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoPoll {
    pub(crate) interval: Duration,
    pub(crate) max_init_wait: Duration,
}

/// The options of lazy loading. Made by [`PollingMode::lazy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LazyLoad {
    pub(crate) cache_ttl: Duration,
}

/// The interval and the TTL unless another one is set, as in every ConfigCat SDK.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
/// The max init wait unless another one is set, as in every ConfigCat SDK.
const DEFAULT_MAX_INIT_WAIT: Duration = Duration::from_secs(5);
/// The shortest interval and TTL, as in every ConfigCat SDK.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);

impl PollingMode {
    /// Returns automatic polling every 60 s, with a max init wait of 5 s.
    #[must_use]
    pub const fn auto() -> AutoPoll {
        AutoPoll { interval: DEFAULT_INTERVAL, max_init_wait: DEFAULT_MAX_INIT_WAIT }
    }

    /// Returns lazy loading with a TTL of 60 s.
    #[must_use]
    pub const fn lazy() -> LazyLoad {
        LazyLoad { cache_ttl: DEFAULT_INTERVAL }
    }

    /// Returns manual polling: see [`Client::force_refresh`](crate::Client::force_refresh). It has
    /// no options:
    ///
    /// ```compile_fail,E0599
    /// configcat::PollingMode::manual().interval(std::time::Duration::from_secs(10));
    /// ```
    #[must_use]
    pub const fn manual() -> Self {
        Self::Manual
    }

    /// Returns the interval or the TTL, cut to a year.
    pub(crate) fn period(self) -> Option<Duration> {
        match self {
            Self::AutoPoll(AutoPoll { interval: period, .. })
            | Self::LazyLoad(LazyLoad { cache_ttl: period }) => Some(period.min(MAX_INTERVAL)),
            Self::Manual => None,
        }
    }
}

impl AutoPoll {
    /// Sets the time between polls, by default 60 s. At least a second, or
    /// [`build`](crate::ClientBuilder::build) refuses it; above a year it counts as a year.
    #[must_use]
    pub const fn interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Sets how long evaluations wait for the first config, counted from
    /// [`build`](crate::ClientBuilder::build), by default 5 s. Zero: not at all.
    #[must_use]
    pub const fn max_init_wait(self, max_init_wait: Duration) -> Self {
        Self { max_init_wait, ..self }
    }
}

impl LazyLoad {
    /// Sets how old the config may get before an evaluation fetches, by default 60 s. At least a
    /// second, or [`build`](crate::ClientBuilder::build) refuses it; above a year it counts as a
    /// year.
    #[must_use]
    pub const fn cache_ttl(self, cache_ttl: Duration) -> Self {
        Self { cache_ttl }
    }
}

impl From<AutoPoll> for PollingMode {
    fn from(options: AutoPoll) -> Self {
        Self::AutoPoll(options)
    }
}

impl From<LazyLoad> for PollingMode {
    fn from(options: LazyLoad) -> Self {
        Self::LazyLoad(options)
    }
}

impl Default for PollingMode {
    fn default() -> Self {
        Self::auto().into()
    }
}
