//! Errors of building a client and of refreshing its config.

use std::{error::Error, fmt};

use configcat_fetch::{BaseUrlError, FetchError, FetchErrorKind, OptionsError, SdkKeyError};

/// Environment variable of [`Client::from_env`](crate::Client::from_env).
pub(crate) const SDK_KEY_VARIABLE: &str = "CONFIGCAT_SDK_KEY";

/// Error of an invalid option of a client. Its text says what to write instead, and `{:?}` prints
/// the same text. See [What is refused](crate::docs::options#what-is-refused).
///
/// ```
/// use configcat::{BuildError, Client};
///
/// let error = Client::builder("not-a-key").build().unwrap_err();
/// assert!(matches!(error, BuildError::SdkKey(_)));
/// ```
#[non_exhaustive]
pub enum BuildError {
    /// The SDK key is invalid.
    SdkKey(SdkKeyError),
    /// The environment variable `CONFIGCAT_SDK_KEY`, which
    /// [`Client::from_env`](crate::Client::from_env) reads, is not set, or its value is no SDK key.
    SdkKeyVariable {
        /// Error of the value; `None` if the variable is not set.
        cause: Option<SdkKeyError>,
    },
    /// The base URL is invalid.
    BaseUrl(BaseUrlError),
    /// The options for fetching contradict each other, or a timeout is zero.
    Fetch(OptionsError),
    /// The poll interval or the cache TTL is less than a second.
    IntervalTooShort,
    /// The jitter is not between 0 and 1.
    JitterOutOfRange,
    /// The overrides cannot be loaded at the start.
    Overrides(Box<dyn Error + Send + Sync>),
    /// The system cannot start a thread of the client.
    Thread(std::io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The causes name the option themselves, so they need no sentence around them.
            Self::SdkKey(cause) => cause.fmt(f),
            Self::SdkKeyVariable { cause: None } => write!(
                f,
                "the environment variable {SDK_KEY_VARIABLE} is not set; set it to the SDK key from \
                 https://app.configcat.com/sdkkey"
            ),
            Self::SdkKeyVariable { cause: Some(cause) } => {
                write!(f, "the environment variable {SDK_KEY_VARIABLE} holds no SDK key: {cause}")
            }
            Self::BaseUrl(cause) => cause.fmt(f),
            Self::Fetch(cause) => cause.fmt(f),
            Self::IntervalTooShort => f.write_str("the poll interval or cache TTL must be at least 1 second"),
            Self::JitterOutOfRange => f.write_str("the jitter must be between 0.0 (no delay) and 1.0"),
            Self::Overrides(cause) => write!(f, "the flag overrides cannot be loaded: {cause}"),
            Self::Thread(cause) => write!(f, "the thread of the client cannot be started: {cause}"),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::SdkKey(cause) | Self::SdkKeyVariable { cause: Some(cause) } => Some(cause),
            Self::BaseUrl(cause) => Some(cause),
            Self::Fetch(cause) => Some(cause),
            Self::Overrides(cause) => Some(&**cause),
            Self::Thread(cause) => Some(cause),
            Self::SdkKeyVariable { cause: None } | Self::IntervalTooShort | Self::JitterOutOfRange => None,
        }
    }
}

/// Error of a refresh that brought no up-to-date config. The client keeps its config.
///
/// `{}` prints the failure, `{:#}` and `{:?}` add the causes. The SDK key is not in them.
///
/// ```
/// use configcat::{Client, RefreshErrorKind};
///
/// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
///     .offline(true)
///     .build()?;
/// let error = client.force_refresh().unwrap_err();
/// assert_eq!(error.kind(), RefreshErrorKind::Offline);
/// assert!(error.to_string().starts_with("the client is offline and has no cache to read from"));
/// assert!(error.fetch_error().is_none());
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Clone)]
// Private fields: the cause may change, the kind is what callers match.
pub struct RefreshError {
    kind: RefreshErrorKind,
    cause: Option<FetchError>,
}

/// Kind of a [`RefreshError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshErrorKind {
    /// The fetch failed.
    Fetch(FetchErrorKind),
    /// The client is offline and has no cache to read from. Event 3200.
    Offline,
    /// The client is closed. Event 3201.
    Closed,
    /// The client uses overrides only. Event 3202.
    LocalOnly,
    /// A refresh that this call has joined did not end within the request timeout; or the call came
    /// from within a refresh, for example from a cache, and must not wait for itself.
    StillRunning,
    /// A cache, a clock or other code of the application panicked. Event 1200.
    Panicked,
}

impl RefreshError {
    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> RefreshErrorKind {
        self.kind
    }

    /// Returns the error of the fetch, if there was one.
    #[must_use]
    pub fn fetch_error(&self) -> Option<&FetchError> {
        self.cause.as_ref()
    }
}

impl From<RefreshErrorKind> for RefreshError {
    fn from(kind: RefreshErrorKind) -> Self {
        Self { kind, cause: None }
    }
}

impl From<FetchError> for RefreshError {
    fn from(cause: FetchError) -> Self {
        Self { kind: RefreshErrorKind::Fetch(cause.kind()), cause: Some(cause) }
    }
}

/// Writes the failure without the SDK key; `{:#}` adds the causes.
impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cause, self.kind) {
            (Some(cause), _) => cause.fmt(f),
            (None, RefreshErrorKind::Fetch(kind)) => kind.fmt(f),
            (None, RefreshErrorKind::Offline) => {
                f.write_str("the client is offline and has no cache to read from; call `set_online()` first")
            }
            (None, RefreshErrorKind::Closed) => f.write_str("the client is closed; build a new one"),
            (None, RefreshErrorKind::LocalOnly) => {
                f.write_str("the client uses overrides only, so there is nothing to fetch")
            }
            (None, RefreshErrorKind::StillRunning) => {
                f.write_str("the refresh under way has not ended, try again later")
            }
            (None, RefreshErrorKind::Panicked) => {
                f.write_str("the cache or the clock of the application panicked")
            }
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for RefreshError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The fetch error itself, not its source: callers can downcast to it.
        self.cause.as_ref().map(|cause| cause as _)
    }
}
