//! Transport: the HTTP exchange below a fetcher, which an application can replace.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits::Limits;

/// HTTP client below a fetcher: sends one request and returns its response.
///
/// [`FetchOptions::transport`](crate::FetchOptions::transport) sets one in place of the default:
/// the HTTP client of a company, a test that answers from memory, or the host of a WebAssembly
/// module, since nothing in this trait needs threads or sockets.
///
/// A transport makes one exchange. It follows no redirect, keeps no cookies, and leaves a body as
/// compressed as it came. Redirects, content codings, limits of size, ETags and base URLs are the
/// fetcher's, in the same way for each transport.
///
/// A transport should end by the [deadline](Request::deadline) of the request, and so should the
/// reader of the body. The fetcher cannot interrupt it. A panic is an error of the fetch
/// ([`ConnectionFailed`](crate::FetchErrorKind::ConnectionFailed)), unless the program is built
/// with `panic = "abort"`.
///
/// ```
/// use configcat_fetch::{Request, Response, Transport, TransportError};
///
/// /// Answers each request with the same config.
/// struct InMemory(&'static str);
///
/// impl Transport for InMemory {
///     fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
///         if request.url().ends_with("/config_v6.json") {
///             Ok(Response::new(200, self.0.as_bytes()).with_header("ETag", "\"1\""))
///         } else {
///             Ok(Response::new(404, std::io::empty()))
///         }
///     }
/// }
/// # use configcat_fetch::{FetchOptions, Fetcher, Outcome, SdkKey};
/// # let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
/// # let fetcher = Fetcher::new(FetchOptions::new(key).transport(InMemory(r#"{"f":{}}"#)))?;
/// # assert!(matches!(fetcher.fetch(None).outcome, Ok(Outcome::Fetched(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request, and returns the response as soon as its head is there.
    ///
    /// # Errors
    ///
    /// There is no response: [`TransportError::timed_out`] or
    /// [`TransportError::connection_failed`]. A response of any status is no error.
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError>;

    /// Drops what a forked child must not share with its parent, such as open connections. Does
    /// nothing by default.
    ///
    /// A fetcher made by [`with_new_connections`](crate::Fetcher::with_new_connections) calls this
    /// before its first request, on the thread of that request. A lock that another thread of the
    /// parent held at the fork is never free again here.
    fn after_fork(&self) {}
}

/// Transport that several fetchers share.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        (**self).send(request)
    }

    fn after_fork(&self) {
        (**self).after_fork();
    }
}

/// Request of a fetcher: a GET without a body.
///
/// The URL holds the SDK key. `Debug` masks it.
///
/// ```
/// use configcat_fetch::{Request, Response, Transport, TransportError};
///
/// /// Prints each request.
/// struct Printing<T>(T);
///
/// impl<T: Transport> Transport for Printing<T> {
///     fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
///         println!("{request:?}, {:?} left", request.time_left());
///         self.0.send(request)
///     }
/// }
/// ```
pub struct Request<'a> {
    url: String,
    masked_url: &'a str,
    headers: Vec<Header<'a>>,
    limits: Limits,
}

struct Header<'a> {
    name: &'static str,
    value: String,
    masked_value: &'a str,
}

impl<'a> Request<'a> {
    /// Makes a request of texts in which the SDK key is masked.
    pub(crate) fn new(
        url: &'a str,
        headers: impl IntoIterator<Item = (&'static str, &'a str)>,
        limits: Limits,
        unmask: impl Fn(&str) -> String,
    ) -> Self {
        let header = |(name, value)| Header { name, value: unmask(value), masked_value: value };
        let headers = headers.into_iter().map(header).collect();
        Self { url: unmask(url), masked_url: url, headers, limits }
    }

    /// Returns the URL, with the SDK key: `http` or `https`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns names and values of the headers to send. A host that sets a header itself, as a
    /// browser does with `User-Agent` and `Accept-Encoding`, may leave that header out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|header| (header.name, header.value.as_str()))
    }

    /// Returns the moment at which the response must be there, with its body.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.limits.deadline
    }

    /// Returns the time until the [deadline](Self::deadline): zero after it.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.limits.time_left()
    }

    /// Returns the limit for a name lookup, and for connecting with TLS.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.limits.connect
    }

    pub(crate) fn masked_url(&self) -> &str {
        self.masked_url
    }

    pub(crate) fn masked_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|header| (header.name, header.masked_value))
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.masked_headers().collect();
        f.debug_struct("Request")
            .field("url", &self.masked_url)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

/// Response of a transport, its body not read yet.
///
/// ```
/// use configcat_fetch::Response;
///
/// let response = Response::new(304, std::io::empty()).with_header("etag", "\"1\"");
/// assert_eq!((response.status(), response.header("ETag")), (304, Some("\"1\"")));
/// ```
pub struct Response {
    status: u16,
    pub(crate) headers: Vec<(String, String)>,
    body: Box<dyn Read + Send>,
}

impl Response {
    /// Makes a response of this status, with this body and no headers. Only the body of a 200 is
    /// read. An error of the reader fails the fetch: of the kind
    /// [`TimedOut`](io::ErrorKind::TimedOut) or [`WouldBlock`](io::ErrorKind::WouldBlock) as a
    /// timeout, [`InvalidData`](io::ErrorKind::InvalidData) as an invalid config, any other as a
    /// lost connection.
    #[must_use]
    pub fn new(status: u16, body: impl Read + Send + 'static) -> Self {
        Self { status, headers: Vec::new(), body: Box::new(body) }
    }

    /// Adds a header as it came, in any case. The fetcher reads `ETag`, `Content-Encoding`,
    /// `Content-Length`, `Location`, `Retry-After`, `Date` and `CF-RAY`. More than 128 headers, or
    /// 64 KiB of them, are an error of the fetch.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    pub(crate) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let has_name = move |header: &&(String, String)| header.0.eq_ignore_ascii_case(name);
        self.headers.iter().filter(has_name).map(|(_, value)| value.as_str())
    }

    /// Returns the reader of the body.
    #[must_use]
    pub fn into_body(self) -> Box<dyn Read + Send> {
        self.body
    }
}

impl fmt::Debug for Response {
    // Without the headers: a server may repeat the SDK key in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Error of a transport: there is no response.
///
/// An [`io::Error`] converts by its kind, so that `?` works.
///
/// The fetcher writes the text of the cause, and the texts of its sources, into the
/// [`FetchError`](crate::FetchError): in one line of at most 500 characters, with the SDK key
/// masked.
///
/// ```
/// use configcat_fetch::TransportError;
///
/// let error = TransportError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
/// assert!(error.is_timeout());
/// assert!(!TransportError::connection_failed("no route to the gateway").is_timeout());
/// ```
pub struct TransportError {
    is_timeout: bool,
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

impl TransportError {
    /// Makes the error of a request that has not ended in time
    /// ([`FetchErrorKind::TimedOut`](crate::FetchErrorKind::TimedOut)).
    #[must_use]
    pub fn timed_out(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_timeout: true, cause: cause.into() }
    }

    /// Makes the error of a request that has brought no response for another reason
    /// ([`FetchErrorKind::ConnectionFailed`](crate::FetchErrorKind::ConnectionFailed)).
    #[must_use]
    pub fn connection_failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_timeout: false, cause: cause.into() }
    }

    /// Returns whether the request has not ended in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.is_timeout
    }
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        // A socket with a read timeout fails with `WouldBlock` on Unix, and with `TimedOut` on
        // Windows.
        let is_timeout = matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
        Self { is_timeout, cause: error.into() }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut cause = self.source().filter(|_| f.alternate());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}
