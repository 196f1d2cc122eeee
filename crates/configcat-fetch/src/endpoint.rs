//! Base URLs, and the URL of a config below them.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

// The name has the version of the format. A CDN has other versions under other names.
const CONFIG_FILE: &str = "config_v6.json";

/// Limit in bytes for a base URL.
// A request has room for that URL, for its host a second time, and for an SDK key, in the buffer of
// 16 KiB. A config decides the length of a URL that it redirects to.
const MAX_LENGTH: usize = 2048;

/// Choice of one of ConfigCat's CDNs, used if no base URL is set.
///
/// The choice should be the same as that of the organization on the ConfigCat Dashboard. If it
/// differs, the config redirects and the fetcher moves to the right CDN by itself.
///
/// ```
/// use configcat_fetch::DataGovernance;
///
/// assert_eq!(DataGovernance::default(), DataGovernance::Global);
/// assert_eq!(DataGovernance::EuOnly.base_url().to_string(), "https://cdn-eu.configcat.com");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DataGovernance {
    /// All of ConfigCat's CDN nodes, all over the world: the default.
    #[default]
    Global,
    /// Nodes in the European Union only.
    EuOnly,
}

impl DataGovernance {
    /// Returns the base URL of the CDN.
    ///
    /// ```
    /// use configcat_fetch::DataGovernance;
    ///
    /// assert_eq!(DataGovernance::Global.base_url().to_string(), "https://cdn-global.configcat.com");
    /// ```
    #[must_use]
    pub fn base_url(self) -> BaseUrl {
        let host = match self {
            Self::Global => "cdn-global.configcat.com",
            Self::EuOnly => "cdn-eu.configcat.com",
        };
        BaseUrl { is_https: true, host: host.to_owned(), port: None, path: String::new() }
    }
}

/// URL that the paths of configs are appended to: of a forward proxy, a CDN of your own, or a
/// ConfigCat Proxy.
///
/// A base URL has a scheme (`http` or `https`), a host, an optional port and an optional path. It
/// holds no secret, and is shown as it is. Two URLs of the same place are equal: the case of scheme
/// and host, the default port and trailing slashes do not count.
///
/// ```
/// use configcat_fetch::BaseUrl;
///
/// let url = BaseUrl::parse("https://Flags.example.com:443/configcat/")?;
/// assert_eq!(url, BaseUrl::parse("https://flags.example.com/configcat")?);
/// assert_eq!(url.to_string(), "https://flags.example.com/configcat");
/// # Ok::<(), configcat_fetch::BaseUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    is_https: bool,
    host: String,
    /// `None` for the default port of the scheme.
    port: Option<u16>,
    /// Empty, or starts with `/` and does not end with it.
    path: String,
}

impl BaseUrl {
    /// Parses a base URL.
    ///
    /// # Errors
    ///
    /// The text is not a URL, or has a scheme other than `http` and `https`, a user name or
    /// password, a query or a fragment, or more than 2048 bytes. The error does not hold the text.
    ///
    /// ```
    /// use configcat_fetch::{BaseUrl, BaseUrlError};
    ///
    /// assert_eq!(BaseUrl::parse("flags.example.com").unwrap_err(), BaseUrlError::Scheme);
    /// assert_eq!(BaseUrl::parse("https://me:pw@example.com").unwrap_err(), BaseUrlError::UserInfo);
    /// ```
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        // First, so that all checks below take a limited time.
        if text.len() > MAX_LENGTH {
            return Err(BaseUrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::Scheme)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return Err(BaseUrlError::Scheme);
        }
        // The path of a config is appended, which would become a part of the query.
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::QueryOrFragment);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // A password here would appear in each log record that shows the URL.
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let (host, port) = host_and_port(authority).ok_or(BaseUrlError::Host)?;
        // Control characters and spaces would end the request line, and could add headers.
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte)) {
            return Err(BaseUrlError::Path);
        }
        Ok(Self {
            is_https,
            host: host.to_ascii_lowercase(),
            port: port.filter(|port| *port != default_port(is_https)),
            path: path.trim_end_matches('/').to_owned(),
        })
    }

    /// Returns the URL of a config, with this text in the place of the SDK key.
    pub(crate) fn config_url(&self, sdk_key: &str) -> String {
        format!("{self}/configuration-files/{sdk_key}/{CONFIG_FILE}")
    }

    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns the host in lower case; an IPv6 address has its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(default_port(self.is_https))
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

/// Splits `host:port`. The host is a name, an IPv4 address or an IPv6 address in brackets. Returns
/// `None` if host or port is malformed.
pub(crate) fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // The colons of an IPv6 address come before its bracket, so the search starts there.
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(after_address..)?.rfind(':') {
        Some(at) => (authority.get(..after_address + at)?, authority.get(after_address + at + 1..)?),
        None => (authority, ""),
    };
    let is_valid = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            // `_` is not a character of host names, but services of Docker Compose have it.
            let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !host.is_empty() && host.bytes().all(is_in_name)
        }
    };
    let port = match port {
        "" if authority.len() == host.len() => None,
        // `parse` alone would take a sign.
        _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(port.parse().ok().filter(|port| *port != 0)?)
        }
        _ => return None,
    };
    is_valid.then_some((host, port))
}

/// Parses like [`BaseUrl::parse`].
///
/// ```
/// use configcat_fetch::{BaseUrl, BaseUrlError};
///
/// let url: BaseUrl = "https://flags.example.com".parse()?;
/// assert_eq!(url.to_string(), "https://flags.example.com");
/// assert_eq!("flags.example.com".parse::<BaseUrl>(), Err(BaseUrlError::Scheme));
/// # Ok::<(), BaseUrlError>(())
/// ```
impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BaseUrl").field(&format_args!("{self}")).finish()
    }
}

/// Error of a text that is not a base URL. It does not hold the text, which may hold a password.
///
/// ```
/// use configcat_fetch::{BaseUrl, BaseUrlError};
///
/// assert_eq!(BaseUrl::parse("https://example.com/?a=b").unwrap_err(), BaseUrlError::QueryOrFragment);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// The text does not start with `https://` or `http://`.
    Scheme,
    /// The text has a user name or a password before the host.
    UserInfo,
    /// The host is missing or malformed, or the port is malformed.
    Host,
    /// The path has characters that must be percent-encoded.
    Path,
    /// The text has a `?` or a `#`.
    QueryOrFragment,
    /// The text has more than 2048 bytes.
    TooLong,
}

impl fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => {
                "the base URL must start with `https://` or `http://`, as in `https://flags.example.com`"
            }
            Self::UserInfo => {
                "the base URL must not hold a user name or password; write the host right after `://`"
            }
            Self::Host => {
                "the base URL has no valid host and port; write them as in `https://flags.example.com:8443` \
                 (names beyond ASCII in their `xn--` form, IPv6 addresses in brackets)"
            }
            Self::Path => "the path of the base URL has characters that must be percent-encoded (`%20`)",
            Self::QueryOrFragment => {
                "the base URL must not have a query or fragment; end it before `?` or `#`"
            }
            Self::TooLong => "the base URL is longer than 2048 bytes",
        })
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for BaseUrlError {}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, BaseUrlError};

    #[test]
    fn base_urls_are_read_and_normalized() {
        for (text, shown, host, port) in [
            ("https://example.com", "https://example.com", "example.com", 443),
            ("HTTP://Example.COM/", "http://example.com", "example.com", 80),
            ("http://example.com:80//", "http://example.com", "example.com", 80),
            ("https://example.com:80", "https://example.com:80", "example.com", 80),
            ("https://my_proxy:8443/A/b%20c/", "https://my_proxy:8443/A/b%20c", "my_proxy", 8443),
            (
                "http://127.0.0.1:1/~a;b=c,d@e:f!$&'()*+",
                "http://127.0.0.1:1/~a;b=c,d@e:f!$&'()*+",
                "127.0.0.1",
                1,
            ),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]", 8080),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x", "[2001:db8::1]", 443),
        ] {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.host(), url.port()), (shown, host, port), "{text}");
            assert_eq!(BaseUrl::parse(shown).unwrap(), url);
            assert_eq!(format!("{url:?}"), format!("BaseUrl({shown})"));
        }
    }

    #[test]
    fn invalid_base_urls_are_refused_and_not_quoted() {
        use BaseUrlError::{Host, Path, QueryOrFragment, Scheme, TooLong, UserInfo};
        let longest = format!("https://example.com/{}", "a".repeat(2028));
        assert_eq!(BaseUrl::parse(&longest).unwrap().to_string(), longest);
        for (text, error) in [
            ("", Scheme),
            ("example.com", Scheme),
            ("//example.com", Scheme),
            ("ftp://example.com", Scheme),
            ("socks5://example.com", Scheme),
            (" https://example.com", Scheme),
            ("https:/example.com", Scheme),
            ("https://hunter2@example.com", UserInfo),
            ("https://me:hunter2@example.com", UserInfo),
            ("https://me:hunter2?@example.com", QueryOrFragment),
            ("https://", Host),
            ("https:///path", Host),
            ("https://:443", Host),
            ("https://example.com:", Host),
            ("https://example.com:0", Host),
            ("https://example.com:+80", Host),
            ("https://example.com:65536", Host),
            ("https://example.com:80:90", Host),
            ("https://::1", Host),
            ("https://[::1", Host),
            ("https://[::g]", Host),
            ("https://[::1]x", Host),
            ("https://ex ample.com", Host),
            ("https://example.com\n", Host),
            ("https://exämple.com", Host),
            ("https://example.com\\path", Host),
            ("https://example.com/a b", Path),
            ("https://example.com/ä", Path),
            ("https://example.com/a\r\nHost: x", Path),
            ("https://example.com/?a=b", QueryOrFragment),
            ("https://example.com#a", QueryOrFragment),
            (&format!("{longest}a"), TooLong),
        ] {
            let found = BaseUrl::parse(text).unwrap_err();
            assert_eq!(found, error, "{text:?}");
            assert!(!format!("{found} {found:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_path_of_a_config_follows_the_base_url() {
        let url = BaseUrl::parse("https://example.com/a/").unwrap().config_url("configcat-proxy/b");
        assert_eq!(url, "https://example.com/a/configuration-files/configcat-proxy/b/config_v6.json");
    }
}
