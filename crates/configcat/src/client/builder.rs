//! Options of a client.

use std::{sync::Arc, time::Duration};

use configcat_cache::{ConfigCache, cache_key};
use configcat_eval::User;
use configcat_fetch::{BaseUrl, DataGovernance, FetchOptions, ModeTag, Proxy, SdkKey};

use crate::{
    client::{
        Client,
        inner::{Options, Shared},
    },
    clock::{Clock, SystemClock},
    error::BuildError,
    notify::hooks::Hooks,
    overrides::{OverrideBehavior, OverrideSource, Overrides},
    polling::{AutoPoll, MIN_INTERVAL, PollingMode, schedule::MAX_INTERVAL},
    refresh::{cache_calls::SharedCache, refresher::Fetcher, store::Store},
    sync::panics::{self, catch_as_error},
};

/// The longest wait for a call of the cache. It is below the default max init wait of 5 s, so that
/// a client whose cache hangs at the start still has time to fetch before the first evaluation
/// gives up.
const MAX_CACHE_TIMEOUT: Duration = Duration::from_secs(2);

/// By default polls are delayed by up to a tenth of the interval, so that a fleet does not poll at
/// once.
const DEFAULT_JITTER: f64 = 0.1;

/// Options of a client, made by [`Client::builder`]. A table of all is in
/// [`docs::options`](crate::docs::options).
///
/// Each method takes the place of what it was given before. Nothing is checked until
/// [`build`](Self::build).
///
/// ```
/// use std::time::Duration;
/// use configcat::{Client, DataGovernance, FileCache, PollingMode, User};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("flags");
/// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
///     .polling_mode(PollingMode::auto().interval(Duration::from_secs(30)))
///     .data_governance(DataGovernance::EuOnly)
///     .cache(FileCache::new(folder))
///     .default_user(User::new("nobody"))
/// #   .offline(true)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a client is there only after `build()`"]
pub struct ClientBuilder {
    sdk_key: String,
    polling_mode: PollingMode,
    data_governance: DataGovernance,
    base_url: Option<String>,
    connect_timeout: Duration,
    request_timeout: Duration,
    proxy: Proxy,
    root_certificates: Option<Vec<u8>>,
    cache: Option<Arc<dyn ConfigCache>>,
    overrides: Option<Overrides>,
    default_user: Option<User>,
    offline: bool,
    jitter: f64,
    clock: Arc<dyn Clock>,
    hooks: Hooks,
}

impl Client {
    /// A client with default options: polls automatically every 60 s, and lets evaluations wait for
    /// the first config for up to 5 s.
    ///
    /// # Errors
    ///
    /// The SDK key is none, or the system would not start a thread.
    ///
    /// ```
    /// use configcat::{BuildError, Client};
    ///
    /// assert!(matches!(Client::new("not-a-key"), Err(BuildError::SdkKey(_))));
    /// ```
    pub fn new(sdk_key: &str) -> Result<Self, BuildError> {
        Self::builder(sdk_key).build()
    }

    /// Options for a client. The SDK key is found on the dashboard: <https://app.configcat.com/sdkkey>.
    pub fn builder(sdk_key: &str) -> ClientBuilder {
        ClientBuilder::new(sdk_key)
    }
}

impl ClientBuilder {
    pub(crate) fn new(sdk_key: &str) -> Self {
        Self {
            sdk_key: sdk_key.to_owned(),
            polling_mode: PollingMode::default(),
            data_governance: DataGovernance::default(),
            base_url: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            proxy: Proxy::default(),
            root_certificates: None,
            cache: None,
            overrides: None,
            default_user: None,
            offline: false,
            jitter: DEFAULT_JITTER,
            clock: Arc::new(SystemClock::new()),
            hooks: Hooks::default(),
        }
    }

    /// When the config is refreshed. Default: [`PollingMode::auto`], every 60 s.
    ///
    /// An interval or TTL of less than 1 s is an error of [`build`](Self::build).
    ///
    /// ```
    /// use std::time::Duration;
    /// use configcat::{Client, PollingMode};
    ///
    /// let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::lazy().cache_ttl(Duration::from_secs(600)));
    /// ```
    pub fn polling_mode(self, polling_mode: impl Into<PollingMode>) -> Self {
        Self { polling_mode: polling_mode.into(), ..self }
    }

    /// Which CDN to fetch from: choose what your organization has chosen on the dashboard. Default:
    /// [`DataGovernance::Global`].
    ///
    /// Without effect if there is a [base URL](Self::base_url). See
    /// [Data governance](crate::docs::options#data-governance).
    pub fn data_governance(self, data_governance: DataGovernance) -> Self {
        Self { data_governance, ..self }
    }

    /// Where to fetch from instead of the CDN: a forward proxy, a dedicated subscription, a
    /// ConfigCat Proxy. Default: none.
    ///
    /// It is `http` or `https`, a host, perhaps a port and a path; a slash at the end does not
    /// count. Anything else is an error of [`build`](Self::build). See [Base
    /// URL](crate::docs::options#base-url).
    ///
    /// ```
    /// use configcat::{BuildError, Client, fetch::BaseUrlError};
    ///
    /// let builder = Client::builder("configcat-proxy/my-service").base_url("flags.example.com");
    /// assert!(matches!(builder.build(), Err(BuildError::BaseUrl(BaseUrlError::Scheme))));
    /// ```
    pub fn base_url(self, base_url: impl Into<String>) -> Self {
        Self { base_url: Some(base_url.into()), ..self }
    }

    /// How long the lookup of a name may take, and how long connecting, TLS included. Default: 10
    /// s.
    ///
    /// Zero is an error of [`build`](Self::build).
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How long a fetch may take, from the name lookup to the last byte, redirects included.
    /// Default: 30 s.
    ///
    /// No caller waits longer for the network. Zero is an error of [`build`](Self::build).
    pub fn request_timeout(self, request_timeout: Duration) -> Self {
        Self { request_timeout, ..self }
    }

    /// Which HTTP proxy to use. Default: what `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` say when the client is built.
    ///
    /// ```
    /// use configcat::{Client, fetch::Proxy};
    ///
    /// let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .proxy(Proxy::url("http://user:password@proxy.example.com:3128")?);
    /// # Ok::<(), configcat::fetch::ProxyError>(())
    /// ```
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// The root certificates, in PEM form, that the certificate of a server must lead to, and no
    /// others: for a company's proxy that opens TLS, or a CDN of your own. Default: as the feature
    /// for TLS says, see [TLS](crate::docs::options#tls).
    ///
    /// A text without certificates is an error of [`build`](Self::build).
    ///
    /// ```
    /// use configcat::{BuildError, Client, fetch::OptionsError};
    ///
    /// let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .root_certificates("not in PEM form");
    /// # if cfg!(any(feature = "rustls", feature = "native-tls")) {
    /// assert!(matches!(builder.build(), Err(BuildError::Fetch(OptionsError::RootCertificates))));
    /// # }
    /// ```
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { root_certificates: Some(pem.into()), ..self }
    }

    /// Where to keep the config beside memory: a file, or what is shared by a fleet. Default:
    /// nowhere.
    ///
    /// It is read at the start and whenever the config is refreshed, never when a flag is
    /// evaluated. See [`docs::caching`](crate::docs::caching).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use configcat::{Client, MemoryCache};
    ///
    /// let shared = Arc::new(MemoryCache::new());
    /// let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .cache(shared.clone());
    /// ```
    pub fn cache(self, cache: impl ConfigCache + 'static) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// Settings from code or from a file, instead of or beside those of the CDN. Default: none.
    ///
    /// See [`docs::overrides`](crate::docs::overrides).
    ///
    /// ```
    /// use configcat::{Client, MapOverrides, OverrideBehavior};
    ///
    /// let flags = MapOverrides::new([("isNewUiEnabled", true.into())]);
    /// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// assert!(client.get_value("isNewUiEnabled", false, None));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn overrides(self, behavior: OverrideBehavior, source: impl OverrideSource + 'static) -> Self {
        Self { overrides: Some(Overrides { behavior, source: Box::new(source), reloads: false }), ..self }
    }

    /// The user whom flags are evaluated for where none is given. Default: none.
    ///
    /// [`Client::set_default_user`] changes it later.
    pub fn default_user(self, user: User) -> Self {
        Self { default_user: Some(user), ..self }
    }

    /// Whether to start offline: without HTTP, on what the cache has. Default: no.
    ///
    /// [`Client::set_online`] changes it later.
    pub fn offline(self, offline: bool) -> Self {
        Self { offline, ..self }
    }

    /// By how much of the interval polls may be delayed, 0.0 (not at all) to 1.0 (by as much
    /// again); each process has its own delay, so that a fleet does not poll at once. Default: 0.1.
    ///
    /// After failures it spreads the longer waits too: it cuts them by up to five times as much, by
    /// half at the most. The first poll is never delayed. Anything else is an error of
    /// [`build`](Self::build). See [In a fleet](crate::docs::running#in-a-fleet).
    pub fn jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// Where time comes from. Default: the clocks of the system.
    ///
    /// For tests: see [Turning time](crate::docs::testing#turning-time).
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Subscribes callbacks before anything happens. Default: none.
    ///
    /// Several calls add up. See [Hooks](crate::docs::observing#hooks).
    ///
    /// ```
    /// # use configcat::Client;
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .hooks(|hooks| {
    ///         hooks.on_client_ready(|state| println!("ready with {state:?}"));
    ///         hooks.on_config_changed(|_| println!("there is another config"));
    ///     })
    /// #   .offline(true)
    ///     .build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn hooks(self, subscribe: impl FnOnce(&Hooks)) -> Self {
        subscribe(&self.hooks);
        self
    }

    /// Builds the client. It does no HTTP itself; in automatic polling the client's thread starts
    /// at once.
    ///
    /// In lazy and manual polling this reads the cache. Overrides are loaded here in any case.
    ///
    /// # Errors
    ///
    /// An option is invalid, the overrides cannot be loaded, or the system would not start a
    /// thread. See [`BuildError`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use configcat::{BuildError, Client, PollingMode};
    ///
    /// let error = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::auto().interval(Duration::from_millis(500)))
    ///     .build()
    ///     .unwrap_err();
    /// assert!(matches!(error, BuildError::IntervalTooShort));
    /// assert_eq!(error.to_string(), "the poll interval or cache TTL must be at least 1 second");
    /// ```
    pub fn build(mut self) -> Result<Client, BuildError> {
        self.check()?;
        let local_only =
            self.overrides.as_ref().is_some_and(|known| known.behavior == OverrideBehavior::LocalOnly);
        let sdk_key =
            if local_only { SdkKey::for_local_use(&self.sdk_key) } else { SdkKey::parse(&self.sdk_key) }
                .map_err(BuildError::SdkKey)?;
        let fetcher = if local_only { None } else { Some(self.fetcher(sdk_key.clone())?) };
        let (behavior, local) = match &mut self.overrides {
            None => (None, None),
            Some(overrides) => {
                let local = catch_as_error(|| overrides.source.load()).map_err(BuildError::Overrides)?;
                overrides.reloads = panics::catch(|| overrides.source.reloads()).unwrap_or(false);
                (Some(overrides.behavior), local)
            }
        };
        let cache = self.cache.filter(|_| !local_only);
        let key: Arc<str> = cache_key(sdk_key.expose()).into();
        let max_init_wait = match self.polling_mode {
            PollingMode::AutoPoll(AutoPoll { max_init_wait, .. }) => max_init_wait,
            PollingMode::LazyLoad(_) | PollingMode::Manual => Duration::ZERO,
        };
        let options = Options {
            id: Options::next_id(),
            mode: self.polling_mode,
            overrides: self.overrides,
            cache: cache.map(|cache| SharedCache { cache, key }),
            init_deadline: panics::catch(|| self.clock.monotonic())
                .unwrap_or_default()
                .saturating_add(max_init_wait),
            clock: self.clock,
            request_timeout: self.request_timeout.min(MAX_INTERVAL),
            cache_timeout: cache_timeout(self.request_timeout, max_init_wait),
            jitter: self.jitter,
        };
        let store = Store::new(behavior, local);
        let shared = Shared::new(options, self.hooks, self.default_user, self.offline, store, fetcher);
        Client::start(shared)
    }

    fn check(&self) -> Result<(), BuildError> {
        if self.polling_mode.period().is_some_and(|period| period < MIN_INTERVAL) {
            return Err(BuildError::IntervalTooShort);
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(BuildError::JitterOutOfRange);
        }
        Ok(())
    }

    fn fetcher(&self, sdk_key: SdkKey) -> Result<Fetcher, BuildError> {
        let mode = match self.polling_mode {
            PollingMode::AutoPoll(_) => ModeTag::Auto,
            PollingMode::LazyLoad(_) => ModeTag::Lazy,
            PollingMode::Manual => ModeTag::Manual,
        };
        let mut options = FetchOptions::new(sdk_key)
            .mode(mode)
            .data_governance(self.data_governance)
            .connect_timeout(self.connect_timeout)
            .request_timeout(self.request_timeout)
            .proxy(self.proxy.clone());
        if let Some(base_url) = &self.base_url {
            options = options.base_url(BaseUrl::parse(base_url).map_err(BuildError::BaseUrl)?);
        }
        if let Some(pem) = &self.root_certificates {
            options = options.root_certificates(pem.clone());
        }
        Fetcher::new(options).map_err(BuildError::Fetch)
    }
}

/// Returns how long to wait for a call of the cache: half of what a refresh, or the wait for the
/// first config, may take at most, so that the other half is left for the fetch.
fn cache_timeout(request_timeout: Duration, max_init_wait: Duration) -> Duration {
    let init_wait = if max_init_wait.is_zero() { Duration::MAX } else { max_init_wait };
    MAX_CACHE_TIMEOUT.min(request_timeout / 2).min(init_wait / 2)
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder").field("polling_mode", &self.polling_mode).finish_non_exhaustive()
    }
}
