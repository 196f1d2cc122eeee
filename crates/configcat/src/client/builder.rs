//! Builder of a client: its options and their defaults.

use std::{sync::Arc, time::Duration};

use configcat_cache::ConfigCache;
use configcat_eval::{PrivateAttributes, User};
use configcat_fetch::{DataGovernance, Proxy, Transport};

use crate::{
    client::{Client, key_source::KeySource},
    clock::{Clock, SystemClock},
    error::BuildError,
    notify::hooks::Hooks,
    overrides::{ClientOverrides, OverrideBehavior, OverrideSource},
    polling::PollingMode,
};

/// Default jitter: polls are delayed by up to a tenth of the interval. In the simulation of
/// `docs/fleet.md` the busiest second of 100,000 clients has then 1.33 times the mean load; without
/// jitter, 44 times.
const DEFAULT_JITTER: f64 = 0.1;

/// Builder of a client, returned by [`Client::builder`]. [`docs::options`](crate::docs::options)
/// has a table of all options.
///
/// Each method replaces the value of an earlier call; those for [`hooks`](Self::hooks) add to it.
/// Options are checked by [`build`](Self::build).
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
#[must_use = "`build()` returns the client"]
pub struct ClientBuilder {
    pub(super) sdk_key: KeySource,
    pub(super) polling_mode: PollingMode,
    pub(super) data_governance: DataGovernance,
    pub(super) base_url: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) proxy: Proxy,
    pub(super) root_certificates: Option<Vec<u8>>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) cache: Option<Arc<dyn ConfigCache>>,
    pub(super) overrides: Option<ClientOverrides>,
    pub(super) default_user: Option<User>,
    pub(super) private_attributes: Vec<PrivateAttributes>,
    pub(super) offline: bool,
    pub(super) jitter: f64,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hooks: Hooks,
}

impl Client {
    /// Returns a client with default options: automatic polling every 60 s, and a max init wait of
    /// 5 s, for which evaluations wait for the first config.
    ///
    /// # Errors
    ///
    /// The SDK key is invalid, or the system cannot start a thread.
    ///
    /// ```
    /// use configcat::{BuildError, Client};
    ///
    /// assert!(matches!(Client::new("not-a-key"), Err(BuildError::SdkKey(_))));
    /// ```
    pub fn new(sdk_key: &str) -> Result<Self, BuildError> {
        Self::builder(sdk_key).build()
    }

    /// Returns a builder with default options. The SDK key is on the dashboard:
    /// <https://app.configcat.com/sdkkey>.
    pub fn builder(sdk_key: &str) -> ClientBuilder {
        ClientBuilder::new(KeySource::Code(sdk_key.to_owned()))
    }

    /// Returns a client with default options, and the SDK key of the environment variable
    /// `CONFIGCAT_SDK_KEY`. White space around the key, such as a line feed, is ignored.
    ///
    /// # Errors
    ///
    /// The variable is not set or holds no SDK key, which the error says, or the system cannot
    /// start a thread.
    ///
    /// ```no_run
    /// use configcat::Client;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let client = Client::from_env()?;
    ///     println!("{}", client.get_value("isNewUiEnabled", false, None));
    ///     Ok(())
    /// }
    /// ```
    pub fn from_env() -> Result<Self, BuildError> {
        Self::builder_from_env().build()
    }

    /// Returns a builder with default options, and the SDK key of the environment variable
    /// `CONFIGCAT_SDK_KEY`. The variable is read here; [`build`](ClientBuilder::build) returns the
    /// error if it is not set, or holds no SDK key. White space around the key is ignored.
    ///
    /// ```no_run
    /// use configcat::{Client, PollingMode};
    ///
    /// let client = Client::builder_from_env().polling_mode(PollingMode::lazy()).build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn builder_from_env() -> ClientBuilder {
        ClientBuilder::new(KeySource::from_variable())
    }
}

impl ClientBuilder {
    fn new(sdk_key: KeySource) -> Self {
        Self {
            sdk_key,
            polling_mode: PollingMode::default(),
            data_governance: DataGovernance::default(),
            base_url: None,
            // The limits of section 4.1 of the specification.
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            proxy: Proxy::default(),
            root_certificates: None,
            transport: None,
            cache: None,
            overrides: None,
            default_user: None,
            private_attributes: Vec::new(),
            offline: false,
            jitter: DEFAULT_JITTER,
            clock: Arc::new(SystemClock::new()),
            hooks: Hooks::default(),
        }
    }

    /// Sets the polling mode: when the config is refreshed. Default: [`PollingMode::auto`], every
    /// 60 s.
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

    /// Sets the data governance: the CDN to fetch from. It must match the setting of your
    /// organization on the dashboard. Default: [`DataGovernance::Global`].
    ///
    /// It has no effect with a [base URL](Self::base_url). See [Data
    /// governance](crate::docs::options#data-governance).
    pub fn data_governance(self, data_governance: DataGovernance) -> Self {
        Self { data_governance, ..self }
    }

    /// Sets the base URL to fetch from instead of the CDN: a forward proxy, a dedicated
    /// subscription, or a ConfigCat Proxy. Default: the CDN.
    ///
    /// A base URL has the scheme `http` or `https` and a host; a port and a path are optional, and
    /// a slash at the end is ignored. Any other text is an error of [`build`](Self::build). See
    /// [Base URL](crate::docs::options#base-url).
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

    /// Sets the connect timeout: the limit of a name lookup, and the limit of connecting, TLS
    /// included. Default: 10 s.
    ///
    /// Zero is an error of [`build`](Self::build).
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// Sets the request timeout: the limit of a fetch from the name lookup to the last byte,
    /// redirects included. Default: 30 s.
    ///
    /// No caller waits longer than this for the network. Zero is an error of
    /// [`build`](Self::build).
    pub fn request_timeout(self, request_timeout: Duration) -> Self {
        Self { request_timeout, ..self }
    }

    /// Sets the HTTP proxy. Default: the values of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` when the client is built.
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

    /// Sets the only root certificates to trust, in PEM form: for a company's proxy that inspects
    /// TLS, or for a CDN of your own. Default: depends on the TLS feature, see
    /// [TLS](crate::docs::options#tls).
    ///
    /// A text without a certificate is an error of [`build`](Self::build).
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

    /// Sets the HTTP client that makes the requests: a company's own, or one that answers from
    /// memory in a test. Default: one with TLS, proxies and connections that are kept alive.
    ///
    /// Each fetch runs on a thread of its own, so a transport that hangs or panics fails the fetch
    /// and does not stop the client. A proxy URL or root certificates beside it are an error of
    /// [`build`](Self::build). See [Transport of your
    /// own](crate::docs::options#transport-of-your-own).
    pub fn transport(self, transport: impl Transport + 'static) -> Self {
        Self { transport: Some(Arc::new(transport)), ..self }
    }

    /// Sets the cache of the config: a file, or a store that a fleet shares. Default: memory only.
    ///
    /// The client reads the cache at the start and in each refresh; an evaluation itself never
    /// reads it. See [`docs::caching`](crate::docs::caching).
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

    /// Sets flag overrides: settings from code or from a file, in place of or beside those of the
    /// CDN. Default: no overrides.
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
        let source = Box::new(source);
        Self { overrides: Some(ClientOverrides { behavior, source, reloads: false }), ..self }
    }

    /// Sets the default user: evaluations that have no user use it. Default: no user.
    ///
    /// [`Client::set_default_user`] changes it later.
    pub fn default_user(self, user: User) -> Self {
        Self { default_user: Some(user), ..self }
    }

    /// Adds attributes of users that are not shown: they are evaluated as all others, and appear as
    /// `<private>` in logs, warnings, traces and the details of hooks. Default: no attribute, since
    /// the evaluation log is equal to that of all ConfigCat SDKs.
    ///
    /// Each call adds to those before it, and a user may [mark](User::private_attributes) further
    /// attributes. See [Private attributes](crate::docs::users#private-attributes).
    ///
    /// ```
    /// use configcat::{Client, MapOverrides, OverrideBehavior, User, user::PrivateAttributes};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local")
    ///     .private_attributes(PrivateAttributes::all_except(["Plan"]))
    /// #   .overrides(OverrideBehavior::LocalOnly, flags)
    ///     .build()?;
    /// let user = User::new("42").email("jane@example.com").custom("Plan", "pro");
    /// let trace = client.explain("isNew", &user).ok_or("no config")?.to_string();
    /// assert!(trace.contains(r#"{"Identifier":"<private>","Email":"<private>","Plan":"pro"}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn private_attributes(mut self, private: PrivateAttributes) -> Self {
        // Not replaced, as on a user: a second list must not show what the first one hides.
        self.private_attributes.push(private);
        self
    }

    /// Sets whether the client starts offline: it does no HTTP, and uses the config in the cache.
    /// Default: online.
    ///
    /// [`Client::set_online`] changes it later.
    pub fn offline(self, offline: bool) -> Self {
        Self { offline, ..self }
    }

    /// Sets the jitter: the largest delay of a poll as a part of the interval, from 0.0 (no delay)
    /// to 1.0 (one more interval). Each process has a delay of its own, so a fleet does not poll at
    /// once. Default: 0.1.
    ///
    /// After failures the jitter shortens the backoff by up to five times that part, by half at
    /// most. The first poll is never delayed. A value outside of 0.0 to 1.0 is an error of
    /// [`build`](Self::build). See [In a fleet](crate::docs::running#in-a-fleet).
    pub fn jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// Sets the clock. Default: the clocks of the system.
    ///
    /// A test can turn time with it: see [Turning time](crate::docs::testing#turning-time).
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Passes the hooks of the client to a function that subscribes, such as one of another module
    /// or crate. For a single callback, [`on_client_ready`](Self::on_client_ready) and the other
    /// methods are shorter.
    ///
    /// ```
    /// use configcat::{Client, Hooks};
    ///
    /// /// Counts evaluations and errors.
    /// fn count(hooks: &Hooks) {
    ///     hooks.on_flag_evaluated(|details| println!("evaluations of {} + 1", details.key));
    ///     hooks.on_error(|error| println!("errors of kind {} + 1", error.event_id));
    /// }
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .hooks(count)
    /// #   .offline(true)
    ///     .build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn hooks(self, subscribe: impl FnOnce(&Hooks)) -> Self {
        subscribe(&self.hooks);
        self
    }

    /// Sets whether the first error is written to standard error if the process has no logger.
    /// Default: yes, one line for each process.
    ///
    /// See [Without a logger](crate::docs::observing#without-a-logger).
    ///
    /// ```
    /// use configcat::Client;
    ///
    /// let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .warn_without_logger(false);
    /// ```
    pub fn warn_without_logger(mut self, warn: bool) -> Self {
        self.hooks.is_silent_without_logger = !warn;
        self
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder").field("polling_mode", &self.polling_mode).finish_non_exhaustive()
    }
}
