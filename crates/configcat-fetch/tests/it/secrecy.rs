//! Secrecy of the SDK key: no log record, error or `Debug` shows it. Checked in every test, and
//! here for servers that repeat the key.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::thread;

use configcat_fetch::{BaseUrl, FetchErrorKind, FetchOptions, Fetcher, OptionsError, Outcome};

use crate::server::{After, Server, response};
use crate::{CONFIG, KEY, config, error, fetcher, key, options};

/// Password of the user `me` of a proxy: in a URL, and with the user as it is sent.
pub(crate) const PROXY_PASSWORD: &str = "correct%20horse%20battery";
pub(crate) const PROXY_CREDENTIALS: &str = "bWU6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";

/// Panics if a text holds the key, the password of a proxy, or a piece of one of them.
pub(crate) fn check(text: &str) {
    let secret = KEY.strip_prefix("configcat-sdk-1/").unwrap();
    let secret = &secret[..secret.len() - 6];
    let secrets = [secret, PROXY_PASSWORD, PROXY_CREDENTIALS];
    for piece in secrets.iter().flat_map(|secret| secret.as_bytes().windows(8)) {
        let piece = std::str::from_utf8(piece).unwrap();
        assert!(!text.contains(piece), "a secret shows, by {piece}: {text}");
    }
}

/// Checks an error in all its forms, and its causes.
pub(crate) fn check_error(error: &(dyn Error + 'static)) {
    let mut next = Some(error);
    while let Some(error) = next {
        check(&format!("{error} {error:#} {error:?} {error:#?}"));
        next = error.source();
    }
}

static HAS_SEEN_MASK: AtomicBool = AtomicBool::new(false);

/// Checks every log record from now on, of any level and any crate.
pub(crate) fn watch_log() {
    struct Watcher;

    impl log::Log for Watcher {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            let text = record.args().to_string();
            check(&text);
            if text.contains(&key().to_string()) {
                HAS_SEEN_MASK.store(true, Ordering::Relaxed);
            }
        }

        fn flush(&self) {}
    }

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Watcher).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

#[test]
fn the_http_client_logs_the_mask() {
    let server = Server::responding(200, &[], CONFIG);
    fetcher(&server).fetch(None).outcome.unwrap();
    assert!(HAS_SEEN_MASK.load(Ordering::Relaxed), "the client logs no URLs any more; the redactor may go");
    // What reached the server is the key itself.
    assert_eq!(server.requests()[0].line, format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1"));
}

#[test]
fn options_and_fetcher_show_the_mask() {
    let options = FetchOptions::new(key());
    check(&format!("{options:?} {options:#?}"));
    let fetcher = Fetcher::new(options).unwrap();
    check(&format!("{fetcher:?} {fetcher:#?}"));
    assert!(format!("{fetcher:?}").contains(&key().to_string()));
}

#[test]
fn a_key_repeated_by_the_server_stays_masked() {
    let page = format!("Cannot GET /configuration-files/{KEY}/config_v6.json");
    for (status, kind) in [
        (302, FetchErrorKind::UnexpectedResponse),
        (403, FetchErrorKind::SdkKeyRejected),
        (404, FetchErrorKind::SdkKeyRejected),
        (500, FetchErrorKind::UnexpectedResponse),
    ] {
        let headers =
            [("CF-RAY", KEY), ("Server", KEY), ("Content-Type", KEY), ("ETag", KEY), ("Retry-After", KEY)];
        let server = Server::responding(status, &headers, &page);
        assert_eq!(error(fetcher(&server).fetch(None)).kind(), kind);
    }
    // In a head that is no HTTP, and one that never ends.
    for head in
        [format!("HTTP/1.1 {KEY}\r\n\r\n"), format!("{KEY}\r\n\r\n"), format!("HTTP/1.1 200 OK\r\n{KEY}")]
    {
        let server = Server::scripted([(head.into_bytes(), After::Close)]);
        assert_eq!(error(fetcher(&server).fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    }
}

#[test]
fn a_location_that_holds_the_key_is_followed() {
    let path = format!("/elsewhere/{KEY}/config_v6.json?a=b");
    // The head comes after an interim response, in two pieces; the first one ends within the key.
    let location =
        format!("HTTP/1.1 103 Early Hints\r\nLink: {KEY}\r\n\r\nHTTP/1.1 301 Moved\r\nLocation: {path}\r\n");
    let cut = location.len() - 30;
    let server = Server::new(move |request, stream| {
        if request.line.contains("/elsewhere/") {
            stream.write_all(&response(200, &[("ETag", KEY)], CONFIG)).unwrap();
            return After::Keep;
        }
        stream.write_all(&location.as_bytes()[..cut]).unwrap();
        stream.flush().unwrap();
        thread::yield_now();
        stream.write_all(&location.as_bytes()[cut..]).unwrap();
        stream.write_all(b"Content-Length: 0\r\n\r\n").unwrap();
        After::Keep
    });
    let fetcher = fetcher(&server);
    let Outcome::Fetched(config) = fetcher.fetch(None).outcome.unwrap() else {
        panic!("a config should come")
    };
    assert_eq!(config.body, CONFIG);
    let lines: Vec<_> = server.requests().into_iter().map(|request| request.line).collect();
    let first = format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1");
    assert_eq!(lines, [first, format!("GET /elsewhere/{KEY}/config_v6.json?a=b HTTP/1.1")]);

    // A masked ETag is the server's own again when it goes back.
    check(&format!("{config:?}"));
    fetcher.fetch(config.etag.as_deref()).outcome.unwrap();
    assert_eq!(server.requests()[2].header("If-None-Match"), Some(KEY));
}

#[test]
fn a_location_with_an_encoded_key_stays_masked() {
    let pair = KEY.strip_prefix("configcat-sdk-1/").unwrap();
    let first = pair.split('/').next().unwrap();
    let masked = mask_of_parts();
    for (quoted, sent) in [
        (KEY.replace('/', "%2F"), KEY.replace('/', "%2F")),
        (KEY.replace('/', "%2f"), KEY.replace('/', "%2f")),
        (pair.to_owned(), pair.to_owned()),
        (pair.replace('/', "%2F"), pair.replace('/', "%2F")),
        // The parts by themselves stay masked.
        (KEY.replace('/', "%252F"), format!("configcat-sdk-1%252F{}%252F{}", masked[0], masked[1])),
        (first.to_owned(), masked[0].clone()),
    ] {
        let portal = Server::responding(200, &[], CONFIG);
        let location = format!("{}/login?next=%2Fconfiguration-files%2F{quoted}", portal.url());
        let server = Server::responding(302, &[("Location", &location), ("Link", &quoted)], "");
        assert_eq!(config(fetcher(&server).fetch(None)).0, CONFIG);
        let line = format!("GET /login?next=%2Fconfiguration-files%2F{sent} HTTP/1.1");
        assert_eq!(portal.requests()[0].line, line);
    }
}

/// A redirect to a URL of asterisks gives the host neither the key nor a part of it.
#[test]
fn asterisks_never_become_the_key() {
    let [first, second] = mask_of_parts();
    let unknown = format!("{first}/{}", "*".repeat(second.len()));
    for location in [first, unknown] {
        let portal = Server::responding(200, &[], CONFIG);
        let server = Server::responding(302, &[("Location", &format!("{}/{location}", portal.url()))], "");
        config(fetcher(&server).fetch(None));
        assert_eq!(portal.requests()[0].line, format!("GET /{location} HTTP/1.1"));
    }
}

/// Returns the masks of the two random parts.
fn mask_of_parts() -> [String; 2] {
    let mask = key().to_string();
    let parts: Vec<_> = mask.split('/').map(str::to_owned).collect();
    [parts[1].clone(), parts[2].clone()]
}

/// The key and its parts, as they may be quoted in a URL.
fn quotations() -> [String; 8] {
    let parts: Vec<_> = KEY.split('/').collect();
    [
        KEY.to_owned(),
        KEY.replace('/', "%2F"),
        KEY.replace('/', "%2f"),
        KEY.replace('/', "%252F"),
        KEY.replace('K', "%4B").replace('_', "%5f"),
        KEY.to_ascii_lowercase(),
        parts[1].to_owned(),
        format!("x{}y", parts[2]),
    ]
}

#[test]
fn a_base_url_that_holds_the_key_is_refused() {
    for quoted in quotations() {
        let url = BaseUrl::parse(&format!("https://a.example/{quoted}")).unwrap();
        for options in [options().base_url(url.clone()), options().start_url(url)] {
            assert_eq!(Fetcher::new(options).unwrap_err(), OptionsError::KeyInBaseUrl, "{quoted}");
        }
    }
}

/// Returns `text` as JSON in which each character is escaped, so that a log of the body does not
/// show it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("\\u{byte:04x}")).collect()
}

/// Starts a server that answers with a config that redirects to the server itself, with `quoted` as
/// the path; after that with errors.
fn misleading_server(quoted: &str, redirect: u8) -> Server {
    let url = Arc::new(OnceLock::<String>::new());
    let server = Server::new({
        let url = Arc::clone(&url);
        move |request, stream| {
            let body = format!(r#"{{"p":{{"u":"{}","r":{redirect}}},"f":{{}}}}"#, url.get().unwrap());
            let status = if request.number == 0 { 200 } else { 500 };
            stream.write_all(&response(status, &[], body)).unwrap();
            After::Keep
        }
    });
    url.set(escaped(&format!("{}/{quoted}", server.url()))).unwrap();
    server
}

#[test]
fn a_redirect_url_that_holds_the_key_is_ignored() {
    for (quoted, redirect) in quotations().iter().flat_map(|quoted| [0, 1, 2].map(|mode| (quoted, mode))) {
        let server = misleading_server(quoted, redirect);
        let fetcher = Fetcher::new(options().start_url(server.url())).unwrap();
        let fetch = fetcher.fetch(None);
        assert!(matches!(fetch.outcome, Ok(Outcome::Fetched(_))), "{fetch:?}");
        assert!(!fetch.is_data_governance_out_of_sync && fetch.redirect_error.is_none());
        assert_eq!(error(fetcher.fetch(None)).status(), Some(500));
        check(&format!("{fetcher:?} {:?}", fetcher.with_new_connections()));
        let lines = server.requests().into_iter().map(|request| request.line);
        let line = format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1");
        assert!(lines.eq([line.clone(), line]), "{quoted}");
    }
}
