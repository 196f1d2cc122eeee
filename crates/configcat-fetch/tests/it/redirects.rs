//! Data governance over sockets, and redirects of HTTP's own.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use configcat_fetch::{BaseUrl, FetchErrorKind, Fetcher, Proxy, SdkKey};

use crate::server::{After, Server, response};
use crate::{CONFIG, config, error, fetcher, options, secrecy};

fn body(url: &BaseUrl, redirect: u8) -> String {
    format!(r#"{{"p":{{"u":"{url}","r":{redirect}}}}}"#)
}

/// Two servers. Each names the URL of one of them, with a mode.
struct Pair {
    a: Server,
    b: Server,
}

impl Pair {
    /// Makes servers a and b. For each: whether its config names b's URL, and the mode.
    fn new(a: (bool, u8), b: (bool, u8)) -> Self {
        let urls = Arc::new(OnceLock::<[BaseUrl; 2]>::new());
        let serve = |(names_b, redirect): (bool, u8)| {
            let urls = Arc::clone(&urls);
            Server::new(move |_, stream| {
                let url = &urls.get().unwrap()[usize::from(names_b)];
                stream.write_all(&response(200, &[], body(url, redirect))).unwrap();
                After::Keep
            })
        };
        let pair = Self { a: serve(a), b: serve(b) };
        urls.set([pair.a.url(), pair.b.url()]).unwrap();
        pair
    }

    fn requests(&self) -> (usize, usize) {
        (self.a.requests().len(), self.b.requests().len())
    }
}

#[test]
fn every_combination_of_mode_base_url_and_key() {
    for redirect in 0..=2 {
        for is_base_url_set in [false, true] {
            for is_proxy_key in [false, true] {
                if is_proxy_key && !is_base_url_set {
                    continue;
                }
                let pair = Pair::new((true, redirect), (true, redirect));
                let options = match is_proxy_key {
                    true => {
                        let key = SdkKey::parse("configcat-proxy/TEST_KEY-0123456789012").unwrap();
                        secrecy::watch_log();
                        configcat_fetch::FetchOptions::new(key).proxy(Proxy::None)
                    }
                    false => options(),
                };
                let url = pair.a.url();
                let options = if is_base_url_set { options.base_url(url) } else { options.start_url(url) };
                let fetcher = Fetcher::new(options).unwrap();

                let fetch = fetcher.fetch(None);
                let case = format!("{redirect} {is_base_url_set} {is_proxy_key}");
                let is_moving = !is_proxy_key && (!is_base_url_set || redirect == 2);
                let is_at_once = is_moving && redirect > 0;
                assert_eq!(fetch.is_data_governance_out_of_sync, is_moving && redirect == 1, "{case}");
                assert!(fetch.redirect_error.is_none());
                assert_eq!(config(fetch).0, body(&pair.b.url(), redirect));
                assert_eq!(pair.requests(), (1, usize::from(is_at_once)), "first fetch: {case}");

                let fetch = fetcher.fetch(None);
                assert!(!fetch.is_data_governance_out_of_sync && fetch.redirect_error.is_none());
                config(fetch);
                let expected = if is_moving { (1, 1 + usize::from(is_at_once)) } else { (2, 0) };
                assert_eq!(pair.requests(), expected, "second fetch: {case}");
            }
        }
    }
}

#[test]
fn a_config_from_the_right_url_does_not_redirect() {
    for redirect in 0..=2 {
        let pair = Pair::new((false, redirect), (false, redirect));
        let fetcher = Fetcher::new(options().start_url(pair.a.url())).unwrap();
        for _ in 0..2 {
            config(fetcher.fetch(None));
        }
        assert_eq!(pair.requests(), (2, 0));
    }
}

#[test]
fn a_redirect_loop_ends_after_three_requests() {
    for (redirect, is_out_of_sync) in [(1, true), (2, false)] {
        let pair = Pair::new((true, redirect), (false, redirect));
        let fetcher = Fetcher::new(options().start_url(pair.a.url())).unwrap();
        let fetch = fetcher.fetch(None);
        let error = fetch.redirect_error.as_ref().unwrap();
        secrecy::check_error(error);
        assert_eq!((error.kind(), error.kind().event_id()), (FetchErrorKind::RedirectLoop, 1104));
        assert_eq!(fetch.is_data_governance_out_of_sync, is_out_of_sync);
        assert_eq!(config(fetch).0, body(&pair.b.url(), redirect), "the third came from a");
        assert_eq!(pair.requests(), (2, 1));

        // It goes on from where the last one pointed.
        assert!(fetcher.fetch(None).redirect_error.is_some());
        assert_eq!(pair.requests(), (3, 3));
    }
}

/// A config with one setting that names a URL.
fn config_naming(url: &BaseUrl, redirect: u8) -> String {
    format!(r#"{{"p":{{"u":"{url}","r":{redirect}}},"f":{{"isNew":{{"t":0,"v":{{"b":true}}}}}}}}"#)
}

/// A server that answers its nth request with the nth status, and with the last one from then on. A
/// 200 is a config.
fn answering<const N: usize>(statuses: [u16; N]) -> Server {
    Server::scripted(statuses.map(|status| (response(status, &[], CONFIG), After::Keep)))
}

/// Returns the number of requests of each server.
fn counts<const N: usize>(servers: [&Server; N]) -> [usize; N] {
    servers.map(|server| server.requests().len())
}

#[test]
fn a_failed_redirect_falls_back_to_the_last_config() {
    use FetchErrorKind::{ConnectionFailed, InvalidContent, SdkKeyRejected, UnexpectedResponse};
    let unusable = [r#"{"error":"rate limited"}"#, "{}", r#"{"f":null}"#, r#"{"f":[]}"#, "<html>", ""];
    let unusable = unusable.map(|body| (response(200, &[], body), After::Keep, InvalidContent));
    let failing = [(403, SdkKeyRejected), (404, SdkKeyRejected), (500, UnexpectedResponse)];
    let failing = failing.map(|(status, kind)| (response(status, &[], ""), After::Keep, kind));
    let silent = (Vec::new(), After::Close, ConnectionFailed);
    for (answer, after, kind) in unusable.into_iter().chain(failing).chain([silent]) {
        for redirect in [1, 2] {
            let b = Server::scripted([(answer.clone(), after)]);
            let body = config_naming(&b.url(), redirect);
            let a = Server::responding(200, &[("ETag", "\"1\"")], &body);
            let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
            for round in 1..=2 {
                let fetch = fetcher.fetch(None);
                let case = format!("{} {redirect}", String::from_utf8_lossy(&answer));
                let error = fetch.redirect_error.as_ref().expect(&case);
                secrecy::check_error(error);
                assert_eq!(error.kind(), kind, "{case}");
                assert!(error.to_string().contains(&b.url().to_string()), "{error}");
                assert_eq!(fetch.is_data_governance_out_of_sync, redirect == 1);
                assert_eq!(config(fetch), (body.clone(), Some("\"1\"".to_owned())), "{case}");
                // Each fetch starts where a config has come from.
                assert_eq!(counts([&a, &b]), [round, round], "{case}");
            }
        }
    }
}

#[test]
fn the_third_round_falls_back_to_the_second() {
    let c = answering([500]);
    let b = Server::responding(200, &[], config_naming(&c.url(), 2));
    let a = Server::responding(200, &[], config_naming(&b.url(), 2));
    let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
    let fetch = fetcher.fetch(None);
    assert_eq!(fetch.redirect_error.as_ref().unwrap().status(), Some(500));
    assert_eq!(config(fetch).0, config_naming(&c.url(), 2));
    // b has answered, so it is kept.
    let _ = fetcher.fetch(None);
    assert_eq!(counts([&a, &b, &c]), [1, 2, 2]);
}

#[test]
fn a_config_without_settings_is_no_fallback() {
    for settings in ["", r#","f":{}"#] {
        let b = answering([500, 200]);
        let a = Server::responding(200, &[], format!(r#"{{"p":{{"u":"{}","r":1}}{settings}}}"#, b.url()));
        let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
        let fetch = fetcher.fetch(None);
        assert!(fetch.redirect_error.is_none());
        assert_eq!(error(fetch).status(), Some(500));
        assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
        assert_eq!(counts([&a, &b]), [2, 2]);
    }
}

#[test]
fn three_failures_lead_back_to_the_first_url() {
    for failure in [403, 404, 500] {
        // One success in between starts the count anew.
        let b = answering([200, failure, failure, 304, failure, failure, failure, 200]);
        let a = Server::responding(200, &[], config_naming(&b.url(), 1));
        let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
        assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
        for _ in 0..6 {
            let _ = fetcher.fetch(Some("\"1\""));
        }
        assert_eq!(counts([&a, &b]), [1, 7]);
        assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
        assert_eq!(counts([&a, &b]), [2, 8]);
        // And b is kept again.
        let _ = fetcher.fetch(None);
        assert_eq!(counts([&a, &b]), [2, 9]);
    }
}

#[test]
fn a_url_for_the_next_fetch_is_left_after_three_failures() {
    for body in ["{}", "<html>", r#"{"error":"no such host here"}"#] {
        let b = Server::responding(200, &[], body);
        let a = Server::responding(200, &[], config_naming(&b.url(), 0));
        let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
        assert!(fetcher.fetch(None).redirect_error.is_none());
        for failures in 1..=3 {
            assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::InvalidContent);
            assert_eq!(counts([&a, &b]), [1, failures]);
        }
        assert_eq!(config(fetcher.fetch(None)).0, config_naming(&b.url(), 0));
        assert_eq!(counts([&a, &b]), [2, 3]);
    }
}

#[test]
fn a_failing_first_url_leads_to_the_last_working_url() {
    let b = answering([200, 500, 500, 500, 200]);
    let a = Server::scripted([
        (response(200, &[], config_naming(&b.url(), 2)), After::Keep),
        (response(410, &[], ""), After::Keep),
    ]);
    let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
    config(fetcher.fetch(None));
    for status in [500, 500, 500, 410] {
        assert_eq!(error(fetcher.fetch(None)).status(), Some(status));
    }
    for _ in 0..2 {
        assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
    }
    assert_eq!(counts([&a, &b]), [2, 6]);
}

#[test]
fn an_interrupted_fetch_does_not_count_as_a_failure() {
    let b = answering([200, 500, 500, 500, 200]);
    let a = Server::responding(200, &[], config_naming(&b.url(), 2));
    let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
    config(fetcher.fetch(None));
    for _ in 0..2 {
        assert_eq!(error(fetcher.fetch(None)).status(), Some(500));
    }
    for _ in 0..3 {
        assert_eq!(error(fetcher.fetch_until(None, Instant::now())).kind(), FetchErrorKind::TimedOut);
    }
    fetcher.shut_down();
    for _ in 0..3 {
        assert_eq!(error(fetcher.fetch(None)).kind(), FetchErrorKind::ConnectionFailed);
    }
    let fetcher = fetcher.with_new_connections();
    assert_eq!(error(fetcher.fetch(None)).status(), Some(500));
    assert_eq!(counts([&a, &b]), [1, 4]);
    config(fetcher.fetch(None));
    assert_eq!(counts([&a, &b]), [2, 5]);
}

#[test]
fn the_etag_is_sent_to_the_new_url() {
    let b = Server::responding(304, &[], "");
    let a = Server::responding(200, &[], body(&b.url(), 2));
    let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
    assert!(matches!(fetcher.fetch(Some("\"1\"")).outcome, Ok(configcat_fetch::Outcome::NotModified)));
    assert_eq!(b.requests()[0].header("If-None-Match"), Some("\"1\""));
}

/// "Not modified" by the URL that names the dead one would end each fetch there.
#[test]
fn a_failed_redirect_is_retried_for_an_unchanged_config() {
    let dead = Server::responding(500, &[], "");
    let config = format!(r#"{{"p":{{"u":"{}","r":2}},"f":{{"a":{{"t":0,"v":{{"b":true}}}}}}}}"#, dead.url());
    let a = Server::responding(200, &[("ETag", "\"1\"")], config);
    let fetcher = Fetcher::new(options().start_url(a.url())).unwrap();
    for _ in 0..2 {
        assert!(fetcher.fetch(Some("\"1\"")).redirect_error.is_some());
    }
    let sent: Vec<_> = a.requests().iter().map(|request| request.header("If-None-Match").is_some()).collect();
    assert_eq!((sent, dead.requests().len()), (vec![true, false], 2));
}

#[test]
fn http_redirects_are_followed_five_times() {
    for status in [301, 302, 303, 307, 308] {
        let target = Server::responding(200, &[], CONFIG);
        let location = format!("{}/moved", target.url());
        let server = Server::responding(status, &[("Location", &location)], "");
        assert_eq!(config(fetcher(&server).fetch(None)).0, CONFIG);
        assert_eq!(target.requests()[0].line, "GET /moved HTTP/1.1");
    }
    let server = Server::responding(302, &[("Location", "/again")], "");
    let error = error(fetcher(&server).fetch(None));
    assert_eq!((error.kind(), error.status()), (FetchErrorKind::UnexpectedResponse, Some(302)));
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn an_invalid_location_is_an_unexpected_response() {
    for location in ["", "ftp://example.com/", "file:///etc/passwd", "http://me:pw@127.0.0.1/", "http://"] {
        let server = Server::responding(302, &[("Location", location)], "");
        let error = error(fetcher(&server).fetch(None));
        assert_eq!(
            (error.kind(), error.status()),
            (FetchErrorKind::UnexpectedResponse, Some(302)),
            "{location}"
        );
    }
}
