//! The client.

pub(crate) mod background;
pub(crate) mod builder;
pub(crate) mod cache_state;
pub(crate) mod inner;
mod lifecycle;
mod ready;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use configcat_eval::{Trace, User, Value};

use crate::{
    client::{
        cache_state::CacheState,
        inner::{ClientInner, ClientRef, Shared},
    },
    error::{BuildError, RefreshError, RefreshErrorKind},
    evaluate::{
        all_values::AllValues,
        details::EvaluationDetails,
        flag::{AnyFlag, Flag, FlagProblem, FlagValue},
        flag_cache::CachedLookup,
        snapshot::{Snapshot, check},
        view::View,
    },
    health::Health,
    notify::{event::Event, hooks::Hooks},
    refresh::store::{State, Store},
    sync::primitives::Guard,
};

/// Evaluates feature flags on a config that it keeps up to date.
///
/// One client serves a whole process: it is cheap to clone, and can be used from any thread. When
/// the last clone is dropped, it [closes](Self::close).
///
/// No method panics, and none returns an error in place of a default value. Which may block, and
/// how long, is in a [table](crate::docs::running#in-async-code).
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
pub struct Client {
    shared: Arc<Shared>,
    /// Of the clones alone, not of snapshots and threads.
    _closer: Arc<CloseOnDrop>,
}

/// Closes the client when its last clone is dropped.
struct CloseOnDrop(Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // A forked child that has not used the client leaves it alone: it belongs to the parent.
        if let Some(client) = self.0.existing() {
            client.close();
        }
    }
}

impl Client {
    /// Starts the threads. If one cannot be started, the client is closed again.
    pub(crate) fn start(shared: Arc<Shared>) -> Result<Self, BuildError> {
        let client = Self { _closer: Arc::new(CloseOnDrop(shared.clone())), shared };
        client.shared.start()?;
        Ok(client)
    }

    /// The value of a flag for a user, or `default` if it cannot be evaluated.
    ///
    /// The type of `default` must be that of the setting: see [`FlagValue`]. Give `None` as user if
    /// the flag is not targeted, or for the [default user](Self::set_default_user).
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("isNewUi", Value::from(true)), ("limit", 7.into()), ("share", 0.25.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// use configcat::User;
    ///
    /// let user = User::new("42");
    /// let is_new: bool = client.get_value("isNewUi", false, &user);
    /// let limit: i64 = client.get_value("limit", 10, &user);
    /// let share: f64 = client.get_value("share", 0.5, None);
    /// let title: String = client.get_value("title", "Hello", None);
    /// assert_eq!((is_new, limit, share, title.as_str()), (true, 7, 0.25, "Hello"));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[inline]
    pub fn get_value<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        self.view(&self.state()).value(key, default, user.into())
    }

    /// Like [`get_value`](Self::get_value), and tells where the value comes from.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("isNewUi", Value::from(true))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// let details = client.get_value_details("isNewUi", false, None);
    /// assert!(details.value && !details.is_default_value());
    ///
    /// let details = client.get_value_details("isOldUi", false, None);
    /// assert!(details.error.is_some_and(|error| error.message.contains("the key was not found")));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn get_value_details<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> EvaluationDetails<T::Output> {
        self.view(&self.state()).value_details(key, default, user.into())
    }

    /// The value of a typed [`Flag`]: [`get_value`](Self::get_value) with the key and default of
    /// the flag, and faster.
    #[inline]
    pub fn get<'u, T: FlagValue + Clone>(
        &self,
        flag: &Flag<T>,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        let inner = self.prepared();
        // A flag that knows its value in the current config needs nothing else of it.
        if let Some(CachedLookup::Constant(value)) = flag.cache.get(inner.store.generation()) {
            if let Some(value) = T::from_bool(value).filter(|_| !self.shared.has_observers()) {
                return value;
            }
        }
        self.get_from(&inner.store, flag, user.into())
    }

    /// Not inlined into [`get`](Self::get), which would have to save six registers for it: 83
    /// instructions for a constant flag became 56.
    #[inline(never)]
    fn get_from<T: FlagValue + Clone>(
        &self,
        store: &Store,
        flag: &Flag<T>,
        user: Option<&User>,
    ) -> T::Output {
        self.view(&store.load()).flag(flag, user)
    }

    /// The flags that the config does not have, or has with another type: to be called at startup.
    ///
    /// In automatic polling it waits for the first config as an evaluation does. See [`Flag`] for
    /// an example.
    #[must_use]
    pub fn check(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        check(&self.state(), flags)
    }

    /// The keys of all settings, in the order of the config; empty without a config (event 1000).
    #[must_use]
    pub fn get_all_keys(&self) -> Vec<String> {
        self.view(&self.state()).all_keys()
    }

    /// The values of all settings that can be evaluated, by key; empty without a config (event
    /// 1000).
    ///
    /// What cannot be evaluated is left out, and logged (event 1002). See
    /// [All flags](crate::docs::evaluating#all-flags) for an example.
    pub fn get_all_values<'u>(&self, user: impl Into<Option<&'u User>>) -> AllValues {
        self.view(&self.state()).all_values(user.into())
    }

    /// The values of all settings that can be evaluated and where they come from, in the order of
    /// the config.
    ///
    /// Otherwise like [`get_all_values`](Self::get_all_values).
    pub fn get_all_value_details<'u>(
        &self,
        user: impl Into<Option<&'u User>>,
    ) -> Vec<EvaluationDetails<Value>> {
        self.view(&self.state()).all_details(user.into())
    }

    /// The key of the setting that a variation id belongs to, and the value that it stands for;
    /// `None` if there is no such id (event 2011) or no config (event 1000).
    ///
    /// ```
    /// # use configcat::{Client, FileOverrides, OverrideBehavior, Value};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("config.json");
    /// # std::fs::write(&path, r#"{"f": {"isNewUi": {"t": 0, "v": {"b": true}, "i": "a377be62"}}}"#)?;
    /// # let flags = FileOverrides::new(path);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// assert_eq!(client.get_key_and_value("a377be62"), Some(("isNewUi".to_owned(), Value::Bool(true))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get_key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        self.view(&self.state()).key_and_value(variation_id)
    }

    /// How a flag is evaluated, step by step: a tree that prints as the evaluation log. `None`
    /// without a config.
    ///
    /// It logs nothing and calls no hook. See [Why is it so?](crate::docs::evaluating#why-is-it-so)
    /// for an example.
    pub fn explain<'u>(&self, key: &str, user: impl Into<Option<&'u User>>) -> Option<Trace> {
        self.view(&self.state()).explain(key, user.into())
    }

    /// The config of this moment: all evaluations on it are consistent, and never block.
    ///
    /// Taking it may wait for a config as an evaluation does.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.prepared();
        self.current_snapshot()
    }

    /// Brings the config up to date now: reads the cache, then fetches.
    ///
    /// It blocks until that is done, for the request timeout and the cache at most, and joins a
    /// refresh that is under way already. Offline it only reads the cache.
    ///
    /// # Errors
    ///
    /// The fetch failed; or the client is closed (event 3201), uses overrides only (3202), or is
    /// offline without a cache (3200). [`RefreshErrorKind`] tells which.
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
        const METHOD: &str = "force_refresh";
        let client = self.client_ref();
        let options = &client.shared.options;
        let (kind, event) = if client.inner.closed.is_set() {
            (RefreshErrorKind::Closed, Event::Closed { method: METHOD })
        } else if options.is_local_only() {
            (RefreshErrorKind::LocalOnly, Event::LocalOnly { method: METHOD })
        } else if client.shared.is_offline() && options.cache.is_none() {
            (RefreshErrorKind::Offline, Event::Offline)
        } else {
            return client.force_refresh();
        };
        client.shared.hooks.log(&event);
        Err(kind.into())
    }

    /// Waits until the client is ready, and tells what it has then.
    ///
    /// Ready means in automatic polling: the cache gave an up-to-date config, or the first fetch
    /// has ended, or the max init wait has passed. In the other modes a client is ready when it is
    /// built.
    ///
    /// Where the timeout passes before, it tells what there is by then (event 4200). See
    /// [Ready](crate::docs::polling#ready) for an example.
    pub fn wait_for_ready(&self, timeout: Duration) -> CacheState {
        let client = self.client_ref();
        let (hooks, options) = (&client.shared.hooks, &client.shared.options);
        if client.inner.closed.is_set() {
            hooks.log(&Event::Closed { method: "wait_for_ready" });
            return client.cache_state();
        }
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

    /// The user whom flags are evaluated for from now on where none is given, by all clones and
    /// snapshots.
    pub fn set_default_user(&self, user: User) {
        self.shared.set_default_user(Some(user));
    }

    /// From now on there is no default user.
    pub fn clear_default_user(&self) {
        self.shared.set_default_user(None);
    }

    /// No HTTP from now on; the cache is still read. Event 5200.
    ///
    /// A fetch that is under way is not cut off. A closed client stays as it is (event 3201).
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

    /// HTTP again; automatic polling polls at once. Event 5200.
    ///
    /// A closed client stays as it is (event 3201).
    pub fn set_online(&self) {
        self.switch(false, "set_online");
    }

    /// Whether the client does no HTTP because it was told so; closed or local only ones may be
    /// online.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.shared.is_offline()
    }

    fn switch(&self, offline: bool, method: &'static str) {
        let ClientRef { shared, inner } = self.client_ref();
        if inner.closed.is_set() {
            shared.hooks.log(&Event::Closed { method });
        } else if shared.offline.swap(offline, Ordering::AcqRel) != offline {
            shared.hooks.log(&Event::Switched { offline });
            inner.refresher.backoff.reset();
            if !offline {
                inner.background.wake_poller();
            }
        }
    }

    /// How fetching goes: when it was last tried, when it last went well, what failed since. See
    /// [`Health`].
    #[must_use]
    pub fn health(&self) -> Health {
        let inner = self.inner();
        let worker_alive = self.shared.polls().then(|| inner.background.is_poller_alive());
        Health { worker_alive, ..inner.health.get() }
    }

    /// The callbacks of this client, shared by its clones and snapshots. See [`Hooks`].
    #[must_use]
    pub fn hooks(&self) -> &Hooks {
        &self.shared.hooks
    }

    /// Ends all fetching, for all clones. Flags are evaluated on the last config from then on.
    ///
    /// Returns within 100 ms, even if a request hangs. Dropping the last clone does the same.
    /// Closing again does nothing.
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
        self.shared.client().close();
    }

    /// The client in this process. The first use in a forked child starts its threads.
    #[inline]
    fn inner(&self) -> &ClientInner {
        match self.shared.unforked_inner() {
            Some(inner) => inner,
            None => self.shared.start_in_child(),
        }
    }

    fn client_ref(&self) -> ClientRef<'_> {
        ClientRef { shared: &self.shared, inner: self.inner() }
    }

    /// The client, after what the polling mode asks for before an evaluation.
    #[inline]
    fn prepared(&self) -> &ClientInner {
        let inner = self.inner();
        if !inner.is_prepared() {
            ClientRef { shared: &self.shared, inner }.prepare();
        }
        inner
    }

    /// The state of this moment.
    #[inline]
    fn state(&self) -> Guard<Arc<State>> {
        self.prepared().store.load()
    }

    #[inline]
    fn view<'s>(&'s self, state: &'s State) -> View<'s> {
        View { shared: &self.shared, state }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("polling_mode", &self.shared.options.mode).finish_non_exhaustive()
    }
}
