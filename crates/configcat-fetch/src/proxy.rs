//! Proxy of a request, from the options or from the environment.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::endpoint::{BaseUrl, host_and_port};

// In the order of precedence. There is no standard; these are the names that curl and most HTTP
// clients read, the one for the scheme before the one for all.
const HTTPS_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const HTTP_VARIABLES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];
// All that `ureq` supports. Others fail at the start instead of in each fetch.
const SCHEMES: [&str; 7] = ["http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"];

/// Proxy for requests, or the rule that finds it.
///
/// [`FromEnvironment`](Proxy::FromEnvironment), the default, reads these variables once, when the
/// fetcher is made. Each may be in lower case too. A variable that is empty, or only white space,
/// counts as unset. White space around a URL is ignored. A malformed URL is an error of
/// [`Fetcher::new`](crate::Fetcher::new) if the first base URL needs it
/// ([`OptionsError::ProxyVariable`](crate::OptionsError::ProxyVariable)), and of a fetch if only a
/// redirect needs it.
///
/// | variable | for |
/// |---|---|
/// | `HTTPS_PROXY` | `https` URLs |
/// | `HTTP_PROXY` | `http` URLs; not in a CGI process, where a request's `Proxy` header would set it |
/// | `ALL_PROXY` | URLs for which neither is set |
/// | `NO_PROXY` | hosts without proxy, separated by commas or white space: `example.com` (and all below it), `10.0.0.0/8`, `[::1]:8080`, `*` |
///
/// ```
/// use configcat_fetch::Proxy;
///
/// let proxy = Proxy::url("http://me:secret@proxy.example.com:3128")?;
/// assert_eq!(format!("{proxy:?}"), "Url(http://***@proxy.example.com:3128)");
/// assert_eq!(Proxy::default(), Proxy::FromEnvironment);
/// # Ok::<(), configcat_fetch::ProxyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// The proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` select.
    #[default]
    FromEnvironment,
    /// No proxy.
    None,
    /// This proxy for all requests; made with [`Proxy::url`].
    Url(ProxyUrl),
}

impl Proxy {
    /// Makes a proxy of its URL: `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`, an
    /// optional percent-encoded user name and password, a host, and an optional port. White space
    /// around the URL is ignored.
    ///
    /// For `https` URLs, an `http` or `https` proxy connects (`CONNECT`) to the server, and learns
    /// only its host. For `http` URLs the proxy gets the whole request (in absolute form), with the
    /// SDK key.
    ///
    /// # Errors
    ///
    /// The text is not such a URL. The error does not hold the text.
    ///
    /// ```
    /// use configcat_fetch::{Proxy, ProxyError};
    ///
    /// assert!(Proxy::url("socks5h://127.0.0.1:1080").is_ok());
    /// assert_eq!(Proxy::url("ftp://proxy").unwrap_err(), ProxyError::Scheme);
    /// ```
    pub fn url(text: &str) -> Result<Self, ProxyError> {
        ProxyUrl::parse(text).map(Self::Url)
    }
}

/// URL of a proxy. `Debug` masks user name and password.
///
/// ```
/// use configcat_fetch::{Proxy, ProxyUrl};
///
/// # fn example() -> Result<(), configcat_fetch::ProxyError> {
/// let Proxy::Url(url) = Proxy::url("http://proxy.example.com:3128")? else { return Ok(()) };
/// let again: ProxyUrl = url.clone();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    scheme: &'static str,
    /// User name and password with the `@`, or empty. Secret.
    user_info: String,
    authority: String,
}

impl ProxyUrl {
    fn parse(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        // Many environments have `proxy:3128` without a scheme; curl takes it for `http` too.
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = SCHEMES.into_iter().find(|known| known.eq_ignore_ascii_case(scheme));
        let scheme = scheme.ok_or(ProxyError::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // At the last `@`: passwords with an `@` that is not percent-encoded are common.
        let (user_info, authority) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"/?#[]\\".contains(&byte);
        // Checked here and not left to `ureq`, so that the mistake shows at the start, in an error
        // without the password.
        if !user_info.bytes().all(is_allowed) || String::from_utf8(decode(user_info)).is_err() {
            return Err(ProxyError::UserInfo);
        }
        host_and_port(authority).ok_or(ProxyError::Host)?;
        Ok(Self { scheme, user_info: user_info.to_owned(), authority: authority.to_owned() })
    }

    /// Returns the URL with user name and password. It is a secret.
    pub(crate) fn expose(&self) -> String {
        format!("{}://{}{}", self.scheme, self.user_info, self.authority)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }
}

/// Decodes a percent-encoded text. A `%` without two digits after it stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.split_at_checked(2).filter(|_| *first == b'%').and_then(|(digits, after)| {
            // `from_str_radix` takes a sign, which percent-encoding does not have.
            let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = digits.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user_info = if self.user_info.is_empty() { "" } else { "***@" };
        write!(f, "{}://{user_info}{}", self.scheme, self.authority)
    }
}

/// Error of a text that is not a proxy URL. It does not hold the text, which may hold a password.
///
/// ```
/// use configcat_fetch::{Proxy, ProxyError};
///
/// assert_eq!(Proxy::url("http://proxy.example.com:port").unwrap_err(), ProxyError::Host);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// The scheme is not one of those that [`Proxy::url`] lists.
    Scheme,
    /// User name or password has characters that must be percent-encoded, or is not UTF-8 when
    /// decoded.
    UserInfo,
    /// The host is missing or malformed, the port is malformed, or a path or query follows.
    Host,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the proxy URL must start with `http://`, `https://`, `socks4://` or `socks5://`",
            Self::UserInfo => "user name and password of the proxy URL must be percent-encoded UTF-8",
            Self::Host => {
                "the proxy URL has no valid host and port; write it as `http://proxy.example.com:3128`"
            }
        })
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for ProxyError {}

/// Rules that find the proxy of a URL.
#[derive(Debug, Clone)]
pub(crate) enum ProxyRules {
    Always(Option<ProxyUrl>),
    Environment { https: Variable, http: Variable, no_proxy: String },
}

/// Value of a variable of the environment.
// A malformed value is an error only for the URLs that need it: other programs on the machine may
// understand more schemes.
type Variable = Result<Option<ProxyUrl>, EnvironmentError>;

impl ProxyRules {
    /// Makes the rules; `variable` returns the value of a variable of the environment.
    pub(crate) fn new(proxy: &Proxy, variable: impl Fn(&str) -> Option<String>) -> Self {
        // A CGI server passes the header `Proxy` of a request as `HTTP_PROXY`, so a client could
        // redirect all requests (CVE-2016-5385).
        let first = |names: &[&'static str]| {
            let is_cgi = variable("REQUEST_METHOD").is_some();
            let mut names = names.iter().filter(|name| !(is_cgi && **name == "HTTP_PROXY"));
            names.find_map(|name| Some((*name, variable(name).filter(|value| !value.trim().is_empty())?)))
        };
        let url = |names: &[&'static str]| {
            let Some((name, value)) = first(names) else { return Ok(None) };
            ProxyUrl::parse(&value).map(Some).map_err(|cause| EnvironmentError { name, cause })
        };
        match proxy {
            Proxy::None => Self::Always(None),
            Proxy::Url(url) => Self::Always(Some(url.clone())),
            Proxy::FromEnvironment => Self::Environment {
                https: url(&HTTPS_VARIABLES),
                http: url(&HTTP_VARIABLES),
                no_proxy: first(&NO_PROXY_VARIABLES).map(|(_, hosts)| hosts).unwrap_or_default(),
            },
        }
    }

    /// Returns the proxy for requests to `url`, or `None` for a direct connection.
    ///
    /// # Errors
    ///
    /// The variable of the environment for this URL is malformed.
    pub(crate) fn proxy_for(&self, url: &BaseUrl) -> Result<Option<&ProxyUrl>, EnvironmentError> {
        match self {
            Self::Always(proxy) => Ok(proxy.as_ref()),
            Self::Environment { no_proxy, .. }
                if no_proxy
                    .split(|c: char| c == ',' || c.is_whitespace())
                    .any(|entry| is_bypassed(entry, url)) =>
            {
                Ok(None)
            }
            Self::Environment { https, http, .. } => {
                let variable = if url.is_https() { https } else { http };
                variable.as_ref().map(Option::as_ref).map_err(|error| *error)
            }
        }
    }
}

/// Returns whether an entry of `NO_PROXY` matches the host of `url`.
fn is_bypassed(entry: &str, url: &BaseUrl) -> bool {
    let host = url.host();
    let bare_host = host.trim_start_matches('[').trim_end_matches(']');
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let addresses = bare_host.parse().ok().zip(network.parse().ok());
        return addresses.zip(bits.parse().ok()).is_some_and(|((a, b), bits)| share_prefix(a, b, bits));
    }
    if let Ok(address) = entry.parse::<Ipv6Addr>() {
        return bare_host.parse() == Ok(address);
    }
    // `.example.com` and `*.example.com` match the host itself too, as in curl.
    let entry = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    let Some((name, port)) = host_and_port(&entry) else { return false };
    let is_host = host.strip_suffix(name).is_some_and(|below| below.is_empty() || below.ends_with('.'));
    is_host && port.is_none_or(|port| port == url.port())
}

/// Returns whether the first `bits` of two addresses are the same. Addresses of two families share
/// nothing.
fn share_prefix(a: IpAddr, b: IpAddr, bits: u32) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= bits,
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

/// Error of a variable of the environment that holds no proxy URL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EnvironmentError {
    pub(crate) name: &'static str,
    pub(crate) cause: ProxyError,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment variable {} holds no proxy URL", self.name)
    }
}

impl Error for EnvironmentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::{Proxy, ProxyError, ProxyRules};
    use crate::endpoint::BaseUrl;

    fn proxy_for(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        let rules = ProxyRules::new(&Proxy::FromEnvironment, variable);
        let proxy = rules.proxy_for(&BaseUrl::parse(url).unwrap());
        proxy.map(|proxy| proxy.map(|proxy| proxy.expose())).map_err(|error| error.to_string())
    }

    #[test]
    fn the_url_scheme_selects_the_variable() {
        let all = [("HTTPS_PROXY", "a"), ("HTTP_PROXY", "b:1"), ("ALL_PROXY", "socks5://c")];
        let (https, http) = ("https://x.example", "http://x.example");
        for (variables, url, proxy) in [
            (&all[..], https, Some("http://a")),
            (&all, http, Some("http://b:1")),
            (&all[1..], https, Some("socks5://c")),
            (&all[2..], http, Some("socks5://c")),
            (&all[1..2], https, None),
            (&[], http, None),
            (&[("HTTPS_PROXY", "  \t\n"), ("https_proxy", " d:1\r\n")], https, Some("http://d:1")),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "https://d/")], https, Some("https://d")),
            (&[("all_proxy", "me:pw@e")], http, Some("http://me:pw@e")),
            // The sender of a request to a CGI process may set this variable.
            (&[("HTTP_PROXY", "evil"), ("REQUEST_METHOD", "GET")], http, None),
            (
                &[("HTTP_PROXY", "evil"), ("http_proxy", "f"), ("REQUEST_METHOD", "GET")],
                http,
                Some("http://f"),
            ),
        ] {
            assert_eq!(proxy_for(variables, url), Ok(proxy.map(str::to_owned)), "{variables:?} {url}");
        }
    }

    #[test]
    fn a_malformed_variable_fails_only_where_needed() {
        let variables = [("HTTPS_PROXY", "ftp://me:secret@a"), ("NO_PROXY", "direct.example")];
        let error = "the environment variable HTTPS_PROXY holds no proxy URL";
        assert_eq!(proxy_for(&variables, "https://x.example"), Err(error.to_owned()));
        assert_eq!(proxy_for(&variables, "https://direct.example"), Ok(None));
        assert_eq!(proxy_for(&variables, "http://x.example"), Ok(None));
    }

    #[test]
    fn no_proxy_matches_hosts() {
        for (no_proxy, url, is_direct) in [
            ("*", "https://x.example", true),
            ("x.example", "https://x.example", true),
            ("X.Example", "https://a.x.EXAMPLE", true),
            (".x.example", "https://a.x.example", true),
            (".x.example", "https://x.example", true),
            ("*.x.example", "https://a.x.example", true),
            ("x.example", "https://ax.example", false),
            ("x.example", "https://x.example.com", false),
            ("a, b,x.example ,c", "https://x.example", true),
            ("a b x.example", "https://x.example", true),
            ("a\nx.example\nb\n", "https://x.example", true),
            ("a\tx.example\r\nb", "https://x.example", true),
            ("a,\u{a0}x.example", "https://x.example", true),
            ("x.example:443", "https://x.example", true),
            ("x.example:443", "http://x.example", false),
            ("x.example:8080", "http://x.example:8080", true),
            ("127.0.0.1", "http://127.0.0.1:8080", true),
            ("127.0.0.1", "http://127.0.0.2", false),
            ("10.0.0.0/8", "http://10.200.1.2", true),
            ("10.0.0.0/8", "http://11.0.0.1", false),
            ("10.0.0.0/0", "http://11.0.0.1", true),
            ("10.0.0.0/33", "http://10.0.0.0", false),
            ("10.0.0.0/8", "http://ten.example", false),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::/8", "http://10.0.0.1", false),
            ("::1", "http://[::1]:8080", true),
            ("[::1]", "http://[::1]:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("", "http://x.example", false),
            (",, ,", "http://x.example", false),
            ("/", "http://x.example", false),
            ("x.example:port", "http://x.example", false),
        ] {
            let variables = [("ALL_PROXY", "a"), ("NO_PROXY", no_proxy)];
            assert_eq!(proxy_for(&variables, url).unwrap().is_none(), is_direct, "{no_proxy:?} {url}");
        }
    }

    #[test]
    fn an_explicit_proxy_wins_over_the_environment() {
        let url = BaseUrl::parse("https://x.example").unwrap();
        let variable = |_: &str| Some("env".to_owned());
        assert_eq!(ProxyRules::new(&Proxy::None, variable).proxy_for(&url), Ok(None));
        let rules = ProxyRules::new(&Proxy::url("http://set").unwrap(), variable);
        assert_eq!(rules.proxy_for(&url).unwrap().unwrap().expose(), "http://set");
    }

    #[test]
    fn proxy_urls_are_checked_and_masked() {
        for (text, shown) in [
            ("proxy", "http://proxy"),
            ("proxy:8080", "http://proxy:8080"),
            ("me:hunter2@proxy", "http://***@proxy"),
            ("HTTPS://me:hun%20ter2@h@proxy:1/", "https://***@proxy:1"),
            ("socks5h://[::1]:1080", "socks5h://[::1]:1080"),
            (" http://proxy:1\n", "http://proxy:1"),
            ("http://%C3%A9:100%25%zz%+1%@proxy", "http://***@proxy"),
        ] {
            assert_eq!(format!("{:?}", Proxy::url(text).unwrap()), format!("Url({shown})"));
        }
        for (text, error) in [
            ("", ProxyError::Host),
            ("http://", ProxyError::Host),
            ("http://proxy:port", ProxyError::Host),
            ("http://proxy/path", ProxyError::Host),
            ("http://proxy?hunter2", ProxyError::Host),
            ("ftp://hunter2@proxy", ProxyError::Scheme),
            ("http://me:hun ter2@proxy", ProxyError::UserInfo),
            ("http://me:hunter2/@proxy", ProxyError::UserInfo),
            ("http://me:hunter2%ff@proxy", ProxyError::UserInfo),
            ("http://hunter2%c3%c3@proxy", ProxyError::UserInfo),
            ("http://proxy\n:1", ProxyError::Host),
        ] {
            let found = Proxy::url(text).unwrap_err();
            assert_eq!(found, error, "{text:?}");
            assert!(!format!("{found} {found:?}").contains("hunter2"));
        }
    }
}
