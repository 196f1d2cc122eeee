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

#[test]
fn an_http_proxy_is_asked_to_connect() {
    let proxy = Server::new(|request, stream| {
        let is_connect = request.line == "CONNECT flags.invalid:8080 HTTP/1.1";
        // After that the proxy plays the server behind it as well.
        let bytes = if is_connect { b"HTTP/1.1 200 OK\r\n\r\n".to_vec() } else { response(200, &[], CONFIG) };
        stream.write_all(&bytes).unwrap();
        After::Keep
    });
    let proxy_url = Proxy::url(&format!("http://me:{PROXY_PASSWORD}@{}", proxy.address())).unwrap();
    let origin = BaseUrl::parse(ORIGIN).unwrap();
    let fetcher = Fetcher::new(options().base_url(origin).proxy(proxy_url)).unwrap();
    for _ in 0..3 {
        assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
    }

    let requests = proxy.requests();
    assert_eq!((requests.len(), proxy.connections()), (4, 1));
    assert_eq!(
        requests[0].header("Proxy-Authorization"),
        Some(format!("Basic {PROXY_CREDENTIALS}").as_str())
    );
    for request in &requests[1..] {
        assert_eq!(request.line, format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1"));
        assert_eq!(request.header("Host"), Some("flags.invalid:8080"));
        assert_eq!(request.header("Proxy-Authorization"), None);
    }
}

#[test]
fn a_proxy_that_refuses_is_a_failed_connection() {
    let proxy = Server::responding(407, &[], "");
    let proxy_url = Proxy::url(&format!("http://me:{PROXY_PASSWORD}@{}", proxy.address())).unwrap();
    let options = options().base_url(BaseUrl::parse(ORIGIN).unwrap()).proxy(proxy_url);
    secrecy::check(&format!("{options:?}"));
    let error = error(Fetcher::new(options).unwrap().fetch(None));
    assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed);
    let text = format!("{error:#} {error:?}");
    assert!(text.contains("407"), "{text}");
}

#[test]
fn a_socks_proxy_is_given_the_name() {
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
