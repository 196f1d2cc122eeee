//! HTTP above a transport, the same for each transport: redirects, limits, content codings, and the
//! secrecy of the SDK key.
//!
//! The code of a transport may be the application's. Its errors and headers are foreign text, its
//! panics are caught by [`HttpClient::catch`].

use std::any::Any;
use std::error::Error;
use std::io;
use std::iter::successors;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use crate::agent::Agent;
use crate::content_coding::{self, BodyError};
use crate::endpoint::BaseUrl;
use crate::error::{ContentError, Failure, FetchErrorKind};
use crate::http_redirect;
use crate::limits::Limits;
use crate::proxy::ProxyUrl;
use crate::redact::KeyRedactor;
use crate::response::{Head, MAX_BODY};
use crate::sdk_key::SdkKey;
use crate::transport::{Request, Response, Transport, TransportError};

/// Limit of HTTP redirects in one request.
// A loop would otherwise end at the request timeout only. ConfigCat's CDN does not redirect, and
// networks that do need one or two steps.
const MAX_HTTP_REDIRECTS: usize = 5;

/// Limit in characters for an error message of the layers below.
// Names in a certificate are a part of such messages, and the server decides their length.
const MAX_CAUSE: usize = 500;

/// Limit of the causes of an error whose texts are joined.
// Real chains have two to five. The chain of a foreign error may have no end.
const MAX_CAUSES: usize = 16;

/// Limits for the head of a response, those of the default transport.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// HTTP client of a fetcher.
pub(crate) struct HttpClient {
    transport: AnyTransport,
    redactor: Arc<KeyRedactor>,
    sdk_key: SdkKey,
    user_agent: String,
    is_shut_down: AtomicBool,
    /// `true` in a forked child until the transport has dropped the connections of the parent.
    is_inherited: AtomicBool,
}

/// Transport of a fetcher: the default, or the application's.
pub(crate) enum AnyTransport {
    Default(Box<Agent>),
    Own(Arc<dyn Transport>),
}

/// A response, its body not read yet.
pub(crate) struct Reply<'c> {
    client: &'c HttpClient,
    response: Response,
    limits: Limits,
}

impl HttpClient {
    pub(crate) fn new(
        transport: AnyTransport,
        redactor: Arc<KeyRedactor>,
        sdk_key: SdkKey,
        user_agent: String,
    ) -> Self {
        Self {
            transport,
            redactor,
            sdk_key,
            user_agent,
            is_shut_down: AtomicBool::new(false),
            is_inherited: AtomicBool::new(false),
        }
    }

    /// Returns a client of the same options with connections of its own.
    pub(crate) fn with_new_connections(&self) -> Self {
        let (transport, is_own) = match &self.transport {
            AnyTransport::Default(agent) => {
                (AnyTransport::Default(Box::new(agent.with_new_connections())), false)
            }
            AnyTransport::Own(transport) => (AnyTransport::Own(Arc::clone(transport)), true),
        };
        let (redactor, sdk_key) = (Arc::clone(&self.redactor), self.sdk_key.clone());
        let client = Self::new(transport, redactor, sdk_key, self.user_agent.clone());
        // Not called here: the transport may hang, and the caller has set no deadline.
        client.is_inherited.store(is_own, Ordering::Relaxed);
        client
    }

    /// Returns the masked SDK key, which takes the place of the key in every URL.
    pub(crate) fn key_in_urls(&self) -> &str {
        self.redactor.masked_key()
    }

    /// Returns the proxy for requests to a base URL, if there is one; `None` for a transport of the
    /// application.
    pub(crate) fn proxy_for(&self, base_url: &BaseUrl) -> Option<&ProxyUrl> {
        match &self.transport {
            AnyTransport::Default(agent) => agent.proxy_for(base_url),
            AnyTransport::Own(_) => None,
        }
    }

    /// Interrupts the current request, if it has a connection, and makes all later ones fail. A
    /// transport of the application is not interrupted.
    pub(crate) fn shut_down(&self) {
        // Set before the interruption, so that the interrupted thread finds it set and does not
        // count the failure.
        self.is_shut_down.store(true, Ordering::Release);
        if let AnyTransport::Default(agent) = &self.transport {
            agent.shut_down();
        }
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.is_shut_down.load(Ordering::Acquire)
    }

    /// Gets `url`, or the URL that it redirects to.
    pub(crate) fn get(&self, url: &str, etag: Option<&str>, limits: Limits) -> Result<Reply<'_>, Failure> {
        let mut url = url.to_owned();
        let mut redirects = 0;
        loop {
            let response = self.exchange(&url, etag, limits).map_err(|error| self.failure(error))?;
            let reply = Reply { client: self, response, limits };
            match reply.location().and_then(|location| http_redirect::follow(&url, location)) {
                // After the last step the redirect itself is the response: an unexpected status.
                Some(next) if redirects < MAX_HTTP_REDIRECTS => url = next,
                _ => return Ok(reply),
            }
            redirects += 1;
        }
    }

    /// Makes one request.
    fn exchange(&self, url: &str, etag: Option<&str>, limits: Limits) -> Result<Response, TransportError> {
        if self.is_shut_down() {
            return Err(TransportError::connection_failed("the fetcher is shut down"));
        }
        // Each request of a fetch gets only the time that the earlier ones have left.
        if limits.time_left().is_zero() {
            return Err(TransportError::timed_out(limits.elapsed()));
        }
        let user_agent = self.user_agent.as_str();
        let headers =
            [("User-Agent", user_agent), ("X-ConfigCat-UserAgent", user_agent), ("Accept-Encoding", "gzip")];
        let headers = headers.into_iter().chain(etag.map(|etag| ("If-None-Match", etag)));
        let request = Request::new(url, headers, limits, |text| self.redactor.unmask_text(text));
        match &self.transport {
            // Masks the heads of responses itself, before `ureq` can log them.
            AnyTransport::Default(agent) => agent.send(&request),
            AnyTransport::Own(transport) => {
                if self.is_inherited.load(Ordering::Relaxed) {
                    transport.after_fork();
                    self.is_inherited.store(false, Ordering::Relaxed);
                }
                self.with_masked_head(transport.send(&request)?)
            }
        }
    }

    /// Returns a response of a transport of the application as the default transport returns it:
    /// with a head of limited size, in which the key is masked.
    fn with_masked_head(&self, mut response: Response) -> Result<Response, TransportError> {
        let size: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if response.headers.len() > MAX_HEADERS || size > MAX_HEAD {
            let text = "the response has more than 128 headers, or more than 64 KiB of them";
            return Err(TransportError::connection_failed(text));
        }
        for (_, value) in &mut response.headers {
            *value = self.redactor.mask_text(value);
        }
        Ok(response)
    }

    /// Runs code that calls a transport. A panic is a failed connection, with its message.
    pub(crate) fn catch<T>(&self, run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        // The fetcher's own values are whole at each call of a transport, since no lock is held
        // there. The transport's values are its own to keep whole.
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
            let text = format!("the transport panicked: {}", panic_message(&*payload));
            drop_payload(payload);
            Err(Failure { kind: FetchErrorKind::ConnectionFailed, cause: self.clean(&text).into() })
        })
    }

    fn failure(&self, error: TransportError) -> Failure {
        let is_timeout = error.is_timeout();
        let kind = if is_timeout { FetchErrorKind::TimedOut } else { FetchErrorKind::ConnectionFailed };
        Failure { kind, cause: self.clean_error(error.cause) }
    }

    /// Returns an error whose text cannot forge log records, and does not show the SDK key.
    pub(crate) fn clean_error(&self, error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
        let error: Box<dyn Error + Send + Sync> = match error.downcast::<io::Error>() {
            // Made by the system or by `std`, whose texts are fixed: callers may look at its code.
            Ok(error) if error.get_ref().is_none() => return error,
            Ok(error) => error,
            Err(error) => error,
        };
        let mut text = error.to_string();
        for cause in successors(error.source(), |&error| error.source()).take(MAX_CAUSES) {
            text += &format!(": {cause}");
        }
        self.clean(&text).into()
    }

    /// Returns a text in one line, up to a limit, with the SDK key masked.
    fn clean(&self, text: &str) -> String {
        // Cut after masking, since half of a key would not be recognized. Cut before it too: the
        // text may have any length. A key is three times as long with each character encoded.
        let room = MAX_CAUSE + 3 * self.key_in_urls().len();
        let text: String = text.chars().take(room).collect();
        let text = self.redactor.mask_text(&text);
        if self.sdk_key.is_quoted_in(&text) {
            return "the message is left out, since it quotes the SDK key in an unusual form".to_owned();
        }
        let mut line = String::new();
        for c in text.chars().take(MAX_CAUSE) {
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        line
    }
}

impl Reply<'_> {
    /// Returns status and headers, as far as they matter.
    pub(crate) fn head(&self) -> Head {
        // Errors show some of them. The key in an unusual form, as with encoded letters, is not
        // masked, so such a header counts as absent.
        let shown = |name: &str| self.header(name).filter(|value| !self.client.sdk_key.is_quoted_in(value));
        Head::new(self.response.status(), shown, SystemTime::now())
    }

    /// Reads the body, unpacked, up to the size limit and the deadline.
    pub(crate) fn body(self) -> Result<Vec<u8>, Failure> {
        let Self { client, response, limits } = self;
        let invalid =
            |cause: ContentError| Failure { kind: FetchErrorKind::InvalidContent, cause: cause.into() };
        let codings = response.header_values("Content-Encoding").map(str::as_bytes);
        let layers = content_coding::gzip_layers(codings).map_err(|cause| {
            let is_quoted = client.sdk_key.is_quoted_in(&cause.to_string());
            invalid(if is_quoted { ContentError::UnknownCoding("…".to_owned()) } else { cause })
        })?;
        let length = response.header("Content-Length").and_then(|length| length.parse().ok());
        // Refused before the first byte: the rest could only be thrown away.
        if length.is_some_and(|length: u64| length > MAX_BODY) {
            return Err(invalid(ContentError::TooLarge));
        }
        let body = content_coding::read(response.into_body(), layers, MAX_BODY, limits.deadline);
        body.map_err(|error| match error {
            BodyError::TooLarge => invalid(ContentError::TooLarge),
            BodyError::TimedOut => client.failure(TransportError::timed_out(limits.elapsed())),
            BodyError::Lost(error) if error.kind() != io::ErrorKind::InvalidData => {
                client.failure(error.into())
            }
            BodyError::Lost(error) | BodyError::Damaged(error) => {
                Failure { kind: FetchErrorKind::InvalidContent, cause: client.clean_error(error.into()) }
            }
        })
    }

    // A 300 leaves the choice to the user, and a 305 names a proxy (RFC 9110, 15.4): neither is
    // followed, though both may carry a `Location`.
    fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.response.status(), 301 | 302 | 303 | 307 | 308);
        self.header("Location").filter(|_| is_redirect)
    }

    /// Returns a header that consists of visible ASCII, blanks and tabs, as all that matter do.
    fn header(&self, name: &str) -> Option<&str> {
        let is_visible = |value: &&str| value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        self.response.header(name).filter(is_visible)
    }
}

/// Returns the message of a panic: `panic!` has a `&str` or a `String` as payload.
fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// Drops the payload of a panic, a value of the application. Its drop may panic again, and so may
/// the drop of the second payload, so the second one is leaked.
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}
