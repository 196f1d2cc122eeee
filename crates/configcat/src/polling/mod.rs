//! Polling modes: they differ in the time of a refresh only. The refresh itself is in
//! [`refresh`](crate::refresh).
//!
//! Manual polling refreshes in `force_refresh`, and lazy loading before an evaluation
//! (`client/ready.rs`), both on the caller's thread. Automatic polling has a thread of its own.

pub(crate) mod auto;
pub(crate) mod schedule;

use std::time::Duration;

use self::schedule::MAX_INTERVAL;

/// Polling mode: the times at which the config is refreshed. See
/// [`docs::polling`](crate::docs::polling).
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
    /// A background thread refreshes the config at an interval. This is the default.
    AutoPoll(AutoPoll),
    /// An evaluation refreshes the config if it is older than the TTL, and waits for that.
    LazyLoad(LazyLoad),
    /// Only [`Client::force_refresh`](crate::Client::force_refresh) refreshes the config.
    Manual,
}

/// Options of automatic polling. Returned by [`PollingMode::auto`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// A type of its own for each mode, so that an option of another mode does not compile.
pub struct AutoPoll {
    pub(crate) interval: Duration,
    pub(crate) max_init_wait: Duration,
}

/// Options of lazy loading. Returned by [`PollingMode::lazy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LazyLoad {
    pub(crate) cache_ttl: Duration,
}

/// Default of the interval and the TTL, as in every ConfigCat SDK.
// Section 4.1 of the specification has all three.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
/// Default of the max init wait, as in every ConfigCat SDK.
const DEFAULT_MAX_INIT_WAIT: Duration = Duration::from_secs(5);
/// Shortest interval and TTL, as in every ConfigCat SDK.
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
            // A year at most, so that sums of times do not overflow.
            | Self::LazyLoad(LazyLoad { cache_ttl: period }) => Some(period.min(MAX_INTERVAL)),
            Self::Manual => None,
        }
    }
}

impl AutoPoll {
    /// Sets the interval between polls, by default 60 s. Less than a second is an error of
    /// [`build`](crate::ClientBuilder::build); more than a year counts as a year.
    #[must_use]
    pub const fn interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Sets the max init wait: the time for which evaluations wait for the first config, counted
    /// from [`build`](crate::ClientBuilder::build). Default: 5 s. With zero they do not wait.
    #[must_use]
    pub const fn max_init_wait(self, max_init_wait: Duration) -> Self {
        Self { max_init_wait, ..self }
    }
}

impl LazyLoad {
    /// Sets the TTL: the age of the config from which an evaluation fetches, by default 60 s. Less
    /// than a second is an error of [`build`](crate::ClientBuilder::build); more than a year counts
    /// as a year.
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
