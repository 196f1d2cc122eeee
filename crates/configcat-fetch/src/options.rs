//! Options of a fetcher.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::endpoint::{BaseUrl, DataGovernance};
use crate::proxy::{Proxy, ProxyError};
use crate::sdk_key::SdkKey;

// From the specification: ten seconds are two lost packets of a TCP handshake, and thirty leave a
// slow network time for a config of megabytes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Options of a [`Fetcher`](crate::Fetcher).
///
/// ```
/// use std::time::Duration;
/// use configcat_fetch::{BaseUrl, DataGovernance, FetchOptions, Fetcher, ModeTag, Proxy, SdkKey};
///
/// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
/// let options = FetchOptions::new(key)
///     .mode(ModeTag::Lazy)
///     .data_governance(DataGovernance::EuOnly)
///     .connect_timeout(Duration::from_secs(5))
///     .request_timeout(Duration::from_secs(10))
///     .proxy(Proxy::url("http://proxy.example.com:3128")?);
/// let fetcher = Fetcher::new(options)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FetchOptions {
    pub(crate) sdk_key: SdkKey,
    pub(crate) mode: ModeTag,
    pub(crate) start_url: BaseUrl,
    // Not merged with the start URL: only a forced redirect leads away from a base URL.
    pub(crate) base_url: Option<BaseUrl>,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) proxy: Proxy,
    pub(crate) root_certificates: Option<RootCertificates>,
}

/// Certificates in PEM form.
#[derive(Clone)]
pub(crate) struct RootCertificates(pub(crate) Vec<u8>);

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A user may pass a file that also has a private key in it, so `Debug` shows no content.
        f.debug_tuple("RootCertificates").field(&format_args!("<{} bytes>", self.0.len())).finish()
    }
}

impl FetchOptions {
    /// Returns the defaults: automatic polling, the global CDN, 10 s to connect, 30 s for a fetch,
    /// and the proxies of the environment.
    pub fn new(sdk_key: SdkKey) -> Self {
        Self {
            sdk_key,
            mode: ModeTag::default(),
            start_url: DataGovernance::default().base_url(),
            base_url: None,
            connect_timeout: CONNECT_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
            proxy: Proxy::default(),
            root_certificates: None,
        }
    }

    /// Sets the polling mode that the user agent reports to the server. Default:
    /// [`ModeTag::Auto`].
    pub fn mode(self, mode: ModeTag) -> Self {
        Self { mode, ..self }
    }

    /// Sets the CDN that the first fetch starts at. Without effect if a
    /// [base URL](Self::base_url) is set. Default: [`DataGovernance::Global`].
    pub fn data_governance(self, data_governance: DataGovernance) -> Self {
        self.start_url(data_governance.base_url())
    }

    /// Sets the URL that the first fetch starts at, in place of ConfigCat's CDN: a mirror that
    /// answers the first request of each process, and whose configs name the CDN that serves the
    /// next ones.
    ///
    /// Configs redirect away from this URL as they do from ConfigCat's own CDN. Only a forced
    /// redirect leads away from a [base URL](Self::base_url), which also wins over this option. Of
    /// this option and [`data_governance`](Self::data_governance), the last call counts.
    ///
    /// ```
    /// use configcat_fetch::{BaseUrl, FetchOptions, Fetcher, SdkKey};
    ///
    /// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    /// let options = FetchOptions::new(key).start_url(BaseUrl::parse("https://mirror.example.com")?);
    /// let fetcher = Fetcher::new(options)?;
    /// assert!(format!("{fetcher:?}").contains("https://mirror.example.com"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_url(self, url: BaseUrl) -> Self {
        Self { start_url: url, ..self }
    }

    /// Sets the URL to fetch from instead of ConfigCat's CDN. Default: not set.
    pub fn base_url(self, base_url: BaseUrl) -> Self {
        Self { base_url: Some(base_url), ..self }
    }

    /// Sets the time limit for the lookup of a name, and once more for connecting, TLS included.
    /// Default: 10 s.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        Self { connect_timeout: limit, ..self }
    }

    /// Sets the time limit for a fetch, from the name lookup to the last byte, redirects included.
    /// Default: 30 s.
    pub fn request_timeout(self, limit: Duration) -> Self {
        Self { request_timeout: limit, ..self }
    }

    /// Sets the proxy for all requests. Default: [`Proxy::FromEnvironment`].
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// Sets the root certificates, in PEM form, that the certificate of a server must lead to. No
    /// other root is trusted then. For servers and proxies of your own. Default: the roots of the
    /// [feature](crate#features) for TLS.
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { root_certificates: Some(RootCertificates(pem.into())), ..self }
    }
}

/// Polling mode that the user agent reports to the server.
///
/// ```
/// assert_eq!(configcat_fetch::ModeTag::default(), configcat_fetch::ModeTag::Auto);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ModeTag {
    // The letters are the same in all ConfigCat SDKs.
    /// `a`: fetches at an interval.
    #[default]
    Auto,
    /// `l`: fetches when the config is needed and old.
    Lazy,
    /// `m`: fetches when the application asks for it.
    Manual,
}

/// Error of [`Fetcher::new`](crate::Fetcher::new): options that contradict each other.
///
/// ```
/// use std::time::Duration;
/// use configcat_fetch::{FetchOptions, Fetcher, OptionsError, SdkKey};
///
/// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
/// let options = FetchOptions::new(key).request_timeout(Duration::ZERO);
/// assert_eq!(Fetcher::new(options).unwrap_err(), OptionsError::ZeroTimeout);
/// # Ok::<(), configcat_fetch::SdkKeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The SDK key is for a ConfigCat Proxy, and no base URL leads to that proxy.
    ProxyKeyWithoutBaseUrl,
    /// A time limit is zero, so every fetch would fail.
    ZeroTimeout,
    /// The base URL or the start URL holds the SDK key or a part of it. Every message that shows
    /// the URL would show the key too.
    KeyInBaseUrl,
    /// The text for the root certificates has no certificate in PEM form, or a malformed one.
    RootCertificates,
    /// A variable of the environment names a proxy, and its value is not a proxy URL.
    ProxyVariable {
        /// The name of the variable.
        name: &'static str,
        /// The fault in its value.
        cause: ProxyError,
    },
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProxyVariable { name, cause } => {
                return write!(f, "the environment variable {name} holds no proxy URL: {cause}");
            }
            Self::ProxyKeyWithoutBaseUrl => {
                "an SDK key that starts with `configcat-proxy/` needs the base URL of your ConfigCat Proxy: set \
                 `base_url`"
            }
            Self::RootCertificates => {
                "the root certificates must be in PEM form: `-----BEGIN CERTIFICATE-----` and what follows"
            }
            Self::ZeroTimeout => "connect timeout and request timeout must be longer than zero",
            Self::KeyInBaseUrl => {
                "the base URL must not hold the SDK key; write only what comes before `/configuration-files/`"
            }
        })
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for OptionsError {}
