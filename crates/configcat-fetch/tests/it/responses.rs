//! Requests, and the meaning of each kind of response.

use std::io::Write;
use std::time::Duration;

use configcat_fetch::{FetchErrorKind, FetchOptions, Fetcher, ModeTag, Outcome, Proxy, SdkKey};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::server::{After, Server, response};
use crate::{CONFIG, KEY, config, error, fetcher, hasty_fetcher, options};

#[test]
fn a_request_has_path_and_user_agent() {
    let version = env!("CARGO_PKG_VERSION");
    for (mode, letter) in [(ModeTag::Auto, 'a'), (ModeTag::Lazy, 'l'), (ModeTag::Manual, 'm')] {
        let server = Server::responding(200, &[], CONFIG);
        let fetcher = Fetcher::new(options().mode(mode).base_url(server.url())).unwrap();
        config(fetcher.fetch(None));
        let request = &server.requests()[0];
        assert_eq!(request.line, format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1"));
        let agent = format!("ConfigCat-Rust/{letter}-{version}");
        assert_eq!(request.header("User-Agent"), Some(agent.as_str()));
        assert_eq!(request.header("X-ConfigCat-UserAgent"), Some(agent.as_str()));
        assert_eq!(request.header("Accept-Encoding"), Some("gzip"));
        assert_eq!(request.header("Host"), Some(server.address().to_string().as_str()));
        assert_eq!(request.header("If-None-Match"), None);
    }
}

#[test]
fn a_key_is_percent_encoded_in_the_path() {
    let server = Server::responding(200, &[], CONFIG);
    let key = SdkKey::parse("configcat-proxy/a b?c#d%e/é").unwrap();
    config(
        Fetcher::new(FetchOptions::new(key).base_url(server.url()).proxy(Proxy::None)).unwrap().fetch(None),
    );
    let line = "GET /configuration-files/configcat-proxy/a%20b%3Fc%23d%25e/%C3%A9/config_v6.json HTTP/1.1";
    assert_eq!(server.requests()[0].line, line);
}

#[test]
fn an_etag_is_sent_back_and_304_means_unchanged() {
    let server = Server::new(|request, stream| {
        let etag = [("ETag", "W/\"3-7\"")];
        let is_known = request.header("If-None-Match") == Some("W/\"3-7\"");
        let bytes = if is_known { response(304, &etag, "") } else { response(200, &etag, CONFIG) };
        stream.write_all(&bytes).unwrap();
        After::Keep
    });
    let fetcher = fetcher(&server);
    let (body, etag) = config(fetcher.fetch(None));
    assert_eq!((body.as_str(), etag.as_deref()), (CONFIG, Some("W/\"3-7\"")));
    assert!(matches!(fetcher.fetch(etag.as_deref()).outcome, Ok(Outcome::NotModified)));
    config(fetcher.fetch(Some("\"other\"")));
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_200_is_delivered_with_any_etag() {
    // As from a gateway with a constant ETag.
    for etag in ["\"1\"", "W/\"1\""] {
        let server = Server::new(|request, stream| {
            let body = format!(r#"{{"f":{{"number{}":{{}}}}}}"#, request.number);
            stream.write_all(&response(200, &[("ETag", "\"1\"")], body)).unwrap();
            After::Keep
        });
        let fetcher = fetcher(&server);
        for number in 0..3 {
            let (body, _) = config(fetcher.fetch(Some(etag)));
            assert_eq!(body, format!(r#"{{"f":{{"number{number}":{{}}}}}}"#));
        }
        assert!(server.requests().iter().all(|request| request.header("If-None-Match") == Some(etag)));
    }
}

#[test]
fn a_byte_order_mark_is_removed() {
    let server = Server::responding(200, &[], format!("\u{feff}{CONFIG}"));
    assert_eq!(config(fetcher(&server).fetch(None)).0, CONFIG);
}

#[test]
fn an_etag_invalid_in_a_header_is_not_sent() {
    let server = Server::responding(200, &[], CONFIG);
    let fetcher = fetcher(&server);
    for etag in ["", "\"a\r\nX-Evil: 1\"", "\"\0\"", "\"é\"", "\"\u{7f}\""] {
        config(fetcher.fetch(Some(etag)));
    }
    assert!(server.requests().iter().all(|request| request.header("If-None-Match").is_none()));
    assert!(server.requests().iter().all(|request| request.header("X-Evil").is_none()));
}

#[test]
fn a_304_to_an_unconditional_request_is_an_error() {
    let server = Server::responding(304, &[("CF-RAY", "8f1-VIE")], "");
    let error = error(fetcher(&server).fetch(None));
    assert_eq!((error.kind(), error.cf_ray()), (FetchErrorKind::NothingCached, Some("8f1-VIE")));
}

#[test]
fn every_other_status_is_an_error() {
    for (status, kind) in [
        (201, FetchErrorKind::UnexpectedResponse),
        (204, FetchErrorKind::UnexpectedResponse),
        (300, FetchErrorKind::UnexpectedResponse),
        (302, FetchErrorKind::UnexpectedResponse),
        (307, FetchErrorKind::UnexpectedResponse),
        (400, FetchErrorKind::UnexpectedResponse),
        (403, FetchErrorKind::SdkKeyRejected),
        (404, FetchErrorKind::SdkKeyRejected),
        (500, FetchErrorKind::UnexpectedResponse),
        (503, FetchErrorKind::UnexpectedResponse),
        (599, FetchErrorKind::UnexpectedResponse),
    ] {
        let server = Server::responding(status, &[("CF-RAY", "8f1-VIE")], "");
        let error = error(fetcher(&server).fetch(Some("\"1\"")));
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        let place = format!(
            "(GET {}/configuration-files/***************/**********************/****************qrstuv/config_v6.json, \
             status {status}, CF-RAY 8f1-VIE)",
            server.url()
        );
        assert!(error.to_string().ends_with(&place), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn retry_after_is_read_as_seconds_or_date() {
    let server = Server::responding(429, &[("Retry-After", "7")], "");
    assert_eq!(error(fetcher(&server).fetch(None)).retry_after(), Some(Duration::from_secs(7)));

    let dates = [("Date", "Sun, 06 Nov 1994 08:49:07 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let server = Server::responding(503, &dates, "");
    assert_eq!(error(fetcher(&server).fetch(None)).retry_after(), Some(Duration::from_secs(30)));

    // Without a clock of the server's, the local one counts.
    let server = Server::responding(503, &dates[1..], "");
    assert_eq!(error(fetcher(&server).fetch(None)).retry_after(), Some(Duration::ZERO));
}

#[test]
fn a_200_that_is_no_config_is_invalid() {
    for (body, cause) in [
        (&b""[..], "the body is empty"),
        (b"<!doctype html><title>Sign in</title>", "the body is not a JSON object"),
        (b"[1]", "the body is not a JSON object"),
        (b"{\"f\":{\"\xff\":1}}", "the body is not UTF-8"),
        (b"{\"f\":{}", "the body is not JSON"),
        (b"{}", "the body is a JSON object without settings (`f`), so it is no config"),
        (b"{\"error\":\"x\"}", "the body is a JSON object without settings (`f`), so it is no config"),
        (b"{\"f\":null}", "the body is a JSON object without settings (`f`), so it is no config"),
    ] {
        let server = Server::responding(200, &[("ETag", "\"1\""), ("CF-RAY", "8f1-VIE")], body);
        let error = error(fetcher(&server).fetch(None));
        assert_eq!((error.kind(), error.cf_ray()), (FetchErrorKind::InvalidContent, Some("8f1-VIE")));
        assert!(format!("{error:#}").contains(&format!("): {cause}")), "{error:#}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_body_may_be_compressed() {
    let server = Server::responding(200, &[("Content-Encoding", "gzip")], gzip(CONFIG.as_bytes()));
    assert_eq!(config(fetcher(&server).fetch(None)).0, CONFIG);
}

#[test]
fn content_codings_are_those_of_rfc_9110() {
    let (plain, once) = (CONFIG.as_bytes().to_vec(), gzip(CONFIG.as_bytes()));
    let twice = gzip(&once);
    for (codings, body) in [
        (&["GZIP"][..], &once),
        (&["x-gzip"], &once),
        (&["X-Gzip"], &once),
        (&["identity, gzip"], &once),
        (&["gzip , identity"], &once),
        (&["identity"], &plain),
        (&["gzip, gzip"], &twice),
        (&["x-gzip", "gzip"], &twice),
    ] {
        let headers: Vec<_> = codings.iter().map(|coding| ("Content-Encoding", *coding)).collect();
        let server = Server::responding(200, &headers, body);
        let fetcher = fetcher(&server);
        for _ in 0..2 {
            assert_eq!(config(fetcher.fetch(None)).0, CONFIG, "{codings:?}");
        }
        assert_eq!(server.connections(), 1, "{codings:?}");
    }
    for coding in ["br", "deflate", "gzip, zstd"] {
        let server = Server::responding(200, &[("Content-Encoding", coding)], &once);
        let error = error(fetcher(&server).fetch(None));
        assert_eq!(error.kind(), FetchErrorKind::InvalidContent);
        let cause = format!("coding `{}`, which is unknown here", coding.trim_start_matches("gzip, "));
        assert!(format!("{error:#}").ends_with(&cause), "{error:#}");
    }
}

#[test]
fn a_damaged_gzip_body_is_invalid() {
    let mut damaged = gzip(CONFIG.as_bytes());
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    for coding in ["gzip", "GZIP"] {
        for body in [&damaged[..], b"no gzip at all"] {
            let server = Server::responding(200, &[("Content-Encoding", coding)], body);
            assert_eq!(error(fetcher(&server).fetch(None)).kind(), FetchErrorKind::InvalidContent);
        }
    }
}

#[test]
fn a_body_may_come_in_chunks() {
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in CONFIG.as_bytes().chunks(7) {
        chunked.extend(format!("{:x}\r\n", piece.len()).bytes());
        chunked.extend(piece);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let server = Server::scripted([(chunked, After::Keep)]);
    let fetcher = fetcher(&server);
    assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
    assert_eq!(config(fetcher.fetch(None)).0, CONFIG);
    assert_eq!(server.connections(), 1);
}

#[test]
fn bodies_over_64_mib_are_refused() {
    // Members of a gzip file are read one after the other: 65 times 1 MiB of blanks from 65 KiB.
    let bomb = gzip(&[b' '; 1024 * 1024]).repeat(65);
    assert!(bomb.len() < 200_000);
    let packed = |coding, body: &[u8]| response(200, &[("Content-Encoding", coding)], body);
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n{".to_vec();
    for (bytes, after) in [
        (packed("gzip", &bomb), After::Keep),
        (packed("x-gzip", &bomb), After::Keep),
        (announced, After::Hang),
    ] {
        let server = Server::scripted([(bytes, after)]);
        let error = error(fetcher(&server).fetch(None));
        assert_eq!(error.kind(), FetchErrorKind::InvalidContent);
        assert!(format!("{error:#}").ends_with("): the body is larger than 64 MiB"), "{error:#}");
    }
}

#[test]
fn an_oversized_etag_is_dropped() {
    for (etag, is_kept) in [("e".repeat(1024), true), ("e".repeat(1025), false), ("e".repeat(30_000), false)]
    {
        let server = Server::responding(200, &[("ETag", &etag)], CONFIG);
        let fetcher = fetcher(&server);
        let (_, kept) = config(fetcher.fetch(None));
        assert_eq!(kept.is_some(), is_kept, "{}", etag.len());
        // The next fetch has no ETag then, and an oversized ETag from a cache is not sent either.
        for given in [kept.as_deref(), Some(&*etag)] {
            config(fetcher.fetch(given));
            let sent = server.requests().last().unwrap().header("If-None-Match").map(str::to_owned);
            assert_eq!(sent, is_kept.then(|| etag.clone()), "{}", etag.len());
        }
    }
}

#[test]
fn response_heads_are_limited_to_64_kib_and_128_headers() {
    let long = |length| vec![("X-Long", "x".repeat(length))];
    let many = |count| vec![("X-Many", "1".to_owned()); count];
    // `response` adds the length of the body.
    for (headers, is_taken) in
        [(long(60 * 1024), true), (long(64 * 1024), false), (many(127), true), (many(128), false)]
    {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let server = Server::responding(200, &headers, CONFIG);
        let fetch = fetcher(&server).fetch(None);
        if is_taken {
            assert_eq!(config(fetch).0, CONFIG);
        } else {
            assert_eq!(error(fetch).kind(), FetchErrorKind::ConnectionFailed);
        }
    }
}

#[test]
fn decompressing_counts_against_the_time_limit() {
    // All of it comes at once, but grows to 32 MiB, which takes longer than 5 ms.
    let body = gzip(&[b' '; 1024 * 1024]).repeat(32);
    for coding in ["gzip", "GZIP"] {
        let server = Server::responding(200, &[("Content-Encoding", coding)], &body);
        let error = error(hasty_fetcher(&server, Duration::from_millis(5)).fetch(None));
        assert_eq!(error.kind(), FetchErrorKind::TimedOut, "{error:#}");
    }
}
