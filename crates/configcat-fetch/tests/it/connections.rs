//! When a connection is used again, and when not.

use std::thread;
use std::time::{Duration, Instant};

use configcat_fetch::FetchErrorKind;

use crate::server::{After, Server, response};
use crate::{CONFIG, config, error, fetcher};

#[test]
fn one_connection_serves_many_fetches() {
    let server = Server::responding(200, &[("ETag", "\"1\"")], CONFIG);
    let fetcher = fetcher(&server);
    for _ in 0..20 {
        config(fetcher.fetch(Some("\"0\"")));
    }
    assert_eq!((server.requests().len(), server.connections()), (20, 1));
}

#[test]
fn connections_closed_after_a_response_are_replaced() {
    for headers in [&[][..], &[("Connection", "close")]] {
        let server = Server::scripted([(response(200, headers, CONFIG), After::Close)]);
        let fetcher = fetcher(&server);
        for _ in 0..5 {
            config(fetcher.fetch(None));
        }
        assert_eq!(server.connections(), 5);
    }
}

#[test]
fn a_request_on_a_closed_connection_is_retried() {
    // As when the server's idle limit passes just when the next poll begins.
    let server = Server::new(|request, stream| {
        if request.number == 1 {
            return After::Close;
        }
        stream.write_all(&response(200, &[], CONFIG)).unwrap();
        After::Keep
    });
    let fetcher = fetcher(&server);
    config(fetcher.fetch(None));
    config(fetcher.fetch(None));
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[test]
fn a_request_is_retried_only_once() {
    let server = Server::new(|request, stream| {
        if request.number > 0 {
            return After::Close;
        }
        stream.write_all(&response(200, &[], CONFIG)).unwrap();
        After::Keep
    });
    let fetcher = fetcher(&server);
    config(fetcher.fetch(None));
    assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn threads_may_share_a_fetcher() {
    let server = Server::responding(200, &[], CONFIG);
    let fetcher = fetcher(&server);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(config(fetcher.fetch(None)).0, CONFIG));
        }
    });
    assert_eq!(server.requests().len(), 8);
}

#[test]
fn shutting_down_interrupts_a_request() {
    let server = Server::scripted([(Vec::new(), After::Hang)]);
    let fetcher = fetcher(&server);
    let start = Instant::now();
    thread::scope(|scope| {
        let fetch = scope.spawn(|| error(fetcher.fetch(None)));
        server.await_request();
        fetcher.shut_down();
        assert_eq!(fetch.join().unwrap().kind(), FetchErrorKind::ConnectionFailed);
    });
    assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    assert_eq!(server.requests().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(10), "the request timeout is 30 s");
}
