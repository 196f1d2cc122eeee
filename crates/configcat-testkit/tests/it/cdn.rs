//! Tests of the CDN and its faults, with a client and with bare sockets.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use configcat::{Client, fetch::FetchErrorKind};
use configcat_testkit::{Cdn, Reply, SDK_KEY, config_json};

use crate::client;

/// Sends one request, and reads until the connection ends.
fn ask(cdn: &Cdn, path: &str, headers: &str) -> (String, Result<(), ErrorKind>) {
    let mut stream = TcpStream::connect(cdn.url().trim_start_matches("http://")).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: cdn\r\n{headers}\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop).map_err(|error| error.kind());
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

/// Returns the error of a fetch that gets this answer.
fn fetch_error(reply: Reply) -> FetchErrorKind {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    cdn.script([reply]);
    let client = client(&cdn).build().unwrap();
    let kind = refresh_error(&client);
    assert_eq!(cdn.count(), 1);
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None), "the next request is answered as it should");
    kind
}

fn refresh_error(client: &Client) -> FetchErrorKind {
    client.force_refresh().unwrap_err().fetch_error().unwrap().kind()
}

#[test]
fn configs_are_served_by_key_and_by_base_with_etags() {
    let cdn = Cdn::new("config");
    cdn.serve_at("/eu", "of the EU");
    cdn.serve_for("mine", "of my own");
    cdn.set_always(Reply::content().then_close());
    let get = |path: &str| ask(&cdn, path, "").0;
    assert_eq!(get("/configuration-files/a/config_v6.json"), response("200 Reason", "\"1\"", "config"));
    assert_eq!(get("/eu/configuration-files/a/config_v6.json"), response("200 Reason", "\"2\"", "of the EU"));
    assert_eq!(get("/configuration-files/mine/config_v6.json"), response("200 Reason", "\"3\"", "of my own"));
    assert!(get("/us/configuration-files/a/config_v6.json").starts_with("HTTP/1.1 404 "));
    let unchanged = ask(&cdn, "/configuration-files/a/config_v6.json", "if-none-match: \"1\"\r\n").0;
    assert_eq!(unchanged, "HTTP/1.1 304 Reason\r\nETag: \"1\"\r\n\r\n");
    assert_eq!(cdn.etag(), "\"1\"");
}

fn response(status: &str, etag: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nETag: {etag}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn requests_are_counted_and_recorded() {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    let client = client(&cdn).build().unwrap();
    client.force_refresh().unwrap();
    client.force_refresh().unwrap();
    let requests = cdn.take_requests();
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].path, format!("/configuration-files/{SDK_KEY}/config_v6.json"));
    assert_eq!(
        (requests[0].header("if-none-match"), requests[1].header("IF-NONE-MATCH")),
        (None, Some("\"1\""))
    );
    assert_eq!((cdn.requests().len(), cdn.count(), cdn.connections()), (0, 2, 1));
    cdn.await_answers(304, 1);
    assert_eq!([200, 304, 404].map(|status| cdn.answers(status)), [1, 1, 0]);
}

#[test]
fn faults_of_responses() {
    let over = |status| fetch_error(Reply::status(status));
    assert_eq!([403, 404].map(over), [FetchErrorKind::SdkKeyRejected; 2]);
    assert_eq!([429, 500, 503].map(over), [FetchErrorKind::UnexpectedResponse; 3]);
    assert_eq!(fetch_error(Reply::body("")), FetchErrorKind::InvalidContent);
    assert_eq!(fetch_error(Reply::gzip_bomb(65 << 20)), FetchErrorKind::InvalidContent);
    assert_eq!(fetch_error(Reply::content().content_length(3).then_close()), FetchErrorKind::InvalidContent);
}

#[test]
fn faults_of_connections() {
    for reply in [
        Reply::close(),
        Reply::reset(),
        Reply::raw("garbage\r\n\r\n"),
        Reply::content().half_of_body(),
        Reply::content().half_of_body().then_reset(),
        Reply::content().content_length(1000).then_close(),
    ] {
        assert_eq!(fetch_error(reply.clone()), FetchErrorKind::ConnectionFailed, "{reply:?}");
    }
}

#[test]
fn faults_of_time() {
    for reply in [
        Reply::content().delay(Duration::from_secs(60)),
        Reply::content().drip(Duration::from_millis(50)),
        Reply::content().half_of_body().then_hang(),
        Reply::raw("").then_hang(),
        Reply::hang(),
    ] {
        let cdn = Cdn::new(&config_json([("isNew", true)]));
        cdn.script([reply.clone()]);
        let client = client(&cdn).request_timeout(Duration::from_millis(100)).build().unwrap();
        assert_eq!(refresh_error(&client), FetchErrorKind::TimedOut, "{reply:?}");
        let start = Instant::now();
        drop(cdn);
        assert!(start.elapsed() < Duration::from_secs(20), "it stops whatever it is doing");
    }
}

#[test]
fn a_reset_is_no_end() {
    let whole = "HTTP/1.1 204 Reason\r\nContent-Length: 0\r\n\r\n";
    let end = |reply: Reply| ask(&Cdn::always(reply), "/", "");
    assert_eq!(end(Reply::status(204).then_close()), (whole.to_owned(), Ok(())));
    assert_eq!(end(Reply::close()), (String::new(), Ok(())));
    assert_eq!(end(Reply::reset()), (String::new(), Err(ErrorKind::ConnectionReset)));
    assert_eq!(end(Reply::status(204).then_reset()).1, Err(ErrorKind::ConnectionReset));
}

#[test]
fn redirects_lead_somewhere_or_nowhere() {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    let path = format!("/configuration-files/{SDK_KEY}/config_v6.json");
    let client = client(&cdn).build().unwrap();
    cdn.script([Reply::redirect(302, &path)]);
    client.force_refresh().unwrap();
    cdn.set_always(Reply::redirect(302, &path));
    assert_eq!(refresh_error(&client), FetchErrorKind::UnexpectedResponse);
}

#[test]
fn what_hangs_goes_on_when_it_is_released() {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    cdn.set_always(Reply::hang());
    let client = client(&cdn).build().unwrap();
    std::thread::scope(|scope| {
        let refresh = scope.spawn(|| client.force_refresh());
        cdn.await_hanging(1);
        cdn.await_requests(1);
        cdn.release();
        refresh.join().unwrap().unwrap();
    });
}

#[test]
fn connections_are_refused_and_accepted_again_at_the_same_port() {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    let client = client(&cdn).build().unwrap();
    for requests in 1..4 {
        client.force_refresh().unwrap();
        cdn.refuse_connections();
        cdn.refuse_connections();
        assert_eq!(refresh_error(&client), FetchErrorKind::ConnectionFailed);
        let refused = TcpStream::connect(cdn.url().trim_start_matches("http://"));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        cdn.accept_connections();
        cdn.accept_connections();
        assert_eq!(cdn.count(), requests);
    }
}

#[test]
fn a_bomb_is_small_and_grows() {
    let cdn = Cdn::always(Reply::gzip_bomb(1 << 20).then_close());
    let (response, _) = ask(&cdn, "/", "");
    assert!(response.len() < 10_000, "{} bytes", response.len());
    let client = client(&cdn).build().unwrap();
    assert_eq!(refresh_error(&client), FetchErrorKind::InvalidContent);
}
