//! Fetching: options, and the rounds of one fetch.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::agent::{Agent, Limits};
use crate::base_urls::BaseUrls;
use crate::config_redirect::{RedirectPolicy, RedirectStep};
use crate::preferences::Preferences;
use crate::proxy::{EnvironmentError, ProxyRules};
use crate::response::{Received, is_etag};
use crate::{BaseUrl, DataGovernance, FetchError, Fetched, Proxy, ProxyError, SdkKey};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Limits beyond are cut to it, so that no sum of times overflows.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a [`Fetcher`] is made of.
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
    sdk_key: SdkKey,
    mode: ModeTag,
    cdn: BaseUrl,
    base_url: Option<BaseUrl>,
    connect_timeout: Duration,
    request_timeout: Duration,
    proxy: Proxy,
    root_certificates: Option<RootCertificates>,
}

/// Certificates in PEM form.
#[derive(Clone)]
pub(crate) struct RootCertificates(pub(crate) Vec<u8>);

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RootCertificates").field(&format_args!("<{} bytes>", self.0.len())).finish()
    }
}

impl FetchOptions {
    /// The defaults: automatic polling, the global CDN, 10 s to connect, 30 s for all, proxies as the environment
    /// says.
    pub fn new(sdk_key: SdkKey) -> Self {
        Self {
            sdk_key,
            mode: ModeTag::default(),
            cdn: DataGovernance::default().base_url(),
            base_url: None,
            connect_timeout: CONNECT_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
            proxy: Proxy::default(),
            root_certificates: None,
        }
    }

    /// The polling mode that the server is told of. Default: [`ModeTag::Auto`].
    pub fn mode(self, mode: ModeTag) -> Self {
        Self { mode, ..self }
    }

    /// The CDN to start with. Without effect if a base URL is set. Default: [`DataGovernance::Global`].
    pub fn data_governance(self, data_governance: DataGovernance) -> Self {
        self.cdn(data_governance.base_url())
    }

    /// A CDN to start with that is none of ConfigCat's, in place of the data governance option: a mirror, or the
    /// server of a test. Unlike a base URL it is left when a config asks for that. Default: none.
    pub fn cdn(self, url: BaseUrl) -> Self {
        Self { cdn: url, ..self }
    }

    /// Where to fetch from instead of the CDN. Default: none.
    pub fn base_url(self, base_url: BaseUrl) -> Self {
        Self { base_url: Some(base_url), ..self }
    }

    /// How long the lookup of a name may take, and how long connecting, TLS included. Default: 10 s.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        Self { connect_timeout: limit, ..self }
    }

    /// How long a fetch may take, from the name lookup to the last byte, redirects included. Default: 30 s.
    pub fn request_timeout(self, limit: Duration) -> Self {
        Self { request_timeout: limit, ..self }
    }

    /// Which proxy requests go through. Default: [`Proxy::FromEnvironment`].
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// The root certificates, in PEM form, that the certificate of a server must lead to, and no others. For
    /// servers and proxies of your own. Default: those of the [feature](crate#features) for TLS.
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { root_certificates: Some(RootCertificates(pem.into())), ..self }
    }
}

/// The polling mode, as the server is told of it in the user agent.
///
/// ```
/// assert_eq!(configcat_fetch::ModeTag::default(), configcat_fetch::ModeTag::Auto);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ModeTag {
    /// `a`: fetches at an interval.
    #[default]
    Auto,
    /// `l`: fetches when the config is needed and old.
    Lazy,
    /// `m`: fetches when told to.
    Manual,
}

/// Fetches the config of one SDK key.
///
/// It keeps its connection alive, and remembers the [base URL](crate#where-it-fetches-from) that
/// the configs have led it to. It starts no thread but for name lookups, two at most. `Debug` does
/// not show the key.
///
/// ```
/// use configcat_fetch::{FetchOptions, Fetcher, SdkKey};
///
/// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
/// let fetcher = Fetcher::new(FetchOptions::new(key))?;
/// assert!(format!("{fetcher:?}").contains("https://cdn-global.configcat.com"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Fetcher {
    sdk_key: SdkKey,
    agent: Agent,
    policy: RedirectPolicy,
    connect_timeout: Duration,
    request_timeout: Duration,
    first_url: BaseUrl,
    urls: Mutex<BaseUrls>,
    is_shut_down: AtomicBool,
}

impl Fetcher {
    /// Makes a fetcher. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The options contradict each other: a key for a ConfigCat Proxy, and no base URL; the base
    /// URL holds the key; a time limit is zero; the root certificates are none; or a variable of
    /// the environment that is needed holds no proxy URL.
    ///
    /// ```
    /// use configcat_fetch::{FetchOptions, Fetcher, OptionsError, SdkKey};
    ///
    /// let options = FetchOptions::new(SdkKey::parse("configcat-proxy/my-service")?);
    /// assert_eq!(Fetcher::new(options).unwrap_err(), OptionsError::ProxyKeyWithoutBaseUrl);
    /// # Ok::<(), configcat_fetch::SdkKeyError>(())
    /// ```
    pub fn new(options: FetchOptions) -> Result<Self, OptionsError> {
        // One that is not Unicode is no URL, and must not count as unset: requests would go without
        // the proxy.
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::in_environment(options, variable)
    }

    fn in_environment(
        options: FetchOptions,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, OptionsError> {
        if options.sdk_key.is_proxy() && options.base_url.is_none() {
            return Err(OptionsError::ProxyKeyWithoutBaseUrl);
        }
        let first_url = options.base_url.clone().unwrap_or(options.cdn);
        if options.sdk_key.is_quoted_in(&first_url.to_string()) {
            return Err(OptionsError::KeyInBaseUrl);
        }
        if options.connect_timeout.is_zero() || options.request_timeout.is_zero() {
            return Err(OptionsError::ZeroTimeout);
        }
        let connect_timeout = options.connect_timeout.min(LONGEST_TIMEOUT);
        let mode = match options.mode {
            ModeTag::Auto => 'a',
            ModeTag::Lazy => 'l',
            ModeTag::Manual => 'm',
        };
        let user_agent = format!("ConfigCat-Rust/{mode}-{}", env!("CARGO_PKG_VERSION"));
        let rules = ProxyRules::new(&options.proxy, variable);
        rules
            .proxy_for(&first_url)
            .map_err(|EnvironmentError { name, cause }| OptionsError::ProxyVariable { name, cause })?;
        let roots = options.root_certificates.as_ref();
        let agent = Agent::new(&options.sdk_key, user_agent, rules, connect_timeout, roots);
        let policy = RedirectPolicy {
            is_base_url_set: options.base_url.is_some(),
            is_proxy_key: options.sdk_key.is_proxy(),
        };
        Ok(Self {
            sdk_key: options.sdk_key,
            agent: agent.ok_or(OptionsError::RootCertificates)?,
            policy,
            connect_timeout,
            request_timeout: options.request_timeout.min(LONGEST_TIMEOUT),
            urls: Mutex::new(BaseUrls::new(first_url.clone())),
            first_url,
            is_shut_down: AtomicBool::new(false),
        })
    }

    /// A fetcher of the same options that shares nothing with this one: for a forked child, which must not use the
    /// connections of its parent, nor wait for what the parent's threads have locked.
    ///
    /// ```
    /// # use configcat_fetch::{FetchOptions, Fetcher, SdkKey};
    /// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    /// let of_parent = Fetcher::new(FetchOptions::new(key))?;
    /// let of_child = of_parent.renewed();
    /// # drop(of_child);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn renewed(&self) -> Self {
        // A thread of the parent may have been moving to another URL when the process was forked,
        // and holds the lock for good then. The child starts at the first URL.
        let urls = match self.urls.try_lock() {
            Ok(urls) => urls.clone(),
            Err(_) => BaseUrls::new(self.first_url.clone()),
        };
        Self {
            sdk_key: self.sdk_key.clone(),
            agent: self.agent.renewed(),
            policy: self.policy,
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            first_url: self.first_url.clone(),
            urls: Mutex::new(urls),
            is_shut_down: AtomicBool::new(false),
        }
    }

    /// Fetches the config, or learns that the one of that ETag is up to date.
    ///
    /// Give the ETag of the config that is there, or `None` if there is no config. This blocks until it is done,
    /// for the request timeout at most. Where the preferences of a config say so, it makes up to three requests.
    ///
    /// # Errors
    ///
    /// In [`outcome`](Fetch::outcome), of one of the kinds in
    /// [`FetchErrorKind`](crate::FetchErrorKind).
    ///
    /// ```no_run
    /// # use configcat_fetch::{FetchOptions, Fetcher, Outcome, SdkKey};
    /// # let fetcher = Fetcher::new(FetchOptions::new(SdkKey::parse("…")?))?;
    /// if let Outcome::Fetched(first) = fetcher.fetch(None).outcome? {
    ///     match fetcher.fetch(first.etag.as_deref()).outcome? {
    ///         Outcome::NotModified => println!("still the same"),
    ///         Outcome::Fetched(second) => println!("now it is {}", second.body),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fetch(&self, etag: Option<&str>) -> Fetch {
        self.fetch_within(etag, self.request_timeout)
    }

    /// Fetches like [`fetch`](Self::fetch), and ends at `deadline` at the latest: for callers that
    /// have spent a part of their time already. A deadline that is further away than the request
    /// timeout changes nothing.
    ///
    /// ```no_run
    /// # use configcat_fetch::{FetchOptions, Fetcher, SdkKey};
    /// # let fetcher = Fetcher::new(FetchOptions::new(SdkKey::parse("…")?))?;
    /// use std::time::{Duration, Instant};
    ///
    /// let fetch = fetcher.fetch_until(Some("\"1\""), Instant::now() + Duration::from_secs(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fetch_until(&self, etag: Option<&str>, deadline: Instant) -> Fetch {
        let time_left = deadline.saturating_duration_since(Instant::now());
        self.fetch_within(etag, time_left.min(self.request_timeout))
    }

    fn fetch_within(&self, etag: Option<&str>, time: Duration) -> Fetch {
        let limits = Limits::new(self.connect_timeout, time);
        // Without an ETag the config comes once more.
        let etag = etag.filter(|etag| is_etag(etag));
        let (mut base_url, needs_config) = {
            let urls = self.urls();
            (urls.next().clone(), urls.needs_config())
        };
        let mut is_data_governance_out_of_sync = false;
        let mut redirect_error = None;
        // The last config that came with settings, for the case that the URL that it redirects to
        // fails.
        let mut fallback = None;
        let mut round = 1;
        let outcome = loop {
            let url = base_url.config_url(self.agent.key_in_urls());
            let (config, contents) =
                match self.request(&url, etag.filter(|_| round > 1 || !needs_config), limits) {
                    Ok(Received::Config(config, contents)) => (config, contents),
                    Ok(Received::NotModified) => {
                        self.urls().answered(&base_url);
                        break Ok(Outcome::NotModified);
                    }
                    Err(error) if round == 1 => {
                        // A fetch that was interrupted, or had no time at all, says nothing of the
                        // server.
                        if !self.is_shut_down.load(Ordering::Acquire) && !time.is_zero() {
                            self.urls().failed(&base_url);
                        }
                        break Err(error);
                    }
                    Err(error) => {
                        let Some(config) = fallback else { break Err(error) };
                        redirect_error = Some(error);
                        self.urls().failed_to_move();
                        break Ok(Outcome::Fetched(config));
                    }
                };
            self.urls().answered(&base_url);
            // A URL that holds the key would be shown with it.
            let is_shown = |to: &Preferences| !self.sdk_key.is_quoted_in(&to.base_url.to_string());
            let decision = self.policy.decide(&base_url, contents.preferences.filter(is_shown), round);
            is_data_governance_out_of_sync |= decision.is_out_of_sync;
            match (decision.step, decision.move_to) {
                (RedirectStep::FetchAgain, Some(next)) => {
                    base_url = next;
                    round += 1;
                    if contents.has_settings {
                        fallback = Some(config);
                    }
                    continue;
                }
                (_, Some(next)) => self.urls().named(next),
                (_, None) => {}
            }
            redirect_error = decision.step.error().map(|kind| FetchError::new(kind, &url));
            break Ok(Outcome::Fetched(config));
        };
        Fetch { outcome, is_data_governance_out_of_sync, redirect_error }
    }

    /// Interrupts a fetch that another thread waits for, if it has a connection already, and makes all that
    /// follow fail at once. A name lookup or an attempt to connect goes on until its time limit.
    ///
    /// ```
    /// use configcat_fetch::{FetchErrorKind, FetchOptions, Fetcher, SdkKey};
    ///
    /// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    /// let fetcher = Fetcher::new(FetchOptions::new(key))?;
    /// fetcher.shut_down();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shut_down(&self) {
        self.is_shut_down.store(true, Ordering::Release);
        self.agent.shut_down();
    }

    fn request(&self, url: &str, etag: Option<&str>, limits: Limits) -> Result<Received, FetchError> {
        let reply = self.agent.get(url, etag, limits);
        let reply = reply.map_err(|failure| FetchError::new(failure.kind, url).caused_by(failure.cause))?;
        reply.head().interpret(url, etag.is_some(), || reply.body())
    }

    fn urls(&self) -> MutexGuard<'_, BaseUrls> {
        // No panic can happen while they are locked, and they would be whole if one did.
        self.urls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("urls", &*self.urls())
            .field("sdk_key", &format_args!("{}", self.agent.key_in_urls()))
            .finish_non_exhaustive()
    }
}

/// How a fetch went. See [`Fetcher::fetch`].
///
/// ```
/// # fn example(fetcher: configcat_fetch::Fetcher) {
/// let fetch = fetcher.fetch(None);
/// if fetch.is_data_governance_out_of_sync {
///     eprintln!("change the data governance option");
/// }
/// if let Some(error) = &fetch.redirect_error {
///     eprintln!("{error}");
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Fetch {
    /// What it brought.
    pub outcome: Result<Outcome, FetchError>,
    /// The data governance option differs from what the organization has chosen on the Dashboard.
    /// The fetcher follows that choice by itself; the option should be changed. Event 3002.
    pub is_data_governance_out_of_sync: bool,
    /// Why the fetcher does not go where a config asks it to; the outcome is that config. The
    /// configs redirect without end (event 1104), or from `https` to plain `http` (event 1107), or
    /// the fetch at the URL that the config names failed (the event of that failure).
    pub redirect_error: Option<FetchError>,
}

/// What a fetch brought. See [`Fetcher::fetch`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A config.
    Fetched(Fetched),
    /// The news that the config of the given ETag is up to date.
    NotModified,
}

/// Options that no fetcher can be made of.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The SDK key is for a ConfigCat Proxy, and there is no base URL that leads to it.
    ProxyKeyWithoutBaseUrl,
    /// A time limit is zero, so every fetch would fail.
    ZeroTimeout,
    /// The base URL, or the CDN, holds the SDK key or a part of it, which would be shown with the URL.
    KeyInBaseUrl,
    /// The text for the root certificates holds none in PEM form, or something malformed.
    RootCertificates,
    /// The environment says which proxy to use, and what it says is no URL of a proxy.
    ProxyVariable {
        /// The name of the variable.
        name: &'static str,
        /// What is wrong with its value.
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
                "an SDK key that starts with `configcat-proxy/` needs the base URL of your ConfigCat Proxy"
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

impl Error for OptionsError {}

#[cfg(test)]
mod tests {
    use super::{FetchOptions, Fetcher, OptionsError};
    use crate::{BaseUrl, Proxy, ProxyError, SdkKey};

    #[test]
    fn a_malformed_proxy_variable_is_refused() {
        let key = || SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let at = |url| FetchOptions::new(key()).base_url(BaseUrl::parse(url).unwrap());
        let found = |options, variables: &[(&str, &str)]| {
            let variable = |name: &str| variables.iter().find(|(other, _)| *other == name);
            Fetcher::in_environment(options, |name| Some(variable(name)?.1.to_owned())).err()
        };
        let (https, http) = ("https://x.example", "http://x.example");
        for (name, value, url, cause) in [
            ("HTTPS_PROXY", "http://hunter2:port", https, Some(ProxyError::Host)),
            ("all_proxy", "ftp://hunter2", https, Some(ProxyError::Scheme)),
            ("HTTP_PROXY", "me:hun ter2@proxy", http, Some(ProxyError::UserInfo)),
            ("HTTP_PROXY", "\u{fffd}", http, Some(ProxyError::Host)),
            // Not needed.
            ("HTTP_PROXY", "http://hunter2:port", https, None),
            ("HTTPS_PROXY", "http://proxy:3128\n", https, None),
        ] {
            let error = found(at(url), &[(name, value)]);
            assert_eq!(
                error,
                cause.map(|cause| OptionsError::ProxyVariable { name, cause }),
                "{name}={value}"
            );
            let text = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(!text.contains("hunter2") && text.contains(name) == cause.is_some(), "{text}");
        }
        let variables = [("HTTPS_PROXY", "http://proxy:port"), ("NO_PROXY", "x.example")];
        assert_eq!(found(at(https), &variables), None);
        assert_eq!(found(at(https).proxy(Proxy::None), &variables[..1]), None);
    }
}
