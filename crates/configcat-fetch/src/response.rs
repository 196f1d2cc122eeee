//! Meaning of a response: status, headers and body to an outcome, as a pure function.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::{ContentError, Failure, FetchError, FetchErrorKind, ResponseFacts};
use crate::preferences::{self, Contents};

/// Limit in bytes for a decompressed body.
// From the specification, 4.4. Real configs have some KiB to a few MiB. Without a limit, a gzip
// body of a few hundred KiB could fill the memory.
pub(crate) const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Limit in characters for a `CF-RAY` in an error.
// Real values have 20 characters, and any server on the way may send another value.
const MAX_CF_RAY: usize = 64;

/// Limit in bytes for an ETag.
// Real values have 40 characters. An ETag must fit into the buffer of the next request, which would
// otherwise fail each time.
const MAX_ETAG: usize = 1024;

/// Byte order mark of UTF-8.
// Some editors and file servers write it, and JSON parsers refuse it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Config of a successful fetch.
///
/// ```no_run
/// # use configcat_fetch::{FetchOptions, Fetcher, Outcome, SdkKey};
/// # let fetcher = Fetcher::new(FetchOptions::new(SdkKey::parse("…")?))?;
/// if let Outcome::Fetched(fetched) = fetcher.fetch(None).outcome? {
///     println!("{:?} brings {} bytes", fetched.etag, fetched.body.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows only the length of the body, which may be long and hold any text.
#[derive(Clone)]
#[non_exhaustive]
pub struct Fetched {
    /// The config JSON, without a byte order mark: a JSON object with settings (`f`), or with a
    /// base URL to redirect to. The settings themselves are not checked.
    pub body: String,
    /// The ETag for the next [`fetch`](crate::Fetcher::fetch), if the server sent a valid one.
    pub etag: Option<String>,
    url: String,
    facts: ResponseFacts,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Fetched");
        debug.field("body", &format_args!("<{} bytes>", self.body.len()));
        debug.field("etag", &self.etag).field("url", &self.url).field("facts", &self.facts).finish()
    }
}

impl Fetched {
    /// Returns an error of the kind [`InvalidContent`](FetchErrorKind::InvalidContent) about this
    /// response, for a body that turns out to be unusable.
    ///
    /// ```
    /// # fn parse(body: &str) -> Result<(), std::num::ParseIntError> { Ok(()) }
    /// # fn example(fetched: configcat_fetch::Fetched) -> Result<(), configcat_fetch::FetchError> {
    /// parse(&fetched.body).map_err(|cause| fetched.reject(cause))
    /// # }
    /// ```
    #[must_use]
    pub fn reject(&self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> FetchError {
        FetchError::new(FetchErrorKind::InvalidContent, &self.url).in_response(&self.facts).caused_by(cause)
    }
}

/// Success of a request.
#[derive(Debug)]
pub(crate) enum Received {
    Config(Fetched, Contents),
    NotModified,
}

/// Head of a response, as far as it matters.
#[derive(Debug)]
pub(crate) struct Head {
    etag: Option<String>,
    facts: ResponseFacts,
}

impl Head {
    /// Reads a head. `now` is the time of the local clock, for servers that send no `Date`.
    pub(crate) fn new<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>, now: SystemTime) -> Self {
        // A `Retry-After` with a date is meant by the clock of the server. By a local clock that is
        // wrong, it would be an hour or nothing.
        let clock = header("Date").and_then(http_date).unwrap_or(now);
        Self {
            etag: header("ETag").filter(|etag| is_etag(etag)).map(str::to_owned),
            facts: ResponseFacts {
                status,
                cf_ray: header("CF-RAY").map(cf_ray),
                retry_after: header("Retry-After").and_then(|text| retry_after(text, clock)),
            },
        }
    }

    /// Interprets the response to a request to `url`, which has the key masked. Reads the body for
    /// a 200 only.
    ///
    /// # Errors
    ///
    /// The response is neither a config nor "not modified" to a request with an ETag.
    pub(crate) fn interpret(
        self,
        url: &str,
        is_conditional: bool,
        body: impl FnOnce() -> Result<Vec<u8>, Failure>,
    ) -> Result<Received, FetchError> {
        let error = |kind| FetchError::new(kind, url).in_response(&self.facts);
        match self.facts.status {
            // Without a look at the ETag: some gateways send a constant one.
            200 => {
                let body = body().map_err(|failure| error(failure.kind).caused_by(failure.cause))?;
                let (body, contents) = parse_body(body)
                    .map_err(|cause| error(FetchErrorKind::InvalidContent).caused_by(cause))?;
                let fetched = Fetched { body, etag: self.etag, url: url.to_owned(), facts: self.facts };
                Ok(Received::Config(fetched, contents))
            }
            304 if is_conditional => Ok(Received::NotModified),
            304 => Err(error(FetchErrorKind::NothingCached)),
            403 | 404 => Err(error(FetchErrorKind::SdkKeyRejected)),
            _ => Err(error(FetchErrorKind::UnexpectedResponse)),
        }
    }
}

/// Returns whether a text can be sent as `If-None-Match`.
// An ETag from a cache may hold anything, such as a line break that would start another header.
pub(crate) fn is_etag(text: &str) -> bool {
    (1..=MAX_ETAG).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn cf_ray(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(MAX_CF_RAY).collect()
}

/// Returns whether two ETags are of the same document: equal except for `W/` before them, the weak
/// comparison of RFC 9110 (8.8.3.2). A proxy that compresses a body adds the `W/`, so both forms of
/// one ETag may arrive in turn.
///
/// [`fetch`](crate::Fetcher::fetch) sends the ETag as it came, with or without `W/`.
///
/// ```
/// use configcat_fetch::is_same_etag;
///
/// assert!(is_same_etag("W/\"1-7\"", "\"1-7\""));
/// assert!(!is_same_etag("\"1-7\"", "\"1-8\""));
/// ```
#[must_use]
pub fn is_same_etag(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|etag| etag.strip_prefix("W/").unwrap_or(etag));
    a == b
}

/// Checks that a body is a config, and removes a byte order mark.
fn parse_body(mut body: Vec<u8>) -> Result<(String, Contents), ContentError> {
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    // UTF-16 has a byte order mark of its own, or a zero byte in each letter of ASCII.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{', 0, ..] | [0, b'{', ..] = *body {
        return Err(ContentError::Utf16);
    }
    let body = String::from_utf8(body).map_err(|error| ContentError::NotUtf8(error.utf8_error()))?;
    let contents = preferences::read(&body)?;
    Ok((body, contents))
}

/// Parses `Retry-After`: seconds, or a date. A date in the past means zero.
fn retry_after(text: &str, clock: SystemTime) -> Option<Duration> {
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => http_date(text).map(|date| date.duration_since(clock).unwrap_or_default()),
    }
}

/// Parses a date in the form that servers must send: `Sun, 06 Nov 1994 08:49:37 GMT`.
// The two obsolete forms of RFC 9110 (5.6.7) are ignored: a pause that is not understood costs one
// more request.
fn http_date(text: &str) -> Option<SystemTime> {
    let mut words = text.split(' ').skip(1);
    let mut word = || words.next();
    let day: u64 = word()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = word()?;
    let (_, month) = MONTHS.iter().zip(1_u64..).find(|(name, _)| **name == month)?;
    let year: u64 = word()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut time = word()?.splitn(3, ':').map(|part| part.parse::<u64>().ok().filter(|part| *part <= 60));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if word() != Some("GMT") {
        return None;
    }
    // Counts years from March, so that the leap day is the last one of its year and needs no case
    // of its own.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_to_epoch = 719_468;
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - days_to_epoch;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::time::{Duration, SystemTime};

    use super::{Head, MAX_CF_RAY, Received, http_date, is_same_etag, retry_after};
    use crate::error::{Failure, FetchError, FetchErrorKind};

    const URL: &str = "https://a.example/***";

    fn interpret(
        status: u16,
        headers: &[(&str, &str)],
        is_conditional: bool,
        body: Result<&[u8], FetchErrorKind>,
    ) -> (Result<Received, FetchError>, bool) {
        let header = |name: &str| {
            headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        };
        let was_read = Cell::new(false);
        let received =
            Head::new(status, header, SystemTime::UNIX_EPOCH).interpret(URL, is_conditional, || {
                was_read.set(true);
                body.map(<[u8]>::to_vec)
                    .map_err(|kind| Failure { kind, cause: io::Error::other("cause").into() })
            });
        (received, was_read.get())
    }

    #[test]
    fn a_config_is_200_and_a_json_object() {
        for (headers, etag) in [
            (&[][..], None),
            (&[("etag", "")], None),
            (&[("etag", "\"1\""), ("CF-RAY", "x"), ("Retry-After", "1")], Some("\"1\"")),
            (&[("ETag", "W/\"1\"")], Some("W/\"1\"")),
        ] {
            for is_conditional in [false, true] {
                let (received, was_read) = interpret(200, headers, is_conditional, Ok(br#"{"f":{}}"#));
                let Ok(Received::Config(fetched, _)) = received else { panic!("{received:?}") };
                assert_eq!((fetched.body.as_str(), fetched.etag.as_deref()), (r#"{"f":{}}"#, etag));
                assert!(was_read);
            }
        }
    }

    #[test]
    fn a_config_can_be_rejected_later() {
        let (received, _) = interpret(200, &[("cf-ray", "8f1")], false, Ok(br#"{"f":{}}"#));
        let Ok(Received::Config(fetched, _)) = received else { panic!("{received:?}") };
        let error = fetched.reject(io::Error::other("no setting at all"));
        assert_eq!(error.kind(), FetchErrorKind::InvalidContent);
        assert_eq!(
            format!("{error:#}"),
            "the server's response is not a valid config JSON (GET https://a.example/***, status 200, CF-RAY 8f1): \
             no setting at all"
        );
    }

    #[test]
    fn debug_does_not_quote_the_body() {
        let (received, _) = interpret(200, &[], false, Ok(br#"{"f":{},"secret":1}"#));
        let Ok(Received::Config(fetched, _)) = received else { panic!("{received:?}") };
        let text = format!("{fetched:?}");
        assert!(text.contains("<19 bytes>") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn other_statuses_are_interpreted_without_the_body() {
        use FetchErrorKind::{NothingCached, SdkKeyRejected, UnexpectedResponse};
        assert!(matches!(interpret(304, &[], true, Ok(b"")), (Ok(Received::NotModified), false)));
        for (status, is_conditional, kind) in [
            (304, false, NothingCached),
            (403, false, SdkKeyRejected),
            (403, true, SdkKeyRejected),
            (404, true, SdkKeyRejected),
            (101, false, UnexpectedResponse),
            (201, false, UnexpectedResponse),
            (204, true, UnexpectedResponse),
            (206, false, UnexpectedResponse),
            (301, false, UnexpectedResponse),
            (400, false, UnexpectedResponse),
            (401, false, UnexpectedResponse),
            (429, true, UnexpectedResponse),
            (500, false, UnexpectedResponse),
            (599, true, UnexpectedResponse),
            (999, true, UnexpectedResponse),
        ] {
            let (received, was_read) = interpret(status, &[], is_conditional, Ok(br#"{"f":{}}"#));
            let error = received.unwrap_err();
            assert_eq!((error.kind(), error.status(), was_read), (kind, Some(status), false));
        }
    }

    #[test]
    fn a_body_that_is_no_config_is_invalid() {
        for (body, cause) in [
            (&b""[..], "the body is empty"),
            (b"\n", "the body is empty"),
            (b"<html>", "the body is not a JSON object"),
            (b"{}", "the body is a JSON object without settings (`f`), so it is no config"),
            (b"{\xff}", "the body is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1"),
            (b"{\"f\":{}", "the body is not JSON: EOF while parsing an object at line 1 column 7"),
        ] {
            let error = interpret(200, &[("CF-Ray", "8f1")], true, Ok(body)).0.unwrap_err();
            assert_eq!((error.kind(), error.cf_ray()), (FetchErrorKind::InvalidContent, Some("8f1")));
            assert!(format!("{error:#}").ends_with(&format!("CF-RAY 8f1): {cause}")), "{error:#}");
        }
        // A body that could not be read to its end.
        for kind in
            [FetchErrorKind::TimedOut, FetchErrorKind::ConnectionFailed, FetchErrorKind::InvalidContent]
        {
            let error = interpret(200, &[], true, Err(kind)).0.unwrap_err();
            assert_eq!((error.kind(), error.status()), (kind, Some(200)));
        }
    }

    #[test]
    fn a_byte_order_mark_is_removed() {
        for (body, kept) in [
            ("\u{feff}{\"f\":{}}", Some("{\"f\":{}}")),
            ("\u{feff} {\"f\":{}}", Some(" {\"f\":{}}")),
            ("\u{feff}\u{feff}{\"f\":{}}", None),
            (" \u{feff}{\"f\":{}}", None),
            ("\u{feff}", None),
        ] {
            let received = interpret(200, &[], false, Ok(body.as_bytes())).0;
            let found = received.ok().map(|received| match received {
                Received::Config(fetched, _) => fetched.body,
                Received::NotModified => unreachable!(),
            });
            assert_eq!(found.as_deref(), kept, "{body:?}");
        }
    }

    #[test]
    fn utf_16_is_named() {
        let units = || r#"{"f":{}}"#.encode_utf16();
        let bodies = [
            units().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
            units().flat_map(u16::to_be_bytes).collect(),
            [0xfeff].into_iter().chain(units()).flat_map(u16::to_le_bytes).collect(),
            [0xfeff].into_iter().chain(units()).flat_map(u16::to_be_bytes).collect(),
        ];
        for body in bodies {
            let error = interpret(200, &[], true, Ok(&body)).0.unwrap_err();
            assert!(format!("{error:#}").ends_with(": the body is UTF-16; a config is UTF-8"), "{error:#}");
        }
    }

    #[test]
    fn etags_are_compared_weakly() {
        for (a, b, is_same) in [
            ("\"1\"", "\"1\"", true),
            ("W/\"1\"", "\"1\"", true),
            ("\"1\"", "W/\"1\"", true),
            ("W/\"1\"", "W/\"1\"", true),
            ("W/\"1\"", "W/\"2\"", false),
            ("\"1\"", "1", false),
            // The letter counts, and is there once.
            ("w/\"1\"", "\"1\"", false),
            ("W/W/\"1\"", "\"1\"", false),
            ("", "", true),
        ] {
            assert_eq!(is_same_etag(a, b), is_same, "{a} {b}");
        }
    }

    #[test]
    fn errors_keep_cf_ray_and_retry_after() {
        let long = format!("8f1\t \u{1b}[31m\n\u{e9}{}", "r".repeat(1000));
        let error =
            interpret(503, &[("CF-RAY", &long), ("Retry-After", "120")], true, Ok(b"")).0.unwrap_err();
        let cf_ray = error.cf_ray().unwrap();
        assert!(cf_ray.starts_with("8f1[31mrrr") && cf_ray.len() == MAX_CF_RAY, "{cf_ray:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));

        // The server's own clock counts, not the local one, which may be wrong.
        let headers =
            [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Date", "Sun, 06 Nov 1994 08:49:07 GMT")];
        let error = interpret(429, &headers, true, Ok(b"")).0.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn dates_are_seconds_since_1970() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!(
                http_date(text),
                Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_unreadable_retry_after_is_ignored() {
        let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (text, seconds) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 07:49:37 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("18446744073709551616", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 1994 08:99:37 GMT", None),
            ("Sun, 06 Nov 0000 08:49:37 GMT", None),
            ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Foo 1994 08:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ] {
            assert_eq!(retry_after(text, clock), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
