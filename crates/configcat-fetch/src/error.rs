//! Errors of a fetch.

use std::error::Error;
use std::fmt;
use std::str::Utf8Error;
use std::sync::Arc;
use std::time::Duration;

/// Error of a fetch that brought neither a config nor the confirmation that it has not changed.
///
/// `{}` shows the kind and the place, `{:#}` and `{:?}` add the causes, each after a colon. The SDK
/// key appears in no format: it is masked in the URL, and the layers that make the causes see the
/// mask only. A clone shares the cause.
///
/// ```
/// use configcat_fetch::{BaseUrl, FetchErrorKind, FetchOptions, Fetcher, Proxy, SdkKey};
///
/// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
/// // Nobody listens at port 9 here.
/// let nowhere = BaseUrl::parse("http://127.0.0.1:9")?;
/// let fetcher = Fetcher::new(FetchOptions::new(key).base_url(nowhere).proxy(Proxy::None))?;
/// let error = fetcher.fetch(None).outcome.unwrap_err();
/// assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed);
/// assert_eq!(error.kind().event_id(), 1103);
/// assert!(error.to_string().contains("/**********************/****************789012/"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FetchError {
    kind: FetchErrorKind,
    /// The URL with the key masked.
    url: String,
    /// In a box, since each result of a fetch has the size of its error.
    route: Option<Box<Route>>,
    response: Option<ResponseFacts>,
    // Shared, since the client gives one error to logs, hooks and all waiting threads, and errors
    // of the system cannot be cloned.
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// Options that lead a request elsewhere than to ConfigCat's CDN, so they may cause its error.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) base_url: Option<String>,
    /// The URL of the proxy, without user name and password.
    pub(crate) proxy: Option<String>,
}

/// Parts of a response that an error shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResponseFacts {
    pub(crate) status: u16,
    pub(crate) cf_ray: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// Error before its request is known.
// The agent follows HTTP redirects, and the error must show the URL that the fetch began with. The
// URL of a redirect comes from the server, and may hold anything.
pub(crate) struct Failure {
    pub(crate) kind: FetchErrorKind,
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

impl FetchError {
    pub(crate) fn new(kind: FetchErrorKind, url: &str) -> Self {
        Self { kind, url: url.to_owned(), route: None, response: None, cause: None }
    }

    pub(crate) fn in_response(self, facts: &ResponseFacts) -> Self {
        Self { response: Some(facts.clone()), ..self }
    }

    pub(crate) fn on_route(self, route: Route) -> Self {
        Self { route: Some(Box::new(route)), ..self }
    }

    pub(crate) fn caused_by(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into().into()), ..self }
    }

    /// Returns the kind of failure.
    ///
    /// ```
    /// # fn example(error: configcat_fetch::FetchError) {
    /// use configcat_fetch::FetchErrorKind;
    ///
    /// if error.kind() == FetchErrorKind::SdkKeyRejected {
    ///     eprintln!("check the SDK key: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        self.kind
    }

    /// Returns the HTTP status code, if there was a response.
    ///
    /// ```
    /// # fn example(error: configcat_fetch::FetchError) {
    /// let is_server_fault = error.status().is_some_and(|status| status >= 500);
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    /// Returns the `CF-RAY` of the response, by which ConfigCat's support finds a request.
    ///
    /// ```
    /// # fn example(error: configcat_fetch::FetchError) {
    /// if let Some(ray) = error.cf_ray() {
    ///     eprintln!("tell ConfigCat's support about {ray}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn cf_ray(&self) -> Option<&str> {
        self.response.as_ref()?.cf_ray.as_deref()
    }

    /// Returns the time for which the server asks to be left alone. The server decides its length,
    /// so limit it before you wait.
    ///
    /// ```
    /// # fn example(error: configcat_fetch::FetchError) {
    /// use std::time::Duration;
    ///
    /// let pause = error.retry_after().unwrap_or_default().min(Duration::from_secs(300));
    /// # }
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.response.as_ref()?.retry_after
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base_url, proxy) = match self.route.as_deref() {
            Some(Route { base_url, proxy }) => (base_url.as_deref(), proxy.as_deref()),
            None => (None, None),
        };
        write!(f, "{}", self.kind)?;
        if self.kind == FetchErrorKind::SdkKeyRejected {
            // A server in between has no config for any key, and answers in the same way.
            base_url.iter().try_for_each(|url| write!(f, "; or the base URL {url} is wrong"))?;
            proxy.iter().try_for_each(|url| write!(f, "; or the proxy {url} has refused the request"))?;
        }
        write!(f, " (GET {}", self.url)?;
        proxy.iter().try_for_each(|url| write!(f, " through the proxy {url}"))?;
        // The support of ConfigCat asks for status and `CF-RAY` first.
        if let Some(response) = &self.response {
            write!(f, ", status {}", response.status)?;
            if let Some(cf_ray) = &response.cf_ray {
                write!(f, ", CF-RAY {cf_ray}")?;
            }
        }
        f.write_str(")")?;
        write_causes(self, f)
    }
}

/// Writes the causes of an error after its message, each after a colon, if the format is `{:#}`.
// Only then: reporters such as `anyhow` print the causes themselves, and would show each of them
// twice.
fn write_causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut cause = error.source().filter(|_| f.alternate());
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Kind of failure of a fetch.
///
/// ```
/// use configcat_fetch::FetchErrorKind;
///
/// assert_eq!(FetchErrorKind::TimedOut.event_id(), 1102);
/// assert_eq!(FetchErrorKind::TimedOut.to_string(), "the server did not answer in time");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The server answered 403 or 404: there is no config for this SDK key. Event 1100.
    ///
    /// This counts as an answer: a config in memory stays, and its age starts anew.
    SdkKeyRejected,
    /// The server answered with a status that the fetcher does not expect. Event 1101.
    UnexpectedResponse,
    /// A time limit passed before the last byte arrived. Event 1102.
    TimedOut,
    /// The connection or TLS failed, or the response is not HTTP. Event 1103.
    ConnectionFailed,
    /// The preferences of the configs lead from URL to URL without end. Event 1104.
    RedirectLoop,
    /// The server answered 200 with something that is not a config. Event 1105.
    InvalidContent,
    /// The server answered 304 to a request without an ETag. Event 1106.
    NothingCached,
    /// A config that came over `https` redirects to plain `http`, which is refused. Event 1107.
    Downgrade,
}

impl FetchErrorKind {
    /// Returns the id of the log event, the same in all ConfigCat SDKs.
    ///
    /// ```
    /// use configcat_fetch::FetchErrorKind;
    ///
    /// assert_eq!(FetchErrorKind::SdkKeyRejected.event_id(), 1100);
    /// ```
    #[must_use]
    pub const fn event_id(self) -> u16 {
        match self {
            Self::SdkKeyRejected => 1100,
            Self::UnexpectedResponse => 1101,
            Self::TimedOut => 1102,
            Self::ConnectionFailed => 1103,
            Self::RedirectLoop => 1104,
            Self::InvalidContent => 1105,
            Self::NothingCached => 1106,
            Self::Downgrade => 1107,
        }
    }
}

impl fmt::Display for FetchErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each message names the next action if there is one, as in ConfigCat's other SDKs.
        f.write_str(match self {
            Self::SdkKeyRejected => {
                "the SDK key seems to be wrong, compare it with the one on https://app.configcat.com/sdkkey"
            }
            Self::UnexpectedResponse => "the server gave an unexpected response",
            Self::TimedOut => "the server did not answer in time",
            Self::ConnectionFailed => {
                "the server cannot be reached, which most likely is a matter of the local network"
            }
            Self::RedirectLoop => {
                "the configs redirect from one base URL to the next without end, the last one is used; \
                 please contact https://configcat.com/support"
            }
            Self::InvalidContent => "the server's response is not a valid config JSON",
            Self::NothingCached => "the server said that nothing changed, but there is no config yet",
            Self::Downgrade => {
                "the config asks to be fetched over plain http from now on, which is refused; it is used, and \
                 fetched over https as before"
            }
        })
    }
}

/// Fault of a response body, the [source](Error::source) of an error of the kind
/// [`InvalidContent`](FetchErrorKind::InvalidContent).
///
/// ```
/// # fn example(error: configcat_fetch::FetchError) {
/// use std::error::Error;
/// use configcat_fetch::ContentError;
///
/// if let Some(ContentError::TooLarge) = error.source().and_then(|cause| cause.downcast_ref()) {
///     eprintln!("that cannot be a config");
/// }
/// # }
/// ```
#[non_exhaustive]
pub enum ContentError {
    /// The body is empty.
    Empty,
    /// The body is larger than 64 MiB when decompressed.
    TooLarge,
    /// The body has a content coding other than gzip, with this name, or more than two layers of
    /// gzip.
    UnknownCoding(String),
    /// The body is UTF-16, as some editors save it.
    Utf16,
    /// The body is not UTF-8.
    NotUtf8(Utf8Error),
    /// The body is not JSON; the error has line and column.
    NotJson(serde_json::Error),
    /// The body does not start as a JSON object: it is other JSON, or an HTML page for example.
    NotAnObject,
    /// The body is a JSON object that is not a config: it has neither settings (`f`, an object) nor
    /// a base URL to redirect to (`u` in `p`).
    NotAConfig,
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the content of the body, except for the name of the coding: a body may be
        // megabytes of anything.
        f.write_str(match self {
            Self::UnknownCoding(name) => {
                return write!(f, "the body has the content coding `{name}`, which is unknown here");
            }
            Self::Empty => "the body is empty",
            Self::TooLarge => "the body is larger than 64 MiB",
            Self::Utf16 => "the body is UTF-16; a config is UTF-8",
            Self::NotUtf8(_) => "the body is not UTF-8",
            Self::NotJson(_) => "the body is not JSON",
            Self::NotAnObject => "the body is not a JSON object",
            Self::NotAConfig => "the body is a JSON object without settings (`f`), so it is no config",
        })?;
        write_causes(self, f)
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for ContentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotUtf8(cause) => Some(cause),
            Self::NotJson(cause) => Some(cause),
            Self::Empty
            | Self::TooLarge
            | Self::UnknownCoding(_)
            | Self::Utf16
            | Self::NotAnObject
            | Self::NotAConfig => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io;
    use std::time::Duration;

    use super::{ContentError, FetchError, FetchErrorKind, ResponseFacts, Route};

    #[test]
    fn an_error_shows_kind_place_and_cause() {
        let facts = ResponseFacts {
            status: 503,
            cf_ray: Some("8f1-VIE".to_owned()),
            retry_after: Some(Duration::from_secs(7)),
        };
        let error =
            FetchError::new(FetchErrorKind::UnexpectedResponse, "https://a.example/***").in_response(&facts);
        let text =
            "the server gave an unexpected response (GET https://a.example/***, status 503, CF-RAY 8f1-VIE)";
        assert_eq!(error.to_string(), text);
        assert_eq!(format!("{error:#}"), text);
        assert_eq!((error.status(), error.cf_ray()), (Some(503), Some("8f1-VIE")));
        assert_eq!(error.retry_after(), facts.retry_after);

        let cause = ContentError::NotJson(serde_json::from_str::<bool>("\nx").unwrap_err());
        let error = FetchError::new(FetchErrorKind::InvalidContent, "http://b.example").caused_by(cause);
        let text = "the server's response is not a valid config JSON (GET http://b.example)";
        assert_eq!(error.to_string(), text);
        assert_eq!(
            format!("{error:#}"),
            format!("{text}: the body is not JSON: expected value at line 2 column 1")
        );
        assert!(error.clone().source().unwrap().is::<ContentError>());
    }

    #[test]
    fn a_base_url_and_a_proxy_are_named() {
        let route = |base_url: Option<&str>, proxy: Option<&str>| Route {
            base_url: base_url.map(Into::into),
            proxy: proxy.map(Into::into),
        };
        let (base_url, proxy) = ("https://a.example", "http://***@p.example");
        let key =
            "the SDK key seems to be wrong, compare it with the one on https://app.configcat.com/sdkkey";
        for (kind, route, text) in [
            (FetchErrorKind::SdkKeyRejected, route(None, None), format!("{key} (GET u)")),
            (
                FetchErrorKind::SdkKeyRejected,
                route(Some(base_url), None),
                format!("{key}; or the base URL https://a.example is wrong (GET u)"),
            ),
            (
                FetchErrorKind::SdkKeyRejected,
                route(Some(base_url), Some(proxy)),
                format!(
                    "{key}; or the base URL https://a.example is wrong; or the proxy http://***@p.example has refused \
                     the request (GET u through the proxy http://***@p.example)"
                ),
            ),
            (
                FetchErrorKind::TimedOut,
                route(Some(base_url), Some(proxy)),
                "the server did not answer in time (GET u through the proxy http://***@p.example)".to_owned(),
            ),
        ] {
            assert_eq!(FetchError::new(kind, "u").on_route(route).to_string(), text);
        }
    }

    #[test]
    fn an_error_without_a_response_has_no_status() {
        let error =
            FetchError::new(FetchErrorKind::TimedOut, "http://b.example").caused_by(io::Error::other("slow"));
        assert_eq!((error.status(), error.cf_ray(), error.retry_after()), (None, None, None));
        assert_eq!(format!("{error:#}"), "the server did not answer in time (GET http://b.example): slow");
    }
}
