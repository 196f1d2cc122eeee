//! HTTP and SOCKS proxies.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use configcat_fetch::{BaseUrl, FetchErrorKind, Fetcher, Proxy};

use crate::secrecy::{self, PROXY_CREDENTIALS, PROXY_PASSWORD};
use crate::server::{After, Server, response};
use crate::{CONFIG, KEY, config, error, options};

/// Never looked up: the proxy is given the name.
const ORIGIN: &str = "http://flags.invalid:8080";

/// A fetcher that goes through an HTTP proxy, which it logs in to.
fn through(proxy: &Server, origin: &str) -> Fetcher {
    let proxy_url = Proxy::url(&format!("http://me:{PROXY_PASSWORD}@{}", proxy.address())).unwrap();
    let options = options().base_url(BaseUrl::parse(origin).unwrap()).proxy(proxy_url);
    secrecy::check(&format!("{options:?}"));
    Fetcher::new(options).unwrap()
}

fn credentials() -> String {
    format!("Basic {PROXY_CREDENTIALS}")
}

#[test]
fn an_http_proxy_gets_plain_requests_in_absolute_form() {
    let proxy = Server::new(|request, stream| {
        let found = [("Location", "http://other.invalid/moved")];
        let bytes = if request.number == 0 { response(302, &found, "") } else { response(200, &[], CONFIG) };
        stream.write_all(&bytes).unwrap();
        After::Keep
    });
    let fetcher = through(&proxy, &format!("{ORIGIN}/base"));
    for _ in 0..3 {
        assert_eq!(config(fetcher.fetch(Some("\"1\""))).0, CONFIG);
    }
    let first = format!("GET {ORIGIN}/base/configuration-files/{KEY}/config_v6.json HTTP/1.1");
    let requests = proxy.requests();
    for (request, (line, host)) in requests.iter().zip([
        (first.as_str(), "flags.invalid:8080"),
        ("GET http://other.invalid/moved HTTP/1.1", "other.invalid"),
        (&first, "flags.invalid:8080"),
        (&first, "flags.invalid:8080"),
    ]) {
        assert_eq!((request.line.as_str(), request.header("Host")), (line, Some(host)));
        assert_eq!(request.header("Proxy-Authorization"), Some(credentials().as_str()));
        assert_eq!(request.header("If-None-Match"), Some("\"1\""));
    }
    assert_eq!((requests.len(), proxy.connections()), (4, 2), "a connection for each host");
}

#[test]
fn a_proxy_url_without_credentials_sends_no_credentials() {
    let proxy = Server::responding(200, &[], CONFIG);
    let url = Proxy::url(&format!(" http://{}\n", proxy.address())).unwrap();
    let options = options().base_url(BaseUrl::parse("http://flags.invalid").unwrap()).proxy(url);
    assert_eq!(config(Fetcher::new(options).unwrap().fetch(None)).0, CONFIG);
    let request = &proxy.requests()[0];
    assert!(request.line.starts_with("GET http://flags.invalid/configuration-files/"), "{}", request.line);
    assert_eq!(request.header("Proxy-Authorization"), None);
}

#[test]
fn an_http_proxy_gets_a_long_request_whole() {
    let proxy = Server::new(|request, stream| {
        let location = format!("/{}", "x".repeat(6000));
        let found = [("Location", location.as_str())];
        let bytes = if request.number == 0 { response(302, &found, "") } else { response(200, &[], CONFIG) };
        stream.write_all(&bytes).unwrap();
        After::Keep
    });
    let user = "u".repeat(20_000);
    let url = Proxy::url(&format!("http://{user}@{}", proxy.address())).unwrap();
    let fetcher = Fetcher::new(options().base_url(BaseUrl::parse(ORIGIN).unwrap()).proxy(url)).unwrap();
    assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
    let request = &proxy.requests()[1];
    assert_eq!(request.line, format!("GET {ORIGIN}/{} HTTP/1.1", "x".repeat(6000)));
    // In base64, with the colon.
    assert_eq!(request.header("Proxy-Authorization").unwrap().len(), "Basic ".len() + 20_001 * 4 / 3);
}

#[test]
fn a_proxy_that_refuses_is_an_unexpected_response() {
    let proxy = Server::responding(407, &[], "");
    let error = error(through(&proxy, ORIGIN).fetch(None));
    assert_eq!((error.kind(), error.status()), (FetchErrorKind::UnexpectedResponse, Some(407)));
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn an_http_proxy_is_asked_to_connect_for_https() {
    let proxy = Server::responding(407, &[], "");
    let error = error(through(&proxy, "https://flags.invalid").fetch(None));
    assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed);
    let text = format!("{error:#} {error:?}");
    assert!(text.contains("407"), "{text}");
    let request = &proxy.requests()[0];
    assert_eq!(request.line, "CONNECT flags.invalid:443 HTTP/1.1");
    assert_eq!(request.header("Proxy-Authorization"), Some(credentials().as_str()));
}

#[test]
fn a_socks_proxy_gets_the_host_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::url(&format!("socks5h://{}", listener.local_addr().unwrap())).unwrap();
    let fetcher = Fetcher::new(options().base_url(BaseUrl::parse(ORIGIN).unwrap()).proxy(proxy)).unwrap();
    thread::scope(|scope| {
        let fetch = scope.spawn(|| config(fetcher.fetch(None)).0);
        let (mut stream, _) = listener.accept().unwrap();
        let mut exchange = |length: u8, answer: &[u8]| {
            let mut bytes = vec![0; length.into()];
            stream.read_exact(&mut bytes).unwrap();
            stream.write_all(answer).unwrap();
            bytes
        };
        let greeting = exchange(2, &[]);
        exchange(greeting[1], &[5, 0]);
        let connect = exchange(5, &[]);
        assert_eq!(connect[..4], [5, 1, 0, 3], "connect to a name");
        assert_eq!(exchange(connect[4] + 2, &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), b"flags.invalid\x1f\x90");
        exchange(0, &response(200, &[], CONFIG));
        assert_eq!(fetch.join().unwrap(), CONFIG);
    });
}
