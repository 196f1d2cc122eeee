//! Default transport: HTTP requests within limits of time and size. Only this module knows `ureq`.

mod address_fallback;
mod connector;
mod forward_proxy;
mod redact;
mod resolver;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::http;

use self::connector::HttpConnector;
use self::resolver::BoundedResolver;
use crate::endpoint::BaseUrl;
use crate::http_redirect;
use crate::limits::{Elapsed, Limits};
use crate::options::RootCertificates;
use crate::proxy::{ProxyRules, ProxyUrl};
use crate::redact::KeyRedactor;
use crate::transport::{Request, Response, Transport, TransportError};

const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Time for which an idle connection is kept for the next fetch.
// Longer than the usual poll interval of 60 s, so that polling needs no new handshake. Shorter than
// the four minutes after which Azure's gateways drop an idle connection silently: a request on such
// a connection would hang until its timeout.
const MAX_IDLE: Duration = Duration::from_secs(180);

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
    /// Count of the connections that were opened.
    opened: Arc<AtomicUsize>,
    /// Time of the last request, in Unix seconds.
    used_at: AtomicU64,
    rules: ProxyRules,
}

/// Body of a response whose errors are those of a [`Transport`].
struct BodyReader {
    reader: ureq::BodyReader<'static>,
    limits: Limits,
}

impl Agent {
    /// Makes an agent. Returns `None` if the text of the root certificates has no valid
    /// certificate; a build without TLS ignores the text.
    pub(crate) fn new(
        redactor: Arc<KeyRedactor>,
        user_agent: &str,
        rules: ProxyRules,
        connect_timeout: Duration,
        roots: Option<&RootCertificates>,
    ) -> Option<Self> {
        // A transport follows no redirect; `ureq` would follow them from `https` to `http`.
        // Each request sets its proxy, since a redirect may lead to a host that needs another one.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_age(MAX_IDLE)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .timeout_resolve(Some(connect_timeout))
            .timeout_connect(Some(connect_timeout))
            // For `CONNECT` too, whose headers are not those of the request.
            .user_agent(user_agent)
            .proxy(None);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let config = config.tls_config(tls_config(roots)?);
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        let _ = roots;
        Some(Self::with_config(config.build(), redactor, rules, BoundedResolver::new()))
    }

    /// Returns an agent of the same options with connections and name lookups of its own.
    pub(crate) fn with_new_connections(&self) -> Self {
        let (config, redactor) = (self.ureq.config().clone(), Arc::clone(&self.redactor));
        Self::with_config(config, redactor, self.rules.clone(), BoundedResolver::new())
    }

    fn with_config(
        config: ureq::config::Config,
        redactor: Arc<KeyRedactor>,
        rules: ProxyRules,
        resolver: BoundedResolver,
    ) -> Self {
        let opened = Arc::new(AtomicUsize::new(0));
        let opener = HttpConnector::new(config.clone(), Arc::clone(&redactor), Arc::clone(&opened));
        let ureq = ureq::Agent::with_parts(config, opener, resolver);
        Self { ureq, redactor, opened, used_at: AtomicU64::new(0), rules }
    }

    /// Returns the proxy for requests to a base URL, if there is one.
    pub(crate) fn proxy_for(&self, base_url: &BaseUrl) -> Option<&ProxyUrl> {
        self.rules.proxy_for(base_url).ok().flatten()
    }

    /// Makes one request. If it fails because the server has closed the idle connection
    /// meanwhile, the request is made once more.
    fn get(&self, request: &Request<'_>) -> Result<http::Response<ureq::Body>, ureq::Error> {
        // A server that closes idle connections may do so just when a poll begins; `ureq` cannot
        // see that before it sends. A GET has no effect, so sending it again is safe. On a
        // connection that is new the same error is a fault of the server, and is reported.
        let opened = self.opened.load(Ordering::Relaxed);
        let response = self.get_once(request);
        let was_idle = self.opened.load(Ordering::Relaxed) == opened;
        if was_idle && response.as_ref().is_err_and(is_lost_connection) {
            return self.get_once(request);
        }
        response
    }

    fn get_once(&self, request: &Request<'_>) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let url = request.masked_url();
        let origin = http_redirect::origin(url).and_then(|origin| BaseUrl::parse(origin).ok());
        let origin = origin.ok_or(ureq::Error::HostNotFound)?;
        let proxy = self.rules.proxy_for(&origin).map_err(|error| ureq::Error::Other(error.into()))?;
        if !HAS_TLS && (origin.is_https() || proxy.is_some_and(ProxyUrl::is_https)) {
            return Err(ureq::Error::Other(NoTls.into()));
        }
        let proxy = proxy.map(|proxy| ureq::Proxy::new(&proxy.expose())).transpose()?;
        let headers = request.masked_headers();
        let call = headers.fold(self.ureq.get(url), |call, (name, value)| call.header(name, value));
        let config = call.config().timeout_global(Some(request.time_left())).proxy(proxy);
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

impl Transport for Agent {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let limits = request.limits();
        let response = self.get(request).map_err(|error| to_transport_error(error, limits))?;
        let (head, body) = response.into_parts();
        let response = Response::new(head.status.as_u16(), BodyReader { reader: body.into_reader(), limits });
        Ok(head.headers.iter().fold(response, |response, (name, value)| {
            response.with_header(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
        }))
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| match ureq::Error::from(error) {
            ureq::Error::Io(error) => error,
            // A connection that is lost within a compressed body looks like this too. The config
            // itself may be fine, so this is not a fault of the content.
            ureq::Error::Decompress(_, error) if is_lost(error.kind()) => error,
            ureq::Error::Decompress(_, error) => io::Error::new(ErrorKind::InvalidData, error),
            error => {
                let error = to_transport_error(error, self.limits);
                let kind = if error.is_timeout() { ErrorKind::TimedOut } else { ErrorKind::Other };
                io::Error::new(kind, error)
            }
        })
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

fn to_transport_error(error: ureq::Error, limits: Limits) -> TransportError {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => {
            TransportError::timed_out(Elapsed("name lookup", limits.connect))
        }
        ureq::Error::Timeout(ureq::Timeout::Connect) => {
            TransportError::timed_out(Elapsed("connecting", limits.connect))
        }
        ureq::Error::Timeout(_) => TransportError::timed_out(limits.elapsed()),
        ureq::Error::Io(error) => error.into(),
        ureq::Error::Other(error) => TransportError::connection_failed(error),
        error => TransportError::connection_failed(error),
    }
}

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
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::{Agent, MAX_IDLE};
    use crate::proxy::{Proxy, ProxyRules};
    use crate::redact::KeyRedactor;
    use crate::sdk_key::SdkKey;

    #[test]
    fn a_connection_idle_for_too_long_is_not_reused() {
        let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let rules = ProxyRules::new(&Proxy::None, |_| None);
        let redactor = Arc::new(KeyRedactor::new(&key));
        let agent = Agent::new(redactor, "", rules, Duration::from_secs(1), None).unwrap();
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
