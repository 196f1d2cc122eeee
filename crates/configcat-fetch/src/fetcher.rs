//! The fetcher: the rounds of one fetch, and the base URLs from one fetch to the next.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::agent::{Agent, Limits};
use crate::base_urls::BaseUrls;
use crate::config_redirect::{RedirectPolicy, RedirectStep};
use crate::endpoint::BaseUrl;
use crate::error::{FetchError, Route};
use crate::options::{FetchOptions, ModeTag, OptionsError};
use crate::preferences::Preferences;
use crate::proxy::{EnvironmentError, ProxyRules};
use crate::response::{Fetched, Received, is_etag};
use crate::sdk_key::SdkKey;

/// Upper limit of both timeouts.
// `Instant + Duration` panics on overflow, which a timeout of `Duration::MAX` would cause. No fetch
// is waited for as long as a year.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Fetcher for the config of one SDK key.
///
/// A fetcher keeps its connection alive, and remembers the
/// [base URL](crate#where-it-fetches-from) that the configs have led it to. It starts threads for
/// name lookups only, two at most. `Debug` does not show the key.
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
    /// - The key is for a ConfigCat Proxy, and no base URL is set.
    /// - The base URL holds the key.
    /// - A time limit is zero.
    /// - The text for the root certificates has no valid certificate.
    /// - A variable of the environment that the first URL needs holds no proxy URL.
    ///
    /// ```
    /// use configcat_fetch::{FetchOptions, Fetcher, OptionsError, SdkKey};
    ///
    /// let options = FetchOptions::new(SdkKey::parse("configcat-proxy/my-service")?);
    /// assert_eq!(Fetcher::new(options).unwrap_err(), OptionsError::ProxyKeyWithoutBaseUrl);
    /// # Ok::<(), configcat_fetch::SdkKeyError>(())
    /// ```
    pub fn new(options: FetchOptions) -> Result<Self, OptionsError> {
        // A value that is not Unicode is not a URL, and must not count as unset: requests would
        // bypass the proxy.
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
        let first_url = options.base_url.clone().unwrap_or(options.start_url);
        // Errors, `Debug` and `ureq` show the base URL as it is, so a key in it would leak.
        if options.sdk_key.is_quoted_in(&first_url.to_string()) {
            return Err(OptionsError::KeyInBaseUrl);
        }
        if options.connect_timeout.is_zero() || options.request_timeout.is_zero() {
            return Err(OptionsError::ZeroTimeout);
        }
        let connect_timeout = options.connect_timeout.min(MAX_TIMEOUT);
        let mode = match options.mode {
            ModeTag::Auto => 'a',
            ModeTag::Lazy => 'l',
            ModeTag::Manual => 'm',
        };
        let user_agent = format!("ConfigCat-Rust/{mode}-{}", env!("CARGO_PKG_VERSION"));
        let rules = ProxyRules::new(&options.proxy, variable);
        // Fails here instead of in each fetch, where a log might hide the mistake for days.
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
            request_timeout: options.request_timeout.min(MAX_TIMEOUT),
            urls: Mutex::new(BaseUrls::new(first_url.clone())),
            first_url,
            is_shut_down: AtomicBool::new(false),
        })
    }

    /// Returns a fetcher of the same options that goes on at the same base URL, with connections,
    /// locks and name lookups of its own. It is open even if this one was
    /// [shut down](Self::shut_down).
    ///
    /// Call it in a child process after `fork`. Parent and child share the sockets that were open
    /// at the fork, so each could read the response of the other; and a lock that another thread of
    /// the parent held is never free again in the child. This method waits for no lock.
    ///
    /// ```
    /// use configcat_fetch::{FetchOptions, Fetcher, SdkKey};
    ///
    /// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    /// let fetcher_of_parent = Fetcher::new(FetchOptions::new(key))?;
    /// // In the child:
    /// let fetcher = fetcher_of_parent.with_new_connections();
    /// assert_eq!(format!("{fetcher:?}"), format!("{fetcher_of_parent:?}"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_new_connections(&self) -> Self {
        // If a thread of the parent held the lock at the fork, nothing in the child ever unlocks
        // it. The URLs may be half changed then, so the child starts at the first one.
        let urls = match self.urls.try_lock() {
            Ok(urls) => urls.clone(),
            Err(_) => BaseUrls::new(self.first_url.clone()),
        };
        Self {
            sdk_key: self.sdk_key.clone(),
            agent: self.agent.with_new_connections(),
            policy: self.policy,
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            first_url: self.first_url.clone(),
            urls: Mutex::new(urls),
            is_shut_down: AtomicBool::new(false),
        }
    }

    /// Fetches the config, or finds that the config of this ETag is up to date.
    ///
    /// Give the ETag of the config in memory, or `None` if there is no config. The call blocks
    /// until the fetch has ended, for the request timeout at most. If the preferences of a config
    /// redirect, the fetch makes up to three requests.
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
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
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
        // A cache may hold an ETag that no header can carry. Without an ETag the same config is
        // transferred again, which is better than a failed request.
        let etag = etag.filter(|etag| is_etag(etag));
        // The lock is not held during requests, so threads that share a fetcher do not wait for
        // each other.
        let (mut base_url, needs_config) = {
            let urls = self.urls();
            (urls.next().clone(), urls.needs_config())
        };
        let mut is_data_governance_out_of_sync = false;
        let mut redirect_error = None;
        // The last config that came with settings. It is the outcome if the URL that it redirects
        // to fails, since an old config is better than no config.
        let mut fallback = None;
        let mut round = 1;
        let outcome = loop {
            let url = base_url.config_url(self.agent.key_in_urls());
            let (config, contents) =
                match self.request(&base_url, &url, etag.filter(|_| round > 1 || !needs_config), limits) {
                    Ok(Received::Config(config, contents)) => (config, contents),
                    Ok(Received::NotModified) => {
                        self.urls().answered(&base_url);
                        break Ok(Outcome::NotModified);
                    }
                    Err(error) if round == 1 => {
                        // A fetch that was interrupted, or had no time at all, is no evidence
                        // against the server. Counting it would leave a URL that works.
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
            // A redirect to a URL that holds the key is ignored: logs and errors would show it.
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

    /// Interrupts the fetch of another thread, if it has a connection already, and makes all
    /// later fetches fail at once. A name lookup or an attempt to connect goes on until its time
    /// limit.
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
        // Set before the interruption, so that the interrupted thread finds it set and does not
        // count the failure.
        self.is_shut_down.store(true, Ordering::Release);
        self.agent.shut_down();
    }

    fn request(
        &self,
        base_url: &BaseUrl,
        url: &str,
        etag: Option<&str>,
        limits: Limits,
    ) -> Result<Received, FetchError> {
        let reply = self.agent.get(url, etag, limits);
        let reply = reply.map_err(|failure| FetchError::new(failure.kind, url).caused_by(failure.cause));
        let received = reply.and_then(|reply| reply.head().interpret(url, etag.is_some(), || reply.body()));
        received.map_err(|error| error.on_route(self.route(base_url)))
    }

    /// Returns the options that lead a request to this base URL elsewhere than to ConfigCat's CDN.
    fn route(&self, base_url: &BaseUrl) -> Route {
        let base_url_if_set =
            Some(base_url).filter(|url| self.policy.is_base_url_set && **url == self.first_url);
        Route {
            base_url: base_url_if_set.map(BaseUrl::to_string),
            proxy: self.agent.proxy_for(base_url).map(|proxy| format!("{proxy:?}")),
        }
    }

    fn urls(&self) -> MutexGuard<'_, BaseUrls> {
        // Each change of the URLs is an assignment or a count, so a poisoned mutex is still
        // consistent.
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

/// Result of [`Fetcher::fetch`].
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
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct Fetch {
    /// The config, the confirmation that it has not changed, or the error.
    pub outcome: Result<Outcome, FetchError>,
    /// `true` if the data governance option differs from the choice of the organization on the
    /// Dashboard. The fetcher follows that choice by itself; the option should be changed.
    /// Event 3002.
    pub is_data_governance_out_of_sync: bool,
    /// Reason for which the fetcher does not follow a redirect of a config; the outcome is that
    /// config. The configs redirect without end (event 1104), or from `https` to plain `http`
    /// (event 1107), or the fetch at the URL that the config names failed (the event of that
    /// failure).
    pub redirect_error: Option<FetchError>,
}

/// Success of [`Fetcher::fetch`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// A config.
    Fetched(Fetched),
    /// The config of the given ETag is up to date.
    NotModified,
}

#[cfg(test)]
mod tests {
    use super::Fetcher;
    use crate::endpoint::BaseUrl;
    use crate::options::{FetchOptions, OptionsError};
    use crate::proxy::{Proxy, ProxyError};
    use crate::sdk_key::SdkKey;

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
