//! From the options of a builder to a client: their checks, and the parts that they make.

use std::{sync::Arc, time::Duration};

use configcat_cache::cache_key;
use configcat_eval::Config;
use configcat_fetch::{BaseUrl, FetchOptions, ModeTag, SdkKey};

use crate::{
    client::{
        Client,
        builder::ClientBuilder,
        inner::{Options, Shared},
        open_clients,
    },
    error::BuildError,
    notify::event::Event,
    overrides::{ClientOverrides, OverrideBehavior},
    polling::{AutoPoll, MIN_INTERVAL, PollingMode, schedule::MAX_INTERVAL},
    refresh::{cache_calls::SharedCache, refresher::Fetcher, store::Store},
    sync::panics::{self, catch_as_error},
};

/// Maximum wait for a call of the cache. It is below the default max init wait of 5 s: a client
/// whose cache hangs at the start has 3 s left to fetch before the first evaluation returns a
/// default.
const MAX_CACHE_TIMEOUT: Duration = Duration::from_secs(2);

/// Source of the remote config: its key, and the fetcher unless the client is local only.
struct Source {
    sdk_key: SdkKey,
    fetcher: Option<Fetcher>,
}

impl ClientBuilder {
    /// Builds the client. This does no HTTP; in automatic polling the polling thread starts at
    /// once.
    ///
    /// In lazy and manual polling this reads the cache, for 2 s at most. In every polling mode it
    /// loads the overrides.
    ///
    /// # Errors
    ///
    /// An option is invalid, the overrides cannot be loaded, or the system cannot start a thread.
    /// See [`BuildError`].
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
        let source = self.source()?;
        let local = self.load_overrides()?;
        let client = Client::new_closable(self.shared(Some(source), local));
        // An error drops the client, which closes it.
        client.start()?;
        Ok(client)
    }

    /// Builds the client as [`build`](Self::build) does. If that fails, logs the error (event 1301)
    /// and returns a client that is closed: it returns defaults, and the values of overrides if
    /// these can be loaded; it never fetches, and has no thread.
    ///
    /// For a `static`, and for programs that must start without flags too. The error is also in
    /// [`Client::health`] and in the result of [`Client::force_refresh`].
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use configcat::{Client, RefreshErrorKind};
    ///
    /// static FLAGS: LazyLock<Client> = LazyLock::new(|| Client::builder("not-a-key").build_or_default());
    ///
    /// assert!(FLAGS.get_value("isNewUiEnabled", true, None));
    /// assert_eq!(FLAGS.force_refresh().unwrap_err().kind(), RefreshErrorKind::NotBuilt);
    /// ```
    pub fn build_or_default(mut self) -> Client {
        // Overrides are loaded even if another option is invalid: they are all that is left.
        let (source, local) = (self.source(), self.load_overrides());
        let (shared, error) = match (source, local) {
            (Ok(source), Ok(local)) => (self.shared(Some(source), local), None),
            (Ok(_), Err(error)) => (self.shared(None, None), Some(error)),
            (Err(error), local) => (self.shared(None, local.ok().flatten()), Some(error)),
        };
        let client = Client::new_closable(shared);
        if let Some(error) = error.or_else(|| client.start().err()) {
            client.close_unbuilt(error);
        }
        client
    }

    /// Checks the options, and returns the source of the remote config.
    fn source(&self) -> Result<Source, BuildError> {
        self.check()?;
        // A local-only client makes no request, so it accepts any SDK key that is not empty and
        // needs no fetcher. Without this, tests and offline tools would need a real SDK key.
        if self.is_local_only() {
            return Ok(Source { sdk_key: self.sdk_key.parse(SdkKey::for_local_use)?, fetcher: None });
        }
        let sdk_key = self.sdk_key.parse(SdkKey::parse)?;
        Ok(Source { fetcher: Some(self.fetcher(sdk_key.clone())?), sdk_key })
    }

    fn is_local_only(&self) -> bool {
        self.overrides.as_ref().is_some_and(|known| known.behavior == OverrideBehavior::LocalOnly)
    }

    /// Loads the overrides, if there are any.
    fn load_overrides(&mut self) -> Result<Option<Arc<Config>>, BuildError> {
        let Some(ClientOverrides { source, reloads, .. }) = &mut self.overrides else { return Ok(None) };
        // The source is code of the user, which may panic: that is an error of `build`, like any
        // other failure of the first load.
        // Its error is code of the user too. It is printed here once, so that it does not panic
        // where the client logs it.
        let load = || source.load().inspect_err(|error| drop(error.to_string()));
        let local = catch_as_error(load).map_err(BuildError::Overrides)?;
        *reloads = panics::catch(|| source.reloads()).unwrap_or(false);
        Ok(local)
    }

    /// Returns the inside of the client. Without a source it neither polls nor uses the cache.
    fn shared(self, source: Option<Source>, local: Option<Arc<Config>>) -> Arc<Shared> {
        let (sdk_key, fetcher) = source.map(|source| (source.sdk_key, source.fetcher)).unzip();
        let fetcher = fetcher.flatten();
        let key: Option<Arc<str>> =
            sdk_key.as_ref().filter(|_| fetcher.is_some()).map(|key| cache_key(key.expose()).into());
        let mode = if sdk_key.is_some() { self.polling_mode } else { PollingMode::Manual };
        let max_init_wait = match mode {
            PollingMode::AutoPoll(AutoPoll { max_init_wait, .. }) => max_init_wait,
            PollingMode::LazyLoad(_) | PollingMode::Manual => Duration::ZERO,
        };
        let store = Store::new(self.overrides.as_ref().map(|known| known.behavior), local);
        let options = Options {
            id: Options::next_id(),
            mode,
            overrides: self.overrides,
            // Overrides that are local only must neither be replaced by a cached config nor written
            // to a cache, so such a client has no key.
            cache: self.cache.zip(key.clone()).map(|(cache, key)| SharedCache { cache, key }),
            // The time to wait counts from here, not from the first evaluation: a process that
            // evaluates late has had the time already.
            init_deadline: panics::catch(|| self.clock.monotonic())
                .unwrap_or_default()
                .saturating_add(max_init_wait),
            clock: self.clock,
            // A year at most: the sum of a time and a timeout must not overflow.
            request_timeout: self.request_timeout.min(MAX_INTERVAL),
            has_own_transport: self.transport.is_some(),
            cache_timeout: cache_timeout(self.request_timeout, max_init_wait),
            jitter: self.jitter,
            private_attributes: self.private_attributes,
        };
        let shared = Shared::new(options, self.hooks, self.default_user, self.offline, store, fetcher);
        if let Some((key, sdk_key)) = key.zip(sdk_key) {
            if open_clients::add(&key, &shared.inner().open_mark) {
                shared.hooks.log(&Event::SecondClient { sdk_key: &sdk_key });
            }
        }
        shared
    }

    /// Checks the options that have no type of their own. The other options are checked where they
    /// are parsed.
    fn check(&self) -> Result<(), BuildError> {
        if self.polling_mode.period().is_some_and(|period| period < MIN_INTERVAL) {
            return Err(BuildError::IntervalTooShort);
        }
        // `contains` is false for NaN, so this rejects NaN too.
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(BuildError::JitterOutOfRange);
        }
        Ok(())
    }

    fn fetcher(&self, sdk_key: SdkKey) -> Result<Fetcher, BuildError> {
        // The CDN gets the polling mode in the header `X-ConfigCat-UserAgent`, as from all
        // ConfigCat SDKs.
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
        if let Some(transport) = &self.transport {
            options = options.transport(transport.clone());
        }
        Fetcher::new(options).map_err(BuildError::Fetch)
    }
}

/// Returns the maximum wait for a call of the cache: half of the limit of a refresh, and half of
/// the max init wait, so that the other half is left for the fetch.
fn cache_timeout(request_timeout: Duration, max_init_wait: Duration) -> Duration {
    // No max init wait means that no evaluation waits for the first config, so it sets no limit
    // here.
    let init_wait = if max_init_wait.is_zero() { Duration::MAX } else { max_init_wait };
    MAX_CACHE_TIMEOUT.min(request_timeout / 2).min(init_wait / 2)
}
