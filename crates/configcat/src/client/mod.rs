//! The client and its public methods.

pub(crate) mod background;
pub(crate) mod builder;
mod builder_hooks;
mod building;
pub(crate) mod cache_state;
pub(crate) mod checked_flags;
mod evaluating;
pub(crate) mod inner;
mod key_source;
mod lifecycle;
mod open_clients;
mod ready;
pub(crate) mod ready_future;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use configcat_eval::User;

use crate::{
    client::{
        cache_state::CacheState,
        inner::{ClientInner, ClientRef, Shared},
    },
    error::{BuildError, RefreshError, RefreshErrorKind},
    health::Health,
    notify::{event::Event, hooks::Hooks},
    sync::panics,
};

/// Client that evaluates feature flags on a config, and keeps the config up to date.
///
/// One client serves a whole process: cloning it is cheap, and all threads can use it. Dropping the
/// last clone [closes](Self::close) the client.
///
/// No method panics, and no evaluation returns an error in place of the default value. A
/// [table](crate::docs::running#in-async-code) lists the methods that may block, and for how long.
///
/// ```
/// use configcat::{Client, User};
///
/// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
/// #   .offline(true)
///     .build()?;
/// let user = User::new("#UNIQUE-USER-ID#").email("john@example.com");
/// if client.get_value("isMyAwesomeFeatureEnabled", false, &user) {
///     println!("awesome");
/// }
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use = "dropping the last clone closes the client: it stops fetching, and flags keep their values"]
pub struct Client {
    shared: Arc<Shared>,
    /// Held by clones only, not by snapshots and threads: these must not keep the client open.
    // After `shared`, so that it is dropped last: see its `drop`.
    _closer: Arc<CloseOnDrop>,
}

/// Closes the client when its last clone is dropped. `None` once it was dropped.
struct CloseOnDrop(Option<Arc<Shared>>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // A forked child that has not used the client leaves it alone: it belongs to the parent.
        if let Some(client) = self.0.as_ref().and_then(|shared| shared.existing()) {
            client.close();
        }
        // The last reference, unless a snapshot has one: values of the user are dropped here, and
        // may panic.
        let _ = panics::catch(|| drop(self.0.take()));
    }
}

impl Client {
    /// Returns a client that is not started yet. Dropping it closes it.
    fn new_closable(shared: Arc<Shared>) -> Self {
        Self { _closer: Arc::new(CloseOnDrop(Some(shared.clone()))), shared }
    }

    /// Reads the cache if nothing polls, then starts the threads.
    fn start(&self) -> Result<(), BuildError> {
        self.shared.start()
    }

    /// Refreshes the config now: reads the cache, then fetches.
    ///
    /// The call blocks for the request timeout plus the wait for the cache at most, and joins a
    /// refresh that is under way. Offline it only reads the cache.
    ///
    /// # Errors
    ///
    /// The fetch failed; or the client is closed (event 3201), could not be
    /// [built](crate::ClientBuilder::build_or_default) (1301), uses overrides only (3202), or is
    /// offline without a cache (3200). [`RefreshError::kind`] says which.
    ///
    /// ```
    /// use configcat::{Client, RefreshErrorKind};
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .offline(true)
    ///     .build()?;
    /// let error = client.force_refresh().unwrap_err();
    /// assert_eq!(error.kind(), RefreshErrorKind::Offline);
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn force_refresh(&self) -> Result<(), RefreshError> {
        // The order is that of the reasons: a closed client can never refresh, so it must not
        // suggest to go online.
        const METHOD: &str = "force_refresh";
        let client = self.client_ref();
        let options = &client.shared.options;
        let (error, event) = if client.inner.closed.is_set() {
            (client.closed_error(), Event::Closed { method: METHOD })
        } else if options.is_local_only() {
            (RefreshErrorKind::LocalOnly.into(), Event::LocalOnly { method: METHOD })
        } else if client.shared.is_offline() && options.cache.is_none() {
            (RefreshErrorKind::Offline.into(), Event::Offline)
        } else {
            return client.force_refresh();
        };
        client.shared.hooks.log(&event);
        Err(error)
    }

    /// Waits until the client is ready, and returns the state of its config data.
    ///
    /// In automatic polling a client is ready when the cache had an up-to-date config, when the
    /// first fetch has ended, or when the max init wait has passed. In the other modes it is ready
    /// when it is built.
    ///
    /// If the timeout passes first, this returns the state of that moment (event 4200). Async code
    /// calls [`ready`](Self::ready). See [Ready](crate::docs::polling#ready) for an example.
    pub fn wait_for_ready(&self, timeout: Duration) -> CacheState {
        let client = self.client_ref();
        let (hooks, options) = (&client.shared.hooks, &client.shared.options);
        if client.inner.closed.is_set() {
            hooks.log(&Event::Closed { method: "wait_for_ready" });
            return client.cache_state();
        }
        // Saturating: `Duration::MAX` means to wait without a limit.
        let timeout_at = options.clock.monotonic().saturating_add(timeout);
        if !client.wait_until_ready(timeout_at.min(options.init_deadline)) {
            if client.inner.closed.is_set() {
                return client.cache_state();
            } else if timeout_at >= options.init_deadline {
                client.become_ready();
            } else {
                hooks.log(&Event::NotReady { after: timeout });
            }
        }
        client.cache_state()
    }

    /// Sets the default user: from now on all evaluations without a user use it, in all clones and
    /// snapshots.
    pub fn set_default_user(&self, user: User) {
        self.shared.set_default_user(Some(user));
    }

    /// Removes the default user.
    pub fn clear_default_user(&self) {
        self.shared.set_default_user(None);
    }

    /// Switches to offline mode: no HTTP from now on. The cache is still read. Event 5200.
    ///
    /// A fetch that is under way goes on. A closed client ignores the call (event 3201).
    ///
    /// ```
    /// use configcat::{Client, PollingMode};
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::manual())
    ///     .build()?;
    /// client.set_offline();
    /// assert!(client.is_offline());
    /// client.set_online();
    /// assert!(!client.is_offline());
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn set_offline(&self) {
        self.switch(true, "set_offline");
    }

    /// Switches to online mode; automatic polling polls at once. Event 5200.
    ///
    /// A closed client ignores the call (event 3201).
    pub fn set_online(&self) {
        self.switch(false, "set_online");
    }

    /// Returns whether the client is in offline mode. A client that is closed or local only may be
    /// online, and does no HTTP either.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.shared.is_offline()
    }

    /// Switches between offline and online mode. Does nothing if the client is in that mode
    /// already.
    fn switch(&self, offline: bool, method: &'static str) {
        let ClientRef { shared, inner } = self.client_ref();
        if inner.closed.is_set() {
            shared.hooks.log(&Event::Closed { method });
        } else if shared.offline.swap(offline, Ordering::AcqRel) != offline {
            shared.hooks.log(&Event::Switched { offline });
            // The failures belong to the mode of before: lazy loading must not wait for their
            // backoff.
            inner.refresher.backoff.reset();
            if !offline {
                inner.background.wake_poller();
            }
        }
    }

    /// Returns the health of fetching: the last attempt, the last success, and the failures since.
    /// See [`Health`].
    #[must_use]
    pub fn health(&self) -> Health {
        let inner = self.inner();
        let worker_alive = self.shared.polls().then(|| inner.background.is_poller_alive());
        let fingerprint = inner.store.current.load().fingerprint();
        Health { worker_alive, fingerprint, ..inner.health.get() }
    }

    /// Returns the callbacks of this client, which its clones and snapshots share. See [`Hooks`].
    #[must_use]
    pub fn hooks(&self) -> &Hooks {
        &self.shared.hooks
    }

    /// Closes the client, for all clones: fetching ends, and evaluations use the last config.
    ///
    /// This returns within 100 ms, even if a request hangs. Dropping the last clone does the same.
    /// A second call does nothing.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("isNewUi", Value::from(true))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// client.close();
    /// assert!(client.get_value("isNewUi", false, None));
    /// assert!(client.force_refresh().is_err());
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn close(&self) {
        // Not `self.client_ref()`: in a forked child that has not used the client, closing must not
        // start threads.
        self.shared.client().close();
    }

    /// Returns the client in this process. The first use in a forked child starts its threads.
    #[inline]
    fn inner(&self) -> &ClientInner {
        self.shared.started()
    }

    fn client_ref(&self) -> ClientRef<'_> {
        ClientRef { shared: &self.shared, inner: self.inner() }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("polling_mode", &self.shared.options.mode).finish_non_exhaustive()
    }
}
