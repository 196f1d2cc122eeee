//! The fetcher: the rounds of one fetch, and the base URLs from one fetch to the next.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::agent::Agent;
use crate::base_urls::BaseUrls;
use crate::config_redirect::{RedirectPolicy, RedirectStep};
use crate::endpoint::BaseUrl;
use crate::error::{Failure, FetchError, FetchErrorKind, Route};
use crate::fetch::{Fetch, Outcome};
use crate::http_client::{AnyTransport, HttpClient};
use crate::limits::Limits;
use crate::options::{FetchOptions, ModeTag, OptionsError, OwnTransport};
use crate::preferences::Preferences;
use crate::proxy::{EnvironmentError, Proxy, ProxyRules};
use crate::redact::KeyRedactor;
use crate::response::{Received, is_etag};
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
    http: HttpClient,
    policy: RedirectPolicy,
    connect_timeout: Duration,
    request_timeout: Duration,
    first_url: BaseUrl,
    urls: Mutex<BaseUrls>,
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
    /// - A proxy URL or root certificates are set beside a transport, which would not use them.
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
        let redactor = Arc::new(KeyRedactor::new(&options.sdk_key));
        let transport = match &options.transport {
            Some(OwnTransport(transport)) => {
                // Ignoring them would send requests by another way than the application asks for.
                if matches!(options.proxy, Proxy::Url(_)) || options.root_certificates.is_some() {
                    return Err(OptionsError::UnusedByTransport);
                }
                AnyTransport::Own(Arc::clone(transport))
            }
            None => {
                let rules = ProxyRules::new(&options.proxy, variable);
                // Fails here instead of in each fetch, where a log might hide the mistake for days.
                rules.proxy_for(&first_url).map_err(|EnvironmentError { name, cause }| {
                    OptionsError::ProxyVariable { name, cause }
                })?;
                let (redactor, roots) = (Arc::clone(&redactor), options.root_certificates.as_ref());
                let agent = Agent::new(redactor, &user_agent, rules, connect_timeout, roots);
                AnyTransport::Default(Box::new(agent.ok_or(OptionsError::RootCertificates)?))
            }
        };
        let http = HttpClient::new(transport, redactor, options.sdk_key.clone(), user_agent);
        let policy = RedirectPolicy {
            is_base_url_set: options.base_url.is_some(),
            is_proxy_key: options.sdk_key.is_proxy(),
        };
        Ok(Self {
            sdk_key: options.sdk_key,
            http,
            policy,
            connect_timeout,
            request_timeout: options.request_timeout.min(MAX_TIMEOUT),
            urls: Mutex::new(BaseUrls::new(first_url.clone())),
            first_url,
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
            http: self.http.with_new_connections(),
            policy: self.policy,
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            first_url: self.first_url.clone(),
            urls: Mutex::new(urls),
        }
    }

    /// Fetches the config, or finds that the config of this ETag is up to date.
    ///
    /// Give the ETag of the config in memory, or `None` if there is no config. The call blocks
    /// until the fetch has ended, for the request timeout at most (with a
    /// [`Transport`](crate::Transport) of your own, until that returns). If the preferences of a
    /// config redirect, the fetch makes up to three requests.
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
            let url = base_url.config_url(self.http.key_in_urls());
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
                        if !self.http.is_shut_down() && !time.is_zero() {
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

    /// Returns the result of a fetch that the caller has given up, as when a
    /// [`Transport`](crate::Transport) does not return: an error of this kind about the next URL.
    ///
    /// The text of the cause is written in one line of at most 500 characters, with the SDK key
    /// masked.
    ///
    /// ```
    /// use configcat_fetch::{FetchErrorKind, FetchOptions, Fetcher, SdkKey};
    ///
    /// let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    /// let fetcher = Fetcher::new(FetchOptions::new(key))?;
    /// let error = fetcher.failed(FetchErrorKind::TimedOut, "given up").outcome.unwrap_err();
    /// assert!(format!("{error:#}").ends_with("/config_v6.json): given up"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn failed(&self, kind: FetchErrorKind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Fetch {
        let url = self.urls().next().config_url(self.http.key_in_urls());
        let error = FetchError::new(kind, &url).caused_by(self.http.clean_error(cause.into()));
        Fetch { outcome: Err(error), is_data_governance_out_of_sync: false, redirect_error: None }
    }

    /// Interrupts the fetch of another thread, if it has a connection already, and makes all
    /// later fetches fail at once. A name lookup or an attempt to connect goes on until its time
    /// limit, and a [`Transport`](crate::Transport) of your own until it returns.
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
        self.http.shut_down();
    }

    fn request(
        &self,
        base_url: &BaseUrl,
        url: &str,
        etag: Option<&str>,
        limits: Limits,
    ) -> Result<Received, FetchError> {
        // The reply is dropped inside too, since its body is the transport's.
        let received = self.http.catch(|| {
            let reply = self.http.get(url, etag, limits)?;
            Ok(reply.head().interpret(url, etag.is_some(), || reply.body()))
        });
        let failed = |Failure { kind, cause }| Err(FetchError::new(kind, url).caused_by(cause));
        received.unwrap_or_else(failed).map_err(|error| error.on_route(self.route(base_url)))
    }

    /// Returns the options that lead a request to this base URL elsewhere than to ConfigCat's CDN.
    fn route(&self, base_url: &BaseUrl) -> Route {
        let base_url_if_set =
            Some(base_url).filter(|url| self.policy.is_base_url_set && **url == self.first_url);
        Route {
            base_url: base_url_if_set.map(BaseUrl::to_string),
            proxy: self.http.proxy_for(base_url).map(|proxy| format!("{proxy:?}")),
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
            .field("sdk_key", &format_args!("{}", self.http.key_in_urls()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Fetcher;
    use crate::endpoint::BaseUrl;
    use crate::options::{FetchOptions, OptionsError};
    use crate::proxy::{Proxy, ProxyError};
    use crate::sdk_key::SdkKey;
    use crate::transport::{Request, Response, Transport, TransportError};

    struct Silent;

    impl Transport for Silent {
        fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
            Err(TransportError::timed_out("silence"))
        }
    }

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
        // A transport of the application reads the environment itself, or not at all.
        assert_eq!(found(at(https).transport(Silent), &variables[..1]), None);
    }
}
