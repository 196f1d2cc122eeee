//! Answers, as a pure function of the request, the content and the fault.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use configcat_fetch::is_same_etag;
use hyper::{
    Method, Response, StatusCode,
    body::{Body, Bytes, Frame, SizeHint},
    header::{self, HeaderValue},
};

use super::{
    call::{Call, Target},
    content::Content,
    fault::FaultKind,
};

/// Body of the fault `rubbish`: what a proxy may send in place of a config.
const RUBBISH: &str = "<!doctype html><title>Please log in</title>";

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Returns the answer to a request.
pub(super) fn answer(call: &Call, content: &Content, fault: Option<FaultKind>) -> Response<Sent> {
    let mut response = match (&call.method, call.target) {
        (&Method::OPTIONS, _) => preflight(call),
        (&Method::GET | &Method::HEAD, Target::Config(version)) => match fault {
            Some(FaultKind::Status(status)) => {
                text(StatusCode::from_u16(status).unwrap_or_default(), "A fault on purpose.\n")
            }
            Some(FaultKind::Rubbish) => text(StatusCode::OK, RUBBISH),
            Some(FaultKind::Empty) => text(StatusCode::OK, ""),
            _ => config(call, content, version, fault == Some(FaultKind::Half)),
        },
        (&Method::GET | &Method::HEAD, Target::Root) => text(
            StatusCode::OK,
            "This is a local CDN for ConfigCat SDKs. Set the base URL of an SDK to the address of this page.\n",
        ),
        (&Method::GET | &Method::HEAD, Target::Other) => text(
            StatusCode::NOT_FOUND,
            "There are only the paths /configuration-files/{SDK key}/config_v6.json, with any SDK key.\n",
        ),
        _ => {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET, HEAD and OPTIONS.\n");
            response.headers_mut().insert(header::ALLOW, METHODS);
            response
        }
    };
    let headers = response.headers_mut();
    // Without these, a page in a browser could read neither the config nor its ETag. There is no
    // `CF-RAY`, and the SDK asks for it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, CF-RAY"));
    // Without this, a browser would guess how long it can use a config without asking again.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Returns the answer to a browser that asks whether a page may send a request.
fn preflight(call: &Call) -> Response<Sent> {
    let mut response = Response::new(Sent::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(asked) = &call.asked_headers {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

fn config(call: &Call, content: &Content, version: u8, is_cut: bool) -> Response<Sent> {
    let Some(document) = content.version(version) else { return other_version(version) };
    let is_known = call.etags.iter().any(|etag| etag == "*" || is_same_etag(etag, &document.etag));
    // There is no half of an answer without a body.
    let is_known = is_known && !is_cut;
    let bytes = match (is_known, call.accepts_gzip) {
        (true, _) => Bytes::new(),
        (false, true) => document.gzip.clone(),
        (false, false) => document.plain.clone(),
    };
    let length = bytes.len();
    let mut response = Response::new(if is_cut { Sent::half(bytes) } else { Sent::whole(bytes) });
    let headers = response.headers_mut();
    // The server makes it, and only from visible ASCII.
    if let Ok(etag) = document.etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::CONTENT_LENGTH, length.into());
    if call.accepts_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Returns the answer to an SDK of another time.
fn other_version(version: u8) -> Response<Sent> {
    let text_of_version = format!(
        "There is no config JSON of version {version} here. SDKs since 2024 ask for version 6. Versions 4 and 5, for \
         older SDKs, are served only if the file has that version.\n"
    );
    text(StatusCode::NOT_FOUND, text_of_version)
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Sent> {
    let mut response = Response::new(Sent::whole(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    response
}

/// The body of an answer, which may end early.
#[derive(Debug)]
pub(super) struct Sent {
    bytes: Bytes,
    is_cut: bool,
}

impl Sent {
    fn whole(bytes: Bytes) -> Self {
        Self { bytes, is_cut: false }
    }

    fn half(bytes: Bytes) -> Self {
        let half = bytes.len() / 2;
        Self { bytes: bytes.slice(..half), is_cut: true }
    }

    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready(match (bytes.is_empty(), self.is_cut) {
            (false, _) => Some(Ok(Frame::data(bytes))),
            // An error ends the connection, and the client misses the rest.
            (true, true) => Some(Err(io::Error::other("the fault `half`"))),
            (true, false) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && !self.is_cut
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_cut { SizeHint::default() } else { SizeHint::with_exact(self.bytes.len() as u64) }
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;
    use crate::{flags::Flags, source::Source};

    const CONFIG: &str = r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}}}"#;
    const PATH: &str = "/configuration-files/any/config_v6.json";

    fn content(document: &str) -> Content {
        let source = Source::new("flags.json".to_owned(), document.to_owned(), 1);
        Content::new(Flags::parse(source).unwrap()).unwrap()
    }

    fn answered(
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fault: Option<FaultKind>,
    ) -> Response<Sent> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(&Call::new(&request.body(()).unwrap()), &content(CONFIG), fault)
    }

    fn header<'r>(response: &'r Response<Sent>, name: &str) -> &'r str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn a_config_is_sent_with_its_etag_until_the_client_has_it() {
        let first = answered("GET", PATH, &[], None);
        assert_eq!((first.status(), &first.body().bytes[..]), (StatusCode::OK, CONFIG.as_bytes()));
        let etag = header(&first, "etag");
        assert!(etag.starts_with("W/\""));
        let strong = etag.trim_start_matches("W/");
        for known in [etag, strong, "*", &format!("\"other\", {etag}")] {
            let response = answered("GET", PATH, &[("If-None-Match", known)], None);
            assert_eq!(
                (response.status(), response.body().length()),
                (StatusCode::NOT_MODIFIED, 0),
                "{known}"
            );
            assert_eq!(header(&response, "etag"), etag);
        }
        let in_query = format!("{PATH}?ccetag={}", etag.replace('"', "%22"));
        assert_eq!(answered("GET", &in_query, &[], None).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answered("GET", PATH, &[("If-None-Match", "\"other\"")], None).status(), StatusCode::OK);
    }

    #[test]
    fn gzip_has_the_same_etag_and_content() {
        let (plain, packed) =
            (answered("GET", PATH, &[], None), answered("GET", PATH, &[("Accept-Encoding", "gzip")], None));
        assert_eq!(header(&packed, "content-encoding"), "gzip");
        assert_eq!(header(&packed, "etag"), header(&plain, "etag"));
        assert_eq!(header(&packed, "content-length"), packed.body().length().to_string());
        let mut unpacked = String::new();
        io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed.body().bytes[..]), &mut unpacked)
            .unwrap();
        assert_eq!(unpacked, CONFIG);
    }

    #[test]
    fn browsers_may_ask_and_read() {
        let asked = [("Access-Control-Request-Headers", "if-none-match,x-configcat-useragent")];
        let preflight = answered("OPTIONS", PATH, &asked, Some(FaultKind::Status(503)));
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&preflight, "access-control-allow-headers"), asked[0].1);
        assert_eq!(header(&preflight, "access-control-allow-methods"), "GET, HEAD, OPTIONS");
        for (path, fault) in [(PATH, None), (PATH, Some(FaultKind::Status(503))), ("/x", None)] {
            let response = answered("GET", path, &[], fault);
            assert_eq!(header(&response, "access-control-allow-origin"), "*");
            assert_eq!(header(&response, "access-control-expose-headers"), "ETag, CF-RAY");
        }
    }

    #[test]
    fn other_versions_paths_and_methods_are_refused() {
        for (method, path, status) in [
            ("GET", "/configuration-files/any/config_v5.json", 404),
            ("GET", "/config_v6.json", 404),
            ("POST", PATH, 405),
            ("GET", "/", 200),
            ("HEAD", PATH, 200),
        ] {
            assert_eq!(answered(method, path, &[], None).status().as_u16(), status, "{method} {path}");
        }
    }

    #[test]
    fn an_older_document_is_served_to_sdks_of_its_time_too() {
        let settings = r#"{"isNew": {"t": 0, "v": true}}"#;
        for (version, document) in [(4, settings.to_owned()), (5, format!(r#"{{"f": {settings}}}"#))] {
            let content = content(&document);
            for asked in 4..=6 {
                let request = Request::get(format!("/configuration-files/any/config_v{asked}.json")).body(());
                let response = answer(&Call::new(&request.unwrap()), &content, None);
                let expected = if asked == version || asked == 6 { 200 } else { 404 };
                assert_eq!(response.status().as_u16(), expected, "{asked} of {version}");
                if asked == version {
                    assert_eq!(&response.body().bytes[..], document.as_bytes());
                }
            }
        }
    }

    #[test]
    fn faults_replace_the_config() {
        let faulty = |fault| answered("GET", PATH, &[("If-None-Match", "*")], Some(fault));
        assert_eq!(faulty(FaultKind::Status(429)).status().as_u16(), 429);
        for (fault, length) in
            [(FaultKind::Rubbish, RUBBISH.len()), (FaultKind::Empty, 0), (FaultKind::Half, CONFIG.len() / 2)]
        {
            let response = faulty(fault);
            assert_eq!((response.status().as_u16(), response.body().length()), (200, length), "{fault:?}");
        }
        assert_eq!(header(&faulty(FaultKind::Half), "content-length"), CONFIG.len().to_string());
    }
}
