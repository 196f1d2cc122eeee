//! Requests: the parts that an answer depends on. The SDK key is masked here, so no other module
//! can show it.

use configcat_fetch::SdkKey;
use hyper::{
    HeaderMap, Method, Request,
    header::{self, HeaderValue},
};
use percent_encoding::percent_decode_str;

/// Length in characters from which a part of an unknown path is masked: it may be a part of an SDK
/// key, which has 22.
const MASKED: usize = 20;

/// Limit of the name of an SDK and of a path, in characters, so that each request is one line.
const MAX_SHOWN: usize = 120;

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) target: Target,
    /// The path as it can be shown.
    pub(super) path: String,
    /// The name and version of the SDK, as it states them.
    pub(super) sdk: String,
    pub(super) accepts_gzip: bool,
    /// The ETags of the config that the client has.
    pub(super) etags: Vec<String>,
    /// The headers that a page in a browser asks to send.
    pub(super) asked_headers: Option<HeaderValue>,
}

/// The target of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// The config JSON of this version.
    Config(u8),
    /// The root, which a person may open in a browser.
    Root,
    Other,
}

impl Call {
    pub(super) fn new<B>(request: &Request<B>) -> Self {
        let (headers, uri) = (request.headers(), request.uri());
        let query = |name: &str| {
            let mut pairs =
                uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(known, _)| *known == name)?;
            Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
        };
        // Pages in browsers send the ETag and the name of the SDK in the query, because headers
        // would cost them a preflight request.
        let mut etags: Vec<String> =
            list(headers, header::IF_NONE_MATCH.as_str()).map(str::to_owned).collect();
        if etags.is_empty() {
            etags.extend(query("ccetag"));
        }
        let named = |name| Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned());
        let sdk = named("X-ConfigCat-UserAgent").or_else(|| query("sdk")).or_else(|| named("User-Agent"));
        let (target, path) = target(uri.path());
        Self {
            method: request.method().clone(),
            target,
            path: shortened(&path),
            sdk: shortened(sdk.as_deref().unwrap_or("no user agent")),
            accepts_gzip: list(headers, header::ACCEPT_ENCODING.as_str()).any(is_gzip),
            etags,
            asked_headers: headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        }
    }
}

/// Returns the target of a path, and the path with the SDK key masked.
fn target(path: &str) -> (Target, String) {
    let config = path.strip_prefix("/configuration-files/").and_then(|rest| {
        let (key, file) = rest.rsplit_once('/')?;
        let version = file.strip_prefix("config_v")?.strip_suffix(".json")?;
        let version = version.parse().ok().filter(|number: &u8| number.to_string() == version)?;
        let key = SdkKey::for_local_use(key).ok()?;
        // A run of asterisks would fill the line.
        let parts = key.to_string();
        let parts = parts.split('/').map(|part| match part.trim_start_matches('*') {
            rest if rest.len() < part.len() => format!("***{rest}"),
            _ => part.to_owned(),
        });
        Some((version, format!("/configuration-files/{}/{file}", parts.collect::<Vec<_>>().join("/"))))
    });
    match config {
        Some((version, path)) => (Target::Config(version), path),
        None if path == "/" => (Target::Root, path.to_owned()),
        None => {
            let is_long = |part: &str| part.chars().count() >= MASKED;
            let parts = path.split('/').map(|part| if is_long(part) { "***" } else { part });
            (Target::Other, parts.collect::<Vec<_>>().join("/"))
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns the items of a header that is a list.
fn list<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// Returns whether an item of `Accept-Encoding` allows gzip.
fn is_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_named = parts
        .next()
        .is_some_and(|name| ["gzip", "x-gzip", "*"].iter().any(|known| name.eq_ignore_ascii_case(known)));
    let is_zero = |weight: &str| weight.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32);
    is_named && !parts.any(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(uri: &str, headers: &[(&str, &str)]) -> Call {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Call::new(&request.body(()).unwrap())
    }

    const KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

    #[test]
    fn paths_of_configs_are_read_and_their_key_is_masked() {
        let masked = "/configuration-files/***/***/***789012";
        for (version, path) in [(6, "config_v6.json"), (5, "config_v5.json?sdk=x"), (0, "config_v0.json")] {
            let call = call(&format!("/configuration-files/{KEY}/{path}"), &[]);
            assert_eq!(call.target, Target::Config(version));
            assert_eq!(call.path, format!("{masked}/{}", path.split('?').next().unwrap()));
        }
        assert_eq!(call("/configuration-files/any/config_v6.json", &[]).target, Target::Config(6));
        assert_eq!(call("/", &[]).target, Target::Root);
    }

    #[test]
    fn long_parts_of_other_paths_are_masked() {
        for (path, shown) in [
            (
                format!("/eu/configuration-files/{KEY}/config_v6.json"),
                "/eu/configuration-files/configcat-sdk-1/***/***/config_v6.json",
            ),
            (
                format!("/configuration-files/{KEY}/config_v06.json"),
                "/configuration-files/configcat-sdk-1/***/***/config_v06.json",
            ),
            ("/configuration-files//config_v6.json".to_owned(), "/configuration-files//config_v6.json"),
            ("/configuration-files/config_v6.json".to_owned(), "/configuration-files/config_v6.json"),
            ("/favicon.ico?key=secret".to_owned(), "/favicon.ico"),
        ] {
            let call = call(&path, &[]);
            assert_eq!((call.target, call.path.as_str()), (Target::Other, shown));
        }
    }

    #[test]
    fn browsers_send_etag_and_sdk_in_the_query() {
        let uri = "/x?sdk=ConfigCat-UnifiedJS-Browser%2Fm-1.1.0&ccetag=W%2F%22ab%22";
        let in_query = call(uri, &[("User-Agent", "Mozilla/5.0")]);
        assert_eq!(
            (in_query.sdk.as_str(), &in_query.etags),
            ("ConfigCat-UnifiedJS-Browser/m-1.1.0", &vec!["W/\"ab\"".to_owned()])
        );
        let headers =
            [("x-configcat-useragent", "ConfigCat-Python/a-10.0.1"), ("If-None-Match", "\"1\", W/\"2\"")];
        let in_headers = call(uri, &headers);
        assert_eq!((in_headers.sdk.as_str(), in_headers.etags.len()), ("ConfigCat-Python/a-10.0.1", 2));
        assert_eq!(call("/", &[("User-Agent", "curl/8")]).sdk, "curl/8");
        assert_eq!(call("/", &[("User-Agent", &"x".repeat(500))]).sdk.chars().count(), MAX_SHOWN + 1);
    }

    #[test]
    fn gzip_is_sent_to_clients_that_accept_it() {
        for (header, accepts) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("deflate, x-gzip", true),
            ("", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000, br", false),
        ] {
            assert_eq!(call("/", &[("Accept-Encoding", header)]).accepts_gzip, accepts, "{header}");
        }
        assert!(!call("/", &[]).accepts_gzip);
    }
}
