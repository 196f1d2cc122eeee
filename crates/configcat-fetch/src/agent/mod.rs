//! HTTP requests within limits of time and size. Only this module knows `ureq`.

mod address_fallback;
mod connector;
mod content_coding;
mod forward_proxy;
mod redact;
mod resolver;

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::http::{HeaderValue, Response, header};

use self::connector::HttpConnector;
use self::redact::KeyRedactor;
use self::resolver::BoundedResolver;
use crate::endpoint::BaseUrl;
use crate::error::{ContentError, Failure, FetchErrorKind};
use crate::http_redirect;
use crate::options::RootCertificates;
use crate::proxy::{ProxyRules, ProxyUrl};
use crate::response::{Head, MAX_BODY};
use crate::sdk_key::SdkKey;

const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Time for which an idle connection is kept for the next fetch.
// Longer than the usual poll interval of 60 s, so that polling needs no new handshake. Shorter than
// the four minutes after which Azure's gateways drop an idle connection silently: a request on such
// a connection would hang until its timeout.
const MAX_IDLE: Duration = Duration::from_secs(180);

/// Limit of HTTP redirects in one request.
// A loop would otherwise end at the request timeout only. ConfigCat's CDN does not redirect, and
// networks that do need one or two steps.
const MAX_HTTP_REDIRECTS: usize = 5;

/// Limit in characters for an error message of the layers below.
// Names in a certificate are a part of such messages, and the server decides their length.
const MAX_CAUSE: usize = 500;

/// Size in bytes of the buffer for a response.
// The buffer must hold a whole response head, so this is the limit for heads. A body passes through
// in pieces.
const INPUT_BUFFER: usize = 64 * 1024;
/// Size in bytes of the buffer for a request.
// A request must fit whole: URL and host (8 KiB at most), ETag (1 KiB) and the user agent twice.
const OUTPUT_BUFFER: usize = 16 * 1024;

/// HTTP client that keeps its connections alive.
pub(crate) struct Agent {
    ureq: ureq::Agent,
    redactor: Arc<KeyRedactor>,
    user_agent: String,
    /// Count of the connections that were opened.
    opened: Arc<AtomicUsize>,
    /// Time of the last request, in Unix seconds.
    used_at: AtomicU64,
    rules: ProxyRules,
}

/// Time limits of one fetch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For the lookup of a name, and once more for connecting, TLS handshake included.
    connect: Duration,
    /// From the start of the fetch to the last byte of the last body.
    fetch: Duration,
    deadline: Instant,
}

/// A response, its body not read yet.
pub(crate) struct Reply {
    response: Response<ureq::Body>,
    limits: Limits,
}

impl Agent {
    /// Makes an agent. Returns `None` if the text of the root certificates has no valid
    /// certificate; a build without TLS ignores the text.
    pub(crate) fn new(
        key: &SdkKey,
        user_agent: String,
        rules: ProxyRules,
        connect_timeout: Duration,
        roots: Option<&RootCertificates>,
    ) -> Option<Self> {
        // Redirects are followed in `get` instead: `ureq` would follow them from `https` to `http`.
        // Each request sets its proxy, since a redirect may lead to a host that needs another one.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_age(MAX_IDLE)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .timeout_resolve(Some(connect_timeout))
            .timeout_connect(Some(connect_timeout))
            .user_agent(&user_agent)
            .proxy(None);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let config = config.tls_config(tls_config(roots)?);
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        let _ = roots;
        let redactor = Arc::new(KeyRedactor::new(key));
        Some(Self::with_config(config.build(), redactor, user_agent, rules, BoundedResolver::new()))
    }

    /// Returns an agent of the same options with connections and name lookups of its own.
    pub(crate) fn with_new_connections(&self) -> Self {
        let (config, redactor) = (self.ureq.config().clone(), Arc::clone(&self.redactor));
        let resolver = BoundedResolver::new();
        Self::with_config(config, redactor, self.user_agent.clone(), self.rules.clone(), resolver)
    }

    fn with_config(
        config: ureq::config::Config,
        redactor: Arc<KeyRedactor>,
        user_agent: String,
        rules: ProxyRules,
        resolver: BoundedResolver,
    ) -> Self {
        let opened = Arc::new(AtomicUsize::new(0));
        let opener = HttpConnector::new(config.clone(), Arc::clone(&redactor), Arc::clone(&opened));
        let ureq = ureq::Agent::with_parts(config, opener, resolver);
        Self { ureq, redactor, user_agent, opened, used_at: AtomicU64::new(0), rules }
    }

    /// Returns the masked SDK key, which takes the place of the key in every URL.
    pub(crate) fn key_in_urls(&self) -> &str {
        self.redactor.masked_key()
    }

    /// Returns the proxy for requests to a base URL, if there is one.
    pub(crate) fn proxy_for(&self, base_url: &BaseUrl) -> Option<&ProxyUrl> {
        self.rules.proxy_for(base_url).ok().flatten()
    }

    /// Gets `url`, or the URL that it redirects to. An ETag that no header can carry is not sent.
    pub(crate) fn get(&self, url: &str, etag: Option<&str>, limits: Limits) -> Result<Reply, Failure> {
        let mut url = url.to_owned();
        let mut redirects = 0;
        loop {
            let reply = self.get_directly(&url, etag, limits).map_err(|error| limits.to_failure(error))?;
            match reply.location().and_then(|location| http_redirect::follow(&url, location)) {
                // After the last step the redirect itself is the response: an unexpected status.
                Some(next) if redirects < MAX_HTTP_REDIRECTS => url = next,
                _ => return Ok(reply),
            }
            redirects += 1;
        }
    }

    /// Makes one request. If it fails because the server has closed the idle connection
    /// meanwhile, the request is made once more.
    fn get_directly(&self, url: &str, etag: Option<&str>, limits: Limits) -> Result<Reply, ureq::Error> {
        // A server that closes idle connections may do so just when a poll begins; `ureq` cannot
        // see that before it sends. A GET has no effect, so sending it again is safe. On a
        // connection that is new the same error is a fault of the server, and is reported.
        let opened = self.opened.load(Ordering::Relaxed);
        let mut response = self.send(url, etag, limits);
        let was_idle = self.opened.load(Ordering::Relaxed) == opened;
        if was_idle && response.as_ref().is_err_and(is_lost_connection) {
            response = self.send(url, etag, limits);
        }
        Ok(Reply { response: response?, limits })
    }

    fn send(
        &self,
        url: &str,
        etag: Option<&str>,
        limits: Limits,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let origin = http_redirect::origin(url).and_then(|origin| BaseUrl::parse(origin).ok());
        let origin = origin.ok_or(ureq::Error::HostNotFound)?;
        let proxy = self.rules.proxy_for(&origin).map_err(|error| ureq::Error::Other(error.into()))?;
        if !HAS_TLS && (origin.is_https() || proxy.is_some_and(ProxyUrl::is_https)) {
            return Err(ureq::Error::Other(NoTls.into()));
        }
        let proxy = proxy.map(|proxy| ureq::Proxy::new(&proxy.expose())).transpose()?;
        let mut request = self.ureq.get(url).header("X-ConfigCat-UserAgent", &self.user_agent);
        if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        // Each request of a fetch gets only the time that the earlier ones have left.
        let time_left = limits.deadline.saturating_duration_since(Instant::now());
        let config = request.config().timeout_global(Some(time_left)).proxy(proxy);
        let config = if self.is_past_idle_age() { config.max_idle_age(Duration::ZERO) } else { config };
        config.build().call()
    }

    /// Records the time, and returns whether the last request was so long ago that no idle
    /// connection can still be open.
    fn is_past_idle_age(&self) -> bool {
        // `ureq` has a limit for idle connections too, by the monotonic clock. That clock may stand
        // still while the machine is suspended, and the server's clock does not. In both
        // directions, since the time of day may be set back.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        now.abs_diff(self.used_at.swap(now, Ordering::Relaxed)) >= MAX_IDLE.as_secs()
    }

    /// Interrupts the current request, if it has a connection, and makes all later ones fail.
    pub(crate) fn shut_down(&self) {
        self.ureq.clone().shutdown();
    }
}

/// Returns the TLS options, or `None` if the text of the root certificates has no valid
/// certificate.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn tls_config(roots: Option<&RootCertificates>) -> Option<ureq::tls::TlsConfig> {
    use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
    let provider = if cfg!(feature = "native-tls") { TlsProvider::NativeTls } else { TlsProvider::Rustls };
    let roots = match roots {
        Some(RootCertificates(pem)) => {
            let items = parse_pem(pem).collect::<Result<Vec<_>, _>>().ok()?;
            let certificates = items.into_iter().filter_map(|item| match item {
                PemItem::Certificate(certificate) => Some(certificate),
                // A private key, say: PEM files of servers often hold both.
                _ => None,
            });
            let certificates: Vec<_> = certificates.collect();
            // An empty list would make every fetch fail; `Fetcher::new` reports the mistake
            // instead.
            if certificates.is_empty() {
                return None;
            }
            certificates.into()
        }
        None if cfg!(any(feature = "native-tls", feature = "platform-verifier")) => {
            RootCerts::PlatformVerifier
        }
        None => RootCerts::WebPki,
    };
    Some(TlsConfig::builder().provider(provider).root_certs(roots).build())
}

impl Reply {
    /// Returns status and headers, as far as they matter.
    pub(crate) fn head(&self) -> Head {
        Head::new(self.response.status().as_u16(), |name| self.header(name), SystemTime::now())
    }

    /// Reads the body, unpacked, up to the size limit and the deadline.
    pub(crate) fn body(self) -> Result<Vec<u8>, Failure> {
        let codings = self.response.headers().get_all(header::CONTENT_ENCODING).iter();
        let layers = content_coding::gzip_layers(codings.map(HeaderValue::as_bytes))
            .map_err(|error| Failure { kind: FetchErrorKind::InvalidContent, cause: error.into() })?;
        let body = self.response.into_body();
        let bytes = match body.content_length() {
            // Refused before the first byte: the rest could only be thrown away.
            Some(length) if length > MAX_BODY => Err(ureq::Error::BodyExceedsLimit(MAX_BODY)),
            _ => content_coding::read(body.into_reader(), layers, MAX_BODY, self.limits.deadline),
        };
        bytes.map_err(|error| self.limits.to_failure(error))
    }

    // A 300 leaves the choice to the user, and a 305 names a proxy (RFC 9110, 15.4): neither is
    // followed, though both may carry a `Location`.
    fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        self.header("Location").filter(|_| is_redirect)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }
}

/// Returns whether the server or the network closed the connection.
fn is_lost_connection(error: &ureq::Error) -> bool {
    let ureq::Error::Io(error) = error else { return false };
    is_lost(error.kind())
}

fn is_lost(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

impl Limits {
    /// Makes the limits of a fetch that starts now.
    pub(crate) fn new(connect: Duration, fetch: Duration) -> Self {
        Self { connect, fetch, deadline: Instant::now() + fetch }
    }

    fn to_failure(self, error: ureq::Error) -> Failure {
        use FetchErrorKind::{ConnectionFailed, InvalidContent, TimedOut};
        let (kind, cause): (_, Box<dyn Error + Send + Sync>) = match error {
            ureq::Error::Timeout(ureq::Timeout::Resolve) => {
                (TimedOut, Elapsed("name lookup", self.connect).into())
            }
            ureq::Error::Timeout(ureq::Timeout::Connect) => {
                (TimedOut, Elapsed("connecting", self.connect).into())
            }
            ureq::Error::Timeout(_) => (TimedOut, Elapsed("the request", self.fetch).into()),
            ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut => (TimedOut, error.into()),
            // Messages of TLS quote the names in a certificate, which may hold line breaks: they
            // could forge log records.
            ureq::Error::Io(error) if error.get_ref().is_some() => {
                (ConnectionFailed, std::io::Error::new(error.kind(), in_one_line(&error)).into())
            }
            ureq::Error::Io(error) => (ConnectionFailed, error.into()),
            ureq::Error::Other(error) => (ConnectionFailed, error),
            ureq::Error::BodyExceedsLimit(_) => (InvalidContent, ContentError::TooLarge.into()),
            // A connection that is lost within a compressed body looks like this too. The config
            // itself may be fine, so this is not a fault of the content.
            ureq::Error::Decompress(_, error) if is_lost(error.kind()) => (ConnectionFailed, error.into()),
            error @ ureq::Error::Decompress(..) => (InvalidContent, error.into()),
            error => (ConnectionFailed, in_one_line(&error).into()),
        };
        Failure { kind, cause }
    }
}

/// Returns the message of an error, up to a limit, with control characters escaped, so that it
/// cannot forge log records.
fn in_one_line(error: &dyn Error) -> String {
    let mut line = String::new();
    for c in error.to_string().chars().take(MAX_CAUSE) {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// Error of a step that took longer than its limit.
#[derive(Debug)]
struct Elapsed(&'static str, Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(step, limit) = self;
        match limit {
            &Duration::ZERO => write!(f, "there was no time left for {step}"),
            // The limit of a fetch is what the cache has left of it: 29.999983 s of 30 s.
            limit => {
                let milliseconds = (limit.as_secs_f64() * 1000.0).round().max(1.0);
                write!(f, "{step} took longer than {:?}", Duration::from_secs_f64(milliseconds / 1000.0))
            }
        }
    }
}

impl Error for Elapsed {}

/// Error of a request over `https` in a build without TLS.
#[derive(Debug)]
struct NoTls;

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this build has no TLS; turn on one of the features `rustls` and `native-tls`")
    }
}

impl Error for NoTls {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::{Agent, MAX_IDLE};
    use crate::proxy::{Proxy, ProxyRules};
    use crate::sdk_key::SdkKey;

    #[test]
    fn a_connection_idle_for_too_long_is_not_reused() {
        let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let rules = ProxyRules::new(&Proxy::None, |_| None);
        let agent = Agent::new(&key, String::new(), rules, Duration::from_secs(1), None).unwrap();
        assert!(agent.is_past_idle_age(), "it was never used");
        assert!(!agent.is_past_idle_age());
        let now = agent.used_at.load(Ordering::Relaxed);
        for (used_at, is_past_idle_age) in
            [(now - MAX_IDLE.as_secs(), true), (now + 3600, true), (now - 9, false)]
        {
            agent.used_at.store(used_at, Ordering::Relaxed);
            assert_eq!(agent.is_past_idle_age(), is_past_idle_age);
        }
    }
}
