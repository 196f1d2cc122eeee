//! Transports of the application: their requests, and responses, errors and panics of any kind.

use std::error::Error;
use std::fmt;
use std::io::{self, Cursor, Read, Write};
use std::panic::panic_any;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use configcat_fetch::{
    BaseUrl, FetchError, FetchErrorKind, FetchOptions, Fetcher, OptionsError, Outcome, Proxy, Request,
    Response, Transport, TransportError,
};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{CONFIG, KEY, config, error, key, options, secrecy};

type Sent = Result<Response, TransportError>;

/// Transport that answers with a closure, which gets the number of the request, from 0.
struct Own<F> {
    answer: F,
    urls: Arc<Mutex<Vec<String>>>,
}

impl<F: Fn(usize, &Request<'_>) -> Sent + Send + Sync> Transport for Own<F> {
    fn send(&self, request: &Request<'_>) -> Sent {
        secrecy::check(&format!("{request:?} {request:#?}"));
        let number = {
            let mut urls = self.urls.lock().unwrap();
            urls.push(request.url().to_owned());
            urls.len() - 1
        };
        (self.answer)(number, request)
    }

    fn after_fork(&self) {
        self.urls.lock().unwrap().push("after fork".to_owned());
    }
}

/// Options with such a transport, and the URLs that it gets.
fn own(
    answer: impl Fn(usize, &Request<'_>) -> Sent + Send + Sync + 'static,
) -> (FetchOptions, Arc<Mutex<Vec<String>>>) {
    let urls = Arc::default();
    (options().transport(Own { answer, urls: Arc::clone(&urls) }), urls)
}

fn fetcher(answer: impl Fn(usize, &Request<'_>) -> Sent + Send + Sync + 'static) -> Fetcher {
    Fetcher::new(own(answer).0).unwrap()
}

/// The kind and the whole text of the error of a fetch.
fn failure(answer: impl Fn() -> Sent + Send + Sync + 'static) -> (FetchErrorKind, String) {
    let error = error(fetcher(move |_, _| answer()).fetch(None));
    (error.kind(), format!("{error:#}"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Body of which each read returns the result of a closure.
struct Body<F>(F);

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Body<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.0)(buffer)
    }
}

fn body(read: impl FnMut(&mut [u8]) -> io::Result<usize> + Send + 'static) -> Response {
    Response::new(200, Body(read))
}

#[test]
fn a_transport_gets_url_headers_and_limits() {
    let limits = (Duration::from_secs(7), Duration::from_secs(20));
    let (options, urls) = own(move |number, request| {
        let headers: Vec<_> = request.headers().collect();
        let agent = concat!("ConfigCat-Rust/a-", env!("CARGO_PKG_VERSION"));
        let common = [("User-Agent", agent), ("X-ConfigCat-UserAgent", agent), ("Accept-Encoding", "gzip")];
        assert_eq!(headers[..3], common);
        assert_eq!(headers[3..], [("If-None-Match", "\"1\"")][..number]);
        assert!(request.time_left() <= limits.1 && request.time_left() > limits.1 / 2);
        assert!(request.deadline() > Instant::now());
        assert_eq!(request.connect_timeout(), limits.0);
        Ok(Response::new(200, CONFIG.as_bytes()).with_header("ETag", "\"1\""))
    });
    let fetcher = Fetcher::new(options.connect_timeout(limits.0).request_timeout(limits.1)).unwrap();
    let (body, etag) = config(fetcher.fetch(None));
    assert_eq!((body.as_str(), etag.as_deref()), (CONFIG, Some("\"1\"")));
    config(fetcher.fetch(etag.as_deref()));
    let url = format!("https://cdn-global.configcat.com/configuration-files/{KEY}/config_v6.json");
    assert_eq!(*urls.lock().unwrap(), [url.clone(), url]);
}

#[test]
fn each_status_means_the_same_as_with_the_default_transport() {
    use FetchErrorKind::{NothingCached, SdkKeyRejected, UnexpectedResponse};
    for (status, kind) in [
        (0, UnexpectedResponse),
        (1, UnexpectedResponse),
        (100, UnexpectedResponse),
        (204, UnexpectedResponse),
        (206, UnexpectedResponse),
        (300, UnexpectedResponse),
        (302, UnexpectedResponse),
        (304, NothingCached),
        (403, SdkKeyRejected),
        (404, SdkKeyRejected),
        (500, UnexpectedResponse),
        (1000, UnexpectedResponse),
        (u16::MAX, UnexpectedResponse),
    ] {
        // The body is not read.
        let answer = move |_: usize, _: &Request<'_>| {
            Ok(Response::new(status, Body(|_: &mut [u8]| panic!("read"))).with_header("RETRY-AFTER", "7"))
        };
        let error = error(fetcher(answer).fetch(None));
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    }
    let not_modified = fetcher(|_, _| Ok(Response::new(304, io::empty())));
    assert!(matches!(not_modified.fetch(Some("\"1\"")).outcome, Ok(Outcome::NotModified)));
}

#[test]
fn names_of_headers_may_have_any_case() {
    let fetcher = fetcher(|number, _| {
        Ok(match number {
            0 => Response::new(301, io::empty()).with_header("lOCATION", "/moved"),
            _ => Response::new(200, Cursor::new(gzip(&gzip(CONFIG.as_bytes()))))
                .with_header("CONTENT-ENCODING", "GZip")
                .with_header("content-encoding", "x-gzip")
                .with_header("eTaG", "W/\"1\""),
        })
    });
    assert_eq!(config(fetcher.fetch(None)), (CONFIG.to_owned(), Some("W/\"1\"".to_owned())));
}

#[test]
fn redirects_are_followed_five_times_and_never_to_plain_http() {
    let to = |location: &'static str| {
        own(move |_, _| Ok(Response::new(302, io::empty()).with_header("Location", location)))
    };
    for (location, sent) in [("/again", 6), ("http://plain.example/", 1), ("file:///etc/passwd", 1)] {
        let (options, urls) = to(location);
        let error = error(Fetcher::new(options).unwrap().fetch(None));
        assert_eq!((error.kind(), error.status()), (FetchErrorKind::UnexpectedResponse, Some(302)));
        assert_eq!(urls.lock().unwrap().len(), sent, "{location}");
    }
    // A transport that ignores its deadline.
    let slow = fetcher(|_, _| {
        std::thread::sleep(Duration::from_millis(30));
        Ok(Response::new(302, io::empty()).with_header("Location", "/again"))
    });
    let error = error(slow.fetch_until(None, Instant::now() + Duration::from_millis(20)));
    assert_eq!(error.kind(), FetchErrorKind::TimedOut, "{error:#}");
}

#[test]
fn bodies_have_limits_of_size_and_time() {
    use FetchErrorKind::{ConnectionFailed, InvalidContent, TimedOut};
    let too_large = "): the body is larger than 64 MiB";
    let endless = || {
        body(|buffer| {
            buffer.fill(b' ');
            Ok(buffer.len())
        })
    };
    assert_eq!(failure(move || Ok(endless())).0, InvalidContent);
    assert!(failure(move || Ok(endless())).1.ends_with(too_large));
    let bomb = gzip(&[b' '; 1024 * 1024]).repeat(65);
    let packed =
        move || Ok(Response::new(200, Cursor::new(bomb.clone())).with_header("content-encoding", "gzip"));
    assert!(failure(packed).1.ends_with(too_large));
    // Refused before the first byte.
    let announced = || Ok(body(|_| panic!("read")).with_header("content-length", "67108865"));
    assert!(failure(announced).1.ends_with(too_large));
    // `read` is called again after an interruption.
    let interrupted = fetcher(|_, _| Ok(body(|_| Err(io::ErrorKind::Interrupted.into()))));
    let slow = fetcher(|_, _| {
        Ok(body(|buffer| {
            std::thread::sleep(Duration::from_millis(1));
            buffer[0] = b' ';
            Ok(1)
        }))
    });
    for fetcher in [interrupted, slow] {
        let error = error(fetcher.fetch_until(None, Instant::now() + Duration::from_millis(50)));
        assert_eq!((error.kind(), error.status()), (TimedOut, Some(200)), "{error:#}");
    }
    let unpacked = |bytes: Vec<u8>| {
        failure(move || {
            Ok(Response::new(200, Cursor::new(bytes.clone())).with_header("Content-Encoding", "gzip"))
        })
    };
    let whole = gzip(CONFIG.as_bytes());
    assert_eq!(unpacked(whole[..whole.len() - 9].to_vec()).0, ConnectionFailed);
    assert_eq!(unpacked(b"no gzip at all".to_vec()).0, InvalidContent);
    for (kind, expected) in [
        (io::ErrorKind::TimedOut, TimedOut),
        (io::ErrorKind::WouldBlock, TimedOut),
        (io::ErrorKind::InvalidData, InvalidContent),
        (io::ErrorKind::ConnectionReset, ConnectionFailed),
        (io::ErrorKind::UnexpectedEof, ConnectionFailed),
        (io::ErrorKind::Other, ConnectionFailed),
    ] {
        for coding in ["identity", "gzip"] {
            let answer = move || {
                let cause = format!("a reader\nof {KEY}");
                let error = move |_: &mut [u8]| Err(io::Error::new(kind, cause.clone()));
                Ok(body(error).with_header("Content-Encoding", coding))
            };
            let (found, text) = failure(answer);
            assert_eq!(found, expected, "{text}");
            assert!(text.ends_with(&format!("status 200): a reader\\nof {}", key())), "{text}");
        }
    }
    let unknown = || Ok(Response::new(200, io::empty()).with_header("Content-Encoding", "br"));
    assert_eq!(failure(unknown).0, InvalidContent);
}

#[test]
fn heads_have_the_limits_of_the_default_transport() {
    let many = |count: usize, value: String| {
        fetcher(move |_, _| {
            let response = Response::new(200, CONFIG.as_bytes());
            Ok((0..count).fold(response, |response, _| response.with_header("X-Many", value.clone())))
        })
    };
    config(many(128, String::new()).fetch(None));
    config(many(1, "x".repeat(65_000)).fetch(None));
    for fetcher in [many(129, String::new()), many(1, "x".repeat(66_000))] {
        assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    }
    for etag in ["x".repeat(2_000), "a\nb".to_owned(), "\u{e9}".to_owned()] {
        let fetcher =
            fetcher(move |_, _| Ok(Response::new(200, CONFIG.as_bytes()).with_header("ETag", etag.clone())));
        assert_eq!(config(fetcher.fetch(None)).1, None);
    }
}

/// Error with a chain of causes that has no end.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("and again")
    }
}

impl Error for Endless {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[test]
fn errors_are_shown_in_one_short_line_without_the_key() {
    use FetchErrorKind::{ConnectionFailed, TimedOut};
    let pair = KEY.strip_prefix("configcat-sdk-1/").unwrap();
    let left_out = "the message is left out, since it quotes the SDK key in an unusual form";
    let masked = key().to_string();
    let masked_pair = masked.split_once('/').unwrap().1.to_owned();
    for (cause, shown) in [
        ("no route".to_owned(), "no route".to_owned()),
        ("two\r\nlines \u{1b}[31m".to_owned(), "two\\r\\nlines \\u{1b}[31m".to_owned()),
        (format!("GET https://a.example/{KEY}/x"), format!("GET https://a.example/{masked}/x")),
        (format!("{pair} and {KEY}"), format!("{masked_pair} and {masked}")),
        (KEY.replace('/', "%252F").replace('_', "%5F"), left_out.to_owned()),
        (KEY.to_lowercase(), left_out.to_owned()),
        ("x".repeat(100_000), "x".repeat(500)),
        // The cut leaves no part of the key.
        (format!("{}{KEY}", "x".repeat(470)), format!("{}{}", "x".repeat(470), &masked[..30])),
    ] {
        for (is_timeout, kind) in [(true, TimedOut), (false, ConnectionFailed)] {
            let cause = cause.clone();
            let (found, text) = failure(move || {
                Err(if is_timeout {
                    TransportError::timed_out(cause.clone())
                } else {
                    TransportError::connection_failed(cause.clone())
                })
            });
            assert_eq!(found, kind);
            assert!(text.ends_with(&format!("/config_v6.json): {shown}")), "{text}");
        }
    }
    // The causes of the cause follow, of a chain without end only some.
    let (_, text) = failure(|| Err(TransportError::connection_failed(Endless)));
    assert!(text.contains(": and again: and again") && text.len() < 1_000, "{text}");
    // Codes of the system stay, for callers that look at them.
    let refused = fetcher(|_, _| Err(io::Error::from_raw_os_error(111).into()));
    let error: FetchError = error(refused.fetch(None));
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.and_then(io::Error::raw_os_error), Some(111));
}

/// Value that panics when it is dropped, as many times as the number says.
struct PanicsWhenDropped(u32);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(PanicsWhenDropped(left));
        }
    }
}

impl Read for PanicsWhenDropped {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

/// Error whose text panics.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no text");
    }
}

impl Error for Unspeakable {}

#[test]
fn a_panic_of_a_transport_is_an_error_of_the_fetch() {
    type Answer = fn() -> Sent;
    let masked = key().to_string();
    for (answer, shown) in [
        ((|| panic!("a\nbug at {KEY}")) as Answer, format!("a\\nbug at {masked}")),
        (|| panic!("fixed text"), "fixed text".to_owned()),
        (|| Ok(body(|_| panic!("in the body"))), "in the body".to_owned()),
        (|| Err(TransportError::connection_failed(Unspeakable)), "no text".to_owned()),
        (|| Ok(Response::new(500, PanicsWhenDropped(1))), "without a message".to_owned()),
        (|| Ok(Response::new(200, PanicsWhenDropped(3))), "without a message".to_owned()),
        (|| panic_any(PanicsWhenDropped(4)), "without a message".to_owned()),
    ] {
        let (kind, text) = failure(answer);
        assert_eq!(kind, FetchErrorKind::ConnectionFailed);
        assert!(text.ends_with(&format!(": the transport panicked: {shown}")), "{text}");
    }
    // The next fetch works.
    let fetcher = fetcher(|number, _| {
        assert!(number > 0, "the first request");
        Ok(Response::new(200, CONFIG.as_bytes()))
    });
    assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    config(fetcher.fetch(None));
}

#[test]
fn a_key_repeated_in_headers_stays_masked_and_is_sent_back() {
    let (options, urls) = own(|number, request| match number {
        0 => Ok(Response::new(302, io::empty()).with_header("Location", format!("/moved/{KEY}"))),
        1 => Ok(Response::new(200, CONFIG.as_bytes()).with_header("ETag", KEY).with_header("CF-RAY", KEY)),
        _ => {
            assert_eq!(
                request.headers().find(|(name, _)| *name == "If-None-Match"),
                Some(("If-None-Match", KEY))
            );
            Ok(Response::new(500, io::empty()).with_header("CF-RAY", KEY))
        }
    });
    let fetcher = Fetcher::new(options).unwrap();
    let fetch = fetcher.fetch(None);
    secrecy::check(&format!("{fetch:?}"));
    let (_, etag) = config(fetch);
    assert_eq!(error(fetcher.fetch(etag.as_deref())).status(), Some(500));
    assert_eq!(urls.lock().unwrap()[1], format!("https://cdn-global.configcat.com/moved/{KEY}"));
}

#[test]
fn a_header_that_quotes_the_key_in_an_unusual_form_is_not_shown() {
    for quoted in [KEY.to_lowercase(), KEY.replace('T', "%54")] {
        for (status, name) in
            [(200, "ETag"), (200, "Content-Encoding"), (500, "CF-RAY"), (404, "Content-Encoding")]
        {
            let value = quoted.clone();
            let fetcher = fetcher(move |_, _| {
                Ok(Response::new(status, CONFIG.as_bytes()).with_header(name, value.clone()))
            });
            let text = format!("{:?}", fetcher.fetch(None));
            assert!(!text.contains(&quoted[..40]), "{text}");
        }
    }
}

#[test]
fn a_fetcher_that_is_shut_down_sends_nothing() {
    let (options, urls) = own(|_, _| Ok(Response::new(200, CONFIG.as_bytes())));
    let fetcher = Fetcher::new(options).unwrap();
    fetcher.shut_down();
    assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    assert_eq!(error(fetcher.fetch_until(None, Instant::now())).kind(), FetchErrorKind::ConnectionFailed);
    assert_eq!(urls.lock().unwrap().len(), 0);
    config(fetcher.with_new_connections().fetch(None));
}

#[test]
fn a_transport_renews_itself_before_the_first_request_after_a_fork() {
    let (options, urls) = own(|_, _| Ok(Response::new(403, io::empty())));
    let parent = Fetcher::new(options.base_url(BaseUrl::parse("http://a.example").unwrap())).unwrap();
    parent.fetch(None).outcome.unwrap_err();
    let child = parent.with_new_connections();
    assert_eq!(urls.lock().unwrap().len(), 1, "not while the fetcher is made, which must not wait");
    child.fetch(None).outcome.unwrap_err();
    child.fetch(None).outcome.unwrap_err();
    let url = format!("http://a.example/configuration-files/{KEY}/config_v6.json");
    assert_eq!(*urls.lock().unwrap(), [&url, "after fork", &url, &url]);
}

#[test]
fn options_that_a_transport_does_not_use_are_refused() {
    let own = || {
        FetchOptions::new(key()).transport(Own {
            answer: |_: usize, _: &Request<'_>| Err(TransportError::timed_out("late")),
            urls: Arc::default(),
        })
    };
    secrecy::check(&format!("{:?}", own()));
    for options in
        [own().proxy(Proxy::url("http://proxy.example:3128").unwrap()), own().root_certificates("any")]
    {
        assert_eq!(Fetcher::new(options).unwrap_err(), OptionsError::UnusedByTransport);
    }
    for options in [own(), own().proxy(Proxy::None)] {
        assert_eq!(error(Fetcher::new(options).unwrap().fetch(None)).kind(), FetchErrorKind::TimedOut);
    }
}
