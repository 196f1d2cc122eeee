//! Servers that are not there, or hang, or talk nonsense.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use configcat_fetch::{BaseUrl, FetchError, FetchErrorKind, Fetcher};

use crate::server::{After, Server};
use crate::{CONFIG, error, fetcher, hasty_fetcher, options};

const LIMIT: Duration = Duration::from_millis(250);
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));
/// Time that a busy machine may add to the limit.
const SLACK: Duration = Duration::from_secs(5);

fn assert_timed_out(fetcher: &Fetcher, cause: &str) {
    let start = Instant::now();
    let error = error(fetcher.fetch(None));
    let elapsed = start.elapsed();
    assert_eq!(error.kind(), FetchErrorKind::TimedOut, "{error:#}");
    assert!(format!("{error:#}").ends_with(cause), "{error:#}");
    assert!(elapsed >= LIMIT && elapsed < LIMIT + SLACK, "{elapsed:?}");
}

#[test]
fn a_silent_server_times_out() {
    for answer in [
        "",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"f\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"f",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let server = Server::scripted([(answer.as_bytes().to_vec(), After::Hang)]);
        assert_timed_out(&hasty_fetcher(&server, LIMIT), ": the request took longer than 250ms");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_slow_response_times_out() {
    // Each byte comes in time; all of them would take a minute.
    let server = Server::new(|_, stream| {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n{}", " ".repeat(3000));
        for byte in bytes.as_bytes() {
            thread::sleep(Duration::from_millis(20));
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
        After::Close
    });
    assert_timed_out(&hasty_fetcher(&server, LIMIT), ": the request took longer than 250ms");
}

#[test]
fn redirects_share_one_time_limit() {
    let server = Server::new(|request, stream| {
        thread::sleep(LIMIT / 4);
        let next =
            format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\nContent-Length: 0\r\n\r\n", request.number);
        let _ = stream.write_all(next.as_bytes());
        After::Keep
    });
    assert_timed_out(&hasty_fetcher(&server, LIMIT), ": the request took longer than 250ms");
}

#[test]
fn a_fetch_ends_at_its_deadline() {
    let server = Server::scripted([(Vec::new(), After::Hang)]);
    let fetcher = fetcher(&server);
    let start = Instant::now();
    let failure = error(fetcher.fetch_until(None, start + LIMIT));
    assert_eq!(failure.kind(), FetchErrorKind::TimedOut, "{failure:#}");
    assert!(start.elapsed() >= LIMIT && start.elapsed() < LIMIT + SLACK, "the request timeout is 30 s");

    // It is passed already, so nothing is sent.
    let failure = error(fetcher.fetch_until(None, start));
    assert_eq!(failure.kind(), FetchErrorKind::TimedOut);
    assert!(format!("{failure:#}").ends_with(": there was no time left for the request"), "{failure:#}");
    assert_eq!((server.requests().len(), server.connections()), (1, 1));

    // One that is far away does not lengthen the request timeout.
    let fetcher = hasty_fetcher(&server, LIMIT);
    let failure = error(fetcher.fetch_until(None, start + Duration::from_secs(3600)));
    assert!(format!("{failure:#}").ends_with(": the request took longer than 250ms"), "{failure:#}");
}

#[test]
fn a_refused_connection_is_a_failed_connection() {
    let nowhere = BaseUrl::parse("http://127.0.0.1:1").unwrap();
    let error = error(Fetcher::new(options().base_url(nowhere)).unwrap().fetch(None));
    assert_eq!((error.kind(), error.status()), (FetchErrorKind::ConnectionFailed, None));
    assert!(std::error::Error::source(&error).unwrap().is::<std::io::Error>());
}

#[test]
fn an_unknown_host_fails_to_connect() {
    // The name is reserved for this. Where there is no network at all, the lookup fails just so.
    let nowhere = BaseUrl::parse("http://configcat.invalid").unwrap();
    let error = error(Fetcher::new(options().base_url(nowhere)).unwrap().fetch(None));
    assert!(matches!(error.kind(), FetchErrorKind::ConnectionFailed | FetchErrorKind::TimedOut), "{error:#}");
}

#[test]
fn a_truncated_response_is_a_failed_connection() {
    for answer in [
        "",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"f\":{}}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"f\":{}}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f",
    ] {
        let server = Server::scripted([(answer.as_bytes().to_vec(), After::Close)]);
        let error = error(fetcher(&server).fetch(None));
        assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed, "{answer:?} {error:#}");
        assert_eq!(server.requests().len(), 1, "a connection that is new is not tried again");
    }
}

#[test]
fn malformed_http_is_a_failed_connection() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Many: 1\r\n".repeat(2_000));
    for answer in [
        "\r\r\r\r\r\r",
        "\n\n\n\n",
        "\0\0\0\0",
        "garbage\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\rContent-Length: 2\r\r{}",
        "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}junk\r\n0\r\n\r\n",
        &long,
        &many,
    ] {
        let server = Server::scripted([(answer.as_bytes().to_vec(), After::Close)]);
        let error = error(fetcher(&server).fetch(None));
        let start = &answer[..answer.len().min(80)];
        assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed, "{start:?} {error:#}");
    }
}

#[test]
fn a_short_content_length_truncates_the_body() {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{CONFIG}");
    let server = Server::scripted([(answer.into_bytes(), After::Keep)]);
    let fetcher = fetcher(&server);
    for _ in 0..2 {
        assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::InvalidContent);
    }
    // What is left over must not be taken for the next response.
    assert_eq!(server.connections(), 2);
}

/// Fetches over `https` from a server that sends `answer` and nothing more.
fn fetch_over_tls(answer: &[u8], connect_timeout: Duration) -> FetchError {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = BaseUrl::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let fetcher = Fetcher::new(options().base_url(url).connect_timeout(connect_timeout)).unwrap();
    thread::scope(|scope| {
        let fetch = scope.spawn(|| error(fetcher.fetch(None)));
        let _connection = HAS_TLS.then(|| {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(answer).unwrap();
            stream
        });
        fetch.join().unwrap()
    })
}

#[test]
fn a_server_without_tls_is_a_failed_connection() {
    let error = fetch_over_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n", SLACK);
    assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed, "{error:#}");
    if !HAS_TLS {
        let cause = ": this build has no TLS; turn on one of the features `rustls` and `native-tls`";
        assert!(format!("{error:#}").ends_with(cause), "{error:#}");
    }
}

#[test]
fn a_silent_tls_server_times_out() {
    let error = fetch_over_tls(b"", LIMIT);
    if HAS_TLS {
        assert_eq!(error.kind(), FetchErrorKind::TimedOut, "{error:#}");
        assert!(format!("{error:#}").ends_with(": connecting took longer than 250ms"), "{error:#}");
    }
}
