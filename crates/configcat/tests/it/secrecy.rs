//! Secrecy of the SDK key: it is not in the log at any level and of any crate, not in errors, not
//! in `Debug`.

use std::{
    error::Error,
    fmt::{Debug, Display},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

use configcat::{
    BuildError, Client, ClientBuilder, ConfigCache, MapOverrides, OverrideBehavior, PollingMode,
    RefreshError, RefreshErrorKind,
    cache::BoxError,
    fetch::{FetchErrorKind, OptionsError, Proxy},
    hooks::{ConfigFetched, ErrorEvent},
};

use crate::support::{Cdn, Mailbox, ManualClock, PATIENCE, Reply, SECOND, text_config};

/// Unused key, no part of which occurs elsewhere.
const KEY: &str = "configcat-sdk-1/qWeRtYuIoP0987654321AB/zXcVbNmAsDfGhJkL-_UoiU";
const MASKED: &str = "***************/**********************/****************-_UoiU";
/// Parts of the key that are never shown.
const SECRETS: [&str; 2] = ["qWeRtYuIoP0987654321AB", "zXcVbNmAsDfGhJkL"];

/// Half of a part must not be shown either.
#[track_caller]
fn check(text: &str) {
    for piece in SECRETS.iter().flat_map(|secret| secret.as_bytes().windows(11)) {
        let piece = std::str::from_utf8(piece).unwrap();
        assert!(!text.contains(piece), "the key shows: {text}");
    }
}

#[track_caller]
fn check_debug(shown: &impl Debug) {
    check(&format!("{shown:?} {shown:#?}"));
}

#[track_caller]
fn check_error(error: &(dyn Error + 'static)) {
    let mut next = Some(error);
    while let Some(error) = next {
        check(&format!("{error} {error:#} {error:?} {error:#?}"));
        next = error.source();
    }
}

/// Checks all records. Returns whether the mask is in them, and the number of records of the HTTP
/// client.
#[track_caller]
fn check_log(clock: &ManualClock) -> (bool, bool) {
    let records = clock.log().records();
    records.iter().for_each(|record| check(&format!("{} {}", record.target, record.text)));
    let has_mask = records.iter().any(|record| record.text.contains(MASKED));
    (has_mask, records.iter().any(|record| record.target.starts_with("ureq")))
}

fn builder(url: &str, mode: impl Into<PollingMode>, clock: &Arc<ManualClock>) -> ClientBuilder {
    Client::builder(KEY).base_url(url).proxy(Proxy::None).jitter(0.0).polling_mode(mode).clock(clock.clone())
}

/// The arguments of callbacks are checked too.
fn watch(client: &Client) -> (Mailbox<ErrorEvent>, Mailbox<ConfigFetched>) {
    let (sender, errors) = Mailbox::new();
    client.hooks().on_error(move |error| sender.send(error.clone()));
    let (sender, fetches) = Mailbox::new();
    client.hooks().on_config_fetched(move |fetched| sender.send(fetched.clone()));
    (errors, fetches)
}

/// Refreshes and checks every output. Returns the error.
#[track_caller]
fn refresh(client: &Client, clock: &ManualClock) -> Option<RefreshError> {
    let (errors, fetches) = watch(client);
    let error = client.force_refresh().err();
    error.iter().for_each(|error| check_error(error));
    errors.all().iter().for_each(|error| check_debug(error));
    fetches.all().iter().for_each(|fetched| check_debug(fetched));
    client.get_value_details("title", "", None).error.iter().for_each(|error| check_error(error));
    check_debug(&client.get_value_details("title", "", None));
    check_debug(client);
    check_debug(&client.snapshot());
    check_debug(&client.health());
    check_debug(client.hooks());
    check_log(clock);
    error
}

#[test]
fn a_success_logs_the_mask_at_most() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "Hi")));
    let client = builder(&cdn.url(), PollingMode::manual(), &clock).build().unwrap();
    assert!(refresh(&client, &clock).is_none() && refresh(&client, &clock).is_none());
    assert!(cdn.requests()[0].path.contains(KEY), "the server gets the key");
    assert!(check_log(&clock).1, "the HTTP client logs");
}

#[test]
fn failures_show_the_mask_of_the_key() {
    let repeating = |status: u16| {
        let headers = ["CF-RAY", "Server", "Retry-After", "ETag", "Location", "Content-Type", "Set-Cookie"];
        headers.iter().fold(Reply::status(status), |reply, header| reply.header(header, KEY))
    };
    let unlocated = |status: u16| Reply::status(status).header("CF-RAY", KEY).header("ETag", KEY);
    for (reply, kind) in [
        (Reply::status(403), FetchErrorKind::SdkKeyRejected),
        (repeating(404), FetchErrorKind::SdkKeyRejected),
        (repeating(500), FetchErrorKind::UnexpectedResponse),
        (unlocated(302), FetchErrorKind::UnexpectedResponse),
        (Reply::status(304), FetchErrorKind::NothingCached),
        (Reply::body(""), FetchErrorKind::InvalidContent),
        (Reply::body("<html>"), FetchErrorKind::InvalidContent),
        (Reply::close(), FetchErrorKind::ConnectionFailed),
        (Reply::hang(), FetchErrorKind::TimedOut),
    ] {
        let (clock, cdn) = (ManualClock::new(), Cdn::always(reply.clone()));
        let limit = if kind == FetchErrorKind::TimedOut { Duration::from_millis(300) } else { PATIENCE };
        let builder = builder(&cdn.url(), PollingMode::manual(), &clock).request_timeout(limit);
        let client = builder.build().unwrap();
        let error = refresh(&client, &clock).unwrap();
        assert_eq!(error.kind(), RefreshErrorKind::Fetch(kind), "{reply:?}");
        assert!(error.to_string().contains(MASKED) && check_log(&clock).0, "{error}");
        assert_eq!(clock.log().events()[0], u64::from(kind.event_id()));
    }
}

#[test]
fn a_missing_server_shows_the_mask_of_the_key() {
    let clock = ManualClock::new();
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in
        [format!("http://{refused}"), format!("https://{refused}"), "http://nowhere.invalid".to_owned()]
    {
        let client = builder(&url, PollingMode::manual(), &clock).build().unwrap();
        let error = refresh(&client, &clock).unwrap();
        assert_eq!(error.kind(), RefreshErrorKind::Fetch(FetchErrorKind::ConnectionFailed), "{error:#}");
        assert!(error.to_string().contains(MASKED), "{error}");
    }
}

#[test]
fn redirects_show_the_mask_of_the_key() {
    // Redirections of the config, in a loop, over a path that contains the key.
    let (clock, cdn) = (ManualClock::new(), Cdn::empty());
    let pointing = |to: &str| format!(r#"{{"p":{{"u":"{}{to}","r":2}},"f":{{}}}}"#, cdn.url());
    cdn.serve_at("", &pointing("/there"));
    cdn.serve_at("/there", &pointing(""));
    let client = builder(&cdn.url(), PollingMode::manual(), &clock).build().unwrap();
    assert!(refresh(&client, &clock).is_none());
    assert_eq!((clock.log().events_of(1104).len(), cdn.count()), (1, 3));
    assert!(clock.log().events_of(1104)[0].text.contains(MASKED));
    // Redirections of HTTP.
    let location = format!("{}/{KEY}/config_v6.json?key={KEY}", cdn.url());
    cdn.set_always(Reply::status(302).header("Location", &location));
    let error = refresh(&client, &clock).unwrap();
    assert_eq!(error.kind(), RefreshErrorKind::Fetch(FetchErrorKind::UnexpectedResponse));
}

/// A user may paste the whole URL of the config.
#[test]
fn a_base_url_with_the_key_is_refused_without_the_key() {
    let clock = ManualClock::new();
    let url = format!("https://cdn.example.com/configuration-files/{KEY}/config_v6.json");
    let error = builder(&url, PollingMode::manual(), &clock).build().unwrap_err();
    assert!(matches!(error, BuildError::Fetch(OptionsError::KeyInBaseUrl)), "{error:?}");
    check_log(&clock);
}

#[test]
fn automatic_polling_does_not_show_the_key() {
    for reply in [Reply::content(), Reply::status(403), Reply::status(503), Reply::close(), Reply::body("[]")]
    {
        let (clock, cdn) = (ManualClock::new(), Cdn::always(reply));
        cdn.serve(&text_config("title", "Hi"));
        let client = builder(&cdn.url(), PollingMode::auto(), &clock).build().unwrap();
        client.wait_for_ready(PATIENCE);
        for method in [Client::set_offline, Client::set_online, Client::close, Client::set_offline] {
            method(&client);
        }
        refresh(&client, &clock).unwrap();
        clock.threads().await_no_worker(PATIENCE);
        assert!(check_log(&clock).1);
    }
}

/// Cache whose errors quote their arguments.
struct Quoting;

impl ConfigCache for Quoting {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        Err(format!("no {key} here").into())
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        panic!("no {value} under {key}")
    }
}

#[test]
fn a_cache_does_not_get_the_key() {
    let (clock, cdn) = (ManualClock::new(), Cdn::empty());
    cdn.set_always(Reply::body(text_config("title", "Hi")).header("ETag", &format!("\"{KEY}\"")));
    let client = builder(&cdn.url(), PollingMode::manual(), &clock).cache(Quoting).build().unwrap();
    assert!(refresh(&client, &clock).is_none());
    let (reads, writes) = (clock.log().events_of(2200), clock.log().events_of(2201));
    assert_eq!((reads.len(), writes.len()), (2, 1));
    assert!(writes[0].text.contains("\"s\":\"Hi\""), "{}", writes[0].text);
    // The ETag is sent back unchanged.
    assert!(refresh(&client, &clock).is_none());
    assert_eq!(cdn.requests()[1].header("If-None-Match"), Some(&*format!("\"{KEY}\"")));
}

#[test]
fn builders_and_their_errors_do_not_show_the_key() {
    let overrides = || MapOverrides::new([("a", true.into())]);
    let local = OverrideBehavior::LocalOnly;
    check_debug(&Client::builder(KEY));
    check_debug(&Client::builder(KEY).base_url("http://a.example").overrides(local, overrides()));
    let (newline, short, long) = (format!("{KEY}\n"), &KEY[..KEY.len() - 1], format!("{KEY}/{KEY}"));
    for key in [&newline, short, &long, &KEY[16..60], &KEY[1..], &format!("configcat-proxy/{KEY}")] {
        check_debug(&Client::builder(key));
        check_error(&Client::builder(key).build().unwrap_err());
    }
    for url in [
        format!("http://me:{}@a.example", SECRETS[0]),
        format!("ftp://a.example/{KEY}"),
        format!("http://a/?{KEY}"),
        KEY.into(),
    ] {
        let builder = Client::builder(KEY).base_url(url);
        check_debug(&builder);
        check_error(&builder.build().unwrap_err());
    }
    for builder in [
        Client::builder(KEY).jitter(2.0),
        Client::builder(KEY).request_timeout(Duration::ZERO),
        Client::builder(KEY).polling_mode(PollingMode::lazy().cache_ttl(Duration::from_millis(1))),
        Client::builder(KEY).overrides(local, configcat::FileOverrides::new("/nonexistent/flags.json")),
    ] {
        check_error(&builder.build().unwrap_err());
    }
}

#[test]
fn a_key_that_must_be_encoded_is_masked_in_both_forms() {
    let key = "configcat-proxy/my secret+ser\u{fc}ice%7e#1";
    let (raw, encoded) = ("my secret+ser\u{fc}ice", "my%20secret%2Bser%C3%BCice");
    for reply in [Reply::body(r#"{"f":{}}"#), Reply::status(404), Reply::status(500), Reply::close()] {
        let (clock, cdn) = (ManualClock::new(), Cdn::always(reply));
        let builder = Client::builder(key).base_url(cdn.url()).proxy(Proxy::None).clock(clock.clone());
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        let error = client.force_refresh().err().map(|error| format!("{error:#} {error:?}"));
        assert!(cdn.requests()[0].path.contains(encoded));
        let records = clock.log().records().into_iter().map(|record| record.text);
        for text in records.chain(error).chain([format!("{client:?} {:?}", client.health())]) {
            let shown = |secret: &str| {
                (0..secret.len() - 11)
                    .filter_map(|at| secret.get(at..at + 11))
                    .any(|piece| text.contains(piece))
            };
            assert!(!shown(raw) && !shown(encoded), "{text}");
        }
    }
}

#[test]
fn refusals_do_not_show_the_key() {
    let (clock, cdn) = (ManualClock::new(), Cdn::always(Reply::hang()));
    let client = builder(&cdn.url(), PollingMode::manual(), &clock).offline(true).build().unwrap();
    assert_eq!(refresh(&client, &clock).unwrap().kind(), RefreshErrorKind::Offline);
    let local = MapOverrides::new([("a", true.into())]);
    let overridden = Client::builder(KEY).clock(clock.clone()).overrides(OverrideBehavior::LocalOnly, local);
    let overridden = overridden.build().unwrap();
    assert_eq!(refresh(&overridden, &clock).unwrap().kind(), RefreshErrorKind::LocalOnly);
    client.close();
    assert_eq!(refresh(&client, &clock).unwrap().kind(), RefreshErrorKind::Closed);
    // A client that is not ready in time, and is closed while it waits for the server.
    let waiting = builder(&cdn.url(), PollingMode::auto(), &clock).build().unwrap();
    cdn.await_hanging(1);
    waiting.wait_for_ready(Duration::ZERO);
    clock.advance(5 * SECOND);
    waiting.wait_for_ready(PATIENCE);
    waiting.close();
    clock.threads().await_no_worker(PATIENCE);
    check_log(&clock);
    check_debug(&waiting.health());
    fn is_shown<T: Display + Debug>() {}
    is_shown::<RefreshError>();
}
