//! Target of an HTTP redirect, as a pure function.

use crate::endpoint::BaseUrl;

/// Limit in bytes for the URL of a redirect.
// A request has room for that URL, and for its host a second time, in the buffer of 16 KiB.
const MAX_LENGTH: usize = 6 * 1024;

/// Returns the URL that `location` in a response from `url` leads to. Returns `None` if `location`
/// is not a URL of `http` or `https`, leads from `https` to `http`, holds a user name, or is too
/// long.
pub(crate) fn follow(url: &str, location: &str) -> Option<String> {
    // A fragment is for the client alone, and no server accepts one in a request.
    let location = location.split_once('#').map_or(location, |(location, _)| location);
    let (scheme, _) = url.split_once("://")?;
    let next = if has_scheme(location) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{}{location}", origin(url)?)
    } else if location.is_empty() {
        return None;
    } else {
        format!("{}/{location}", url.rsplit_once('/')?.0)
    };
    // `BaseUrl` refuses other schemes, user names and malformed hosts, so one parser decides.
    let from = BaseUrl::parse(origin(url)?).ok()?;
    let to = BaseUrl::parse(origin(&next)?).ok()?;
    let is_fine = (to.is_https() || !from.is_https()) && next.len() <= MAX_LENGTH;
    is_fine.then_some(next)
}

/// Returns the start of a URL: scheme, host and port.
pub(crate) fn origin(url: &str) -> Option<&str> {
    let authority = url.find("://")? + "://".len();
    let path = url.get(authority..)?.find(['/', '?']).map_or(url.len(), |at| authority + at);
    url.get(..path)
}

/// Returns whether a `Location` starts with a scheme.
// A path may hold `://` too, in a query for example; the characters before it decide.
fn has_scheme(location: &str) -> bool {
    location
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::follow;

    #[test]
    fn locations_are_resolved() {
        let (http, https) = ("http://a.example:81/b/c.json", "https://a.example/b/c.json");
        for (url, location, next) in [
            (http, "http://x.example/y", Some("http://x.example/y")),
            (http, "HTTPS://a.example/b/c.json", Some("HTTPS://a.example/b/c.json")),
            (http, "//x.example:82/y", Some("http://x.example:82/y")),
            (https, "//x.example/y", Some("https://x.example/y")),
            (http, "/y?z=http://w#v", Some("http://a.example:81/y?z=http://w")),
            (http, "y/z", Some("http://a.example:81/b/y/z")),
            (http, "?q=http://w", Some("http://a.example:81/b/?q=http://w")),
            (https, "https://x.example", Some("https://x.example")),
            (https, "https://x.example?y", Some("https://x.example?y")),
            (https, "http://a.example/b/c.json", None),
            (https, "HTTP://a.example/b/c.json", None),
            (http, "ftp://a.example/", None),
            (http, "file:///etc/passwd", None),
            (http, "https://me:pw@a.example/", None),
            (http, "//me@a.example/", None),
            (http, "http://", None),
            (http, "//", None),
            (http, "", None),
            (http, "#top", None),
        ] {
            assert_eq!(follow(url, location).as_deref(), next, "{location:?} at {url}");
        }
        for (length, is_followed) in [(6 * 1024 - 21, true), (6 * 1024 - 20, false)] {
            let location = format!("/{}", "x".repeat(length - 1));
            assert_eq!(follow("http://a.example:8080/", &location).is_some(), is_followed, "{length}");
        }
    }
}
