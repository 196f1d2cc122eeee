//! Callbacks for events of a client.

use std::{
    error::Error,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwap;
use configcat_eval::{Config, Value};

use crate::{
    client::cache_state::CacheState,
    error::RefreshError,
    evaluate::details::EvaluationDetails,
    notify::{event::Event, flags_changed::FlagsChanged, logging, no_logger},
    sync::{
        panics,
        reentrancy::{self, Activity},
    },
};

/// Callbacks for events of a client. Subscribe while the client is built
/// ([`ClientBuilder`](crate::ClientBuilder) has the same methods) or later
/// ([`Client::hooks`](crate::Client::hooks)). The result of a callback is ignored.
///
/// A callback runs on the thread that caused the event, so it should be quick. A callback that does
/// not return stops automatic polling; [health](crate::Health::callbacks_running_since) shows since
/// when. A callback may call the client and its hooks. Events that it causes itself are not
/// reported to callbacks of the same kind, except changes of the config, which are delivered next.
/// A panic in a callback is logged (event 1003) and has no other effect. An event without callbacks
/// costs nothing. [Hooks](crate::docs::observing#hooks) has a table of them.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
/// use configcat::{Client, MapOverrides, OverrideBehavior, Value};
///
/// let client = Client::builder("local")
///     .overrides(OverrideBehavior::LocalOnly, MapOverrides::new([("isNew", Value::from(true))]))
///     .build()?;
/// let count = Arc::new(AtomicUsize::new(0));
/// let counted = Arc::clone(&count);
/// let subscription = client.hooks().on_flag_evaluated(move |details| {
///     assert_eq!(details.key, "isNew");
///     counted.fetch_add(1, Ordering::Relaxed)
/// });
/// client.get_value("isNew", false, None);
/// client.hooks().unsubscribe(subscription);
/// client.get_value("isNew", false, None);
/// assert_eq!(count.load(Ordering::Relaxed), 1);
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Default)]
pub struct Hooks {
    client_ready: Callbacks<dyn Fn(CacheState) + Send + Sync>,
    config_changed: Callbacks<OnConfigChanged>,
    flags_changed: Callbacks<dyn Fn(&FlagsChanged) + Send + Sync>,
    config_fetched: Callbacks<dyn Fn(&ConfigFetched) + Send + Sync>,
    flag_evaluated: Callbacks<OnFlagEvaluated>,
    error: Callbacks<dyn Fn(&ErrorEvent) + Send + Sync>,
    last_id: AtomicU64,
    /// `true` if nothing is written to standard error when there is no logger.
    pub(crate) is_silent_without_logger: bool,
}

type OnConfigChanged = dyn Fn(&Arc<Config>) + Send + Sync;
type OnFlagEvaluated = dyn Fn(&EvaluationDetails<Value>) + Send + Sync;

/// Subscription of a callback, to remove the callback with [`Hooks::unsubscribe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subscription(u64);

/// End of a fetch. See [`Hooks::on_config_fetched`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConfigFetched {
    /// Result of the fetch: `Ok` for a new config and for an unchanged one.
    pub result: Result<(), RefreshError>,
    /// `true` if [`Client::force_refresh`](crate::Client::force_refresh) caused the fetch.
    pub initiated_by_user: bool,
}

/// Record at level `error`. See [`Hooks::on_error`], and the [table of
/// events](crate::docs::observing#events).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// Id of the log event, below 3000.
    pub event_id: u16,
    /// Logged text. It does not contain the SDK key.
    pub message: String,
    /// Error behind the record, if there is one: a [`FetchError`](crate::fetch::FetchError), an
    /// [`EvaluationError`](crate::config::EvaluationError), a [`FlagProblem`](crate::FlagProblem)
    /// or a [`BuildError`](crate::BuildError).
    pub error: Option<Arc<dyn Error + Send + Sync>>,
}

/// Callbacks of one kind. They are changed by compare and swap, so a forked child finds no lock
/// that a thread of its parent holds.
struct Callbacks<F: ?Sized> {
    /// Number of callbacks, including those being added. An event without callbacks costs one load.
    count: AtomicUsize,
    list: ArcSwap<List<F>>,
}

type List<F> = Vec<(Subscription, Arc<F>)>;

impl<F: ?Sized> Default for Callbacks<F> {
    fn default() -> Self {
        Self { count: AtomicUsize::new(0), list: ArcSwap::from_pointee(Vec::new()) }
    }
}

impl<F: ?Sized> Callbacks<F> {
    fn add(&self, id: Subscription, callback: Arc<F>) {
        // Counted before it is in the list: the count is never too low, so no event is missed.
        self.count.fetch_add(1, Ordering::AcqRel);
        self.list.rcu(|list| {
            let mut list = List::clone(list);
            list.push((id, callback.clone()));
            list
        });
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Calls each callback. A callback may subscribe and unsubscribe, since no lock is held. An
    /// event that a callback causes on this thread is not reported to callbacks of the same kind,
    /// which would never end; neither is an event that a logger causes while it handles a record.
    fn call(&self, hook: &'static str, call: impl Fn(&F)) {
        if self.is_empty() {
            return;
        }
        let activity = Activity::Hooks(ptr::from_ref(self).addr());
        let Some(_inside) = reentrancy::enter_outside(Activity::Logging, activity) else { return };
        // The list of this moment, so a callback that subscribes another one does not extend the
        // loop.
        let list = self.list.load();
        for (_, callback) in list.iter() {
            if let Err(message) = panics::catch(|| call(callback)) {
                // To the log and not to the error hook, which may be the callback that panics.
                logging::write(&Event::HookPanicked { hook, message }, 0);
            }
        }
    }
}

/// List of callbacks of any kind, from which a subscription can be removed.
trait Subscriptions {
    fn remove(&self, id: Subscription);
}

impl<F: ?Sized> Subscriptions for Callbacks<F> {
    fn remove(&self, id: Subscription) {
        let old = self.list.rcu(|list| {
            let mut list = List::clone(list);
            list.retain(|(known, _)| *known != id);
            list
        });
        if old.iter().any(|(known, _)| *known == id) {
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
        // The values of a removed callback are dropped here, and may panic.
        let _ = panics::catch(|| drop(old));
    }
}

impl Hooks {
    /// Adds a callback for the readiness of the client, which is called once: see
    /// [`Client::wait_for_ready`](crate::Client::wait_for_ready). Subscribe while building: later
    /// the client may be ready already.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior};
    /// use std::sync::mpsc;
    /// use configcat::CacheState;
    ///
    /// let (sender, states) = mpsc::channel();
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local")
    /// #   .overrides(OverrideBehavior::LocalOnly, flags)
    ///     .on_client_ready(move |state| sender.send(state))
    ///     .build()?;
    /// assert_eq!(states.recv(), Ok(CacheState::HasLocalOverrideFlagDataOnly));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn on_client_ready<R>(
        &self,
        callback: impl Fn(CacheState) -> R + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.client_ready.add(id, Arc::new(move |state| _ = callback(state))))
    }

    /// Adds a callback for a new config from the CDN, from the cache, or from changed overrides. It
    /// gets the config that flags are evaluated on from now on.
    ///
    /// The overrides that a client is built with do not call it.
    pub fn on_config_changed<R>(
        &self,
        callback: impl Fn(&Arc<Config>) -> R + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.config_changed.add(id, Arc::new(move |config: &_| _ = callback(config))))
    }

    /// Adds a callback for changed flags, with their keys: added, removed, of another type, or
    /// [changed](Config::changes) by themselves, their segments or their prerequisite flags.
    ///
    /// It is called after [`on_config_changed`](Self::on_config_changed), for the same configs and
    /// in the same order, each compared with the config before. A config in which no flag has
    /// changed does not call it. All flags of the first config are added. With overrides, the first
    /// config is that of the overrides, and does not call it.
    ///
    /// Configs are compared only while there is a callback.
    ///
    /// ```
    /// use configcat::Client;
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .on_flags_changed(|flags| flags.keys().for_each(|key| println!("{key} may have another value")))
    /// #   .offline(true)
    ///     .build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn on_flags_changed<R>(
        &self,
        callback: impl Fn(&FlagsChanged) -> R + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.flags_changed.add(id, Arc::new(move |flags: &_| _ = callback(flags))))
    }

    /// Adds a callback for the end of a fetch, successful or not. A refresh that only reads the
    /// cache does not call it.
    pub fn on_config_fetched<R>(
        &self,
        callback: impl Fn(&ConfigFetched) -> R + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.config_fetched.add(id, Arc::new(move |fetched: &_| _ = callback(fetched))))
    }

    /// Adds a callback for evaluated flags, by any method that returns values. A method that
    /// evaluates all flags calls it once for each flag.
    ///
    /// Each evaluation then makes [`EvaluationDetails`], which takes longer than the evaluation.
    pub fn on_flag_evaluated<R>(
        &self,
        callback: impl Fn(&EvaluationDetails<Value>) -> R + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.flag_evaluated.add(id, Arc::new(move |details: &_| _ = callback(details))))
    }

    /// Adds a callback for records at level `error`, whether a logger takes the record or not.
    /// Panics in callbacks (event 1003) do not call it.
    pub fn on_error<R>(&self, callback: impl Fn(&ErrorEvent) -> R + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.error.add(id, Arc::new(move |error: &_| _ = callback(error))))
    }

    /// Removes a callback. An event that is being reported right now may still call it once. Does
    /// nothing if the callback was removed before.
    pub fn unsubscribe(&self, subscription: Subscription) {
        // Each field is named, so that the compiler reports this place when a kind of hook is
        // added.
        let Self {
            client_ready,
            config_changed,
            flags_changed,
            config_fetched,
            flag_evaluated,
            error,
            last_id: _,
            is_silent_without_logger: _,
        } = self;
        let lists: [&dyn Subscriptions; 6] =
            [client_ready, config_changed, flags_changed, config_fetched, flag_evaluated, error];
        lists.iter().for_each(|list| list.remove(subscription));
    }

    /// Adds a callback under a new id.
    fn subscribe(&self, add: impl FnOnce(Subscription)) -> Subscription {
        let id = Subscription(self.last_id.fetch_add(1, Ordering::Relaxed));
        add(id);
        id
    }

    /// Returns whether a callback waits for the readiness of the client.
    pub(crate) fn wants_ready(&self) -> bool {
        !self.client_ready.is_empty()
    }

    pub(crate) fn client_ready(&self, state: CacheState) {
        self.client_ready.call("client ready", |callback| callback(state));
    }

    pub(crate) fn config_changed(&self, config: &Arc<Config>) {
        self.config_changed.call("config changed", |callback| callback(config));
    }

    /// Reports the flags that differ from those of the config before.
    pub(crate) fn flags_changed(&self, before: Option<&Config>, config: &Config) {
        // Comparing takes time that grows with the configs.
        if self.flags_changed.is_empty() {
            return;
        }
        if let Some(flags) = FlagsChanged::between(before, config) {
            self.flags_changed.call("flags changed", |callback| callback(&flags));
        }
    }

    pub(crate) fn config_fetched(&self, fetched: &ConfigFetched) {
        self.config_fetched.call("config fetched", |callback| callback(fetched));
    }

    /// Returns whether a callback wants evaluations.
    #[inline]
    pub(crate) fn wants_evaluations(&self) -> bool {
        self.flag_evaluated.count.load(Ordering::Acquire) != 0
    }

    /// Returns whether a callback wants errors, or standard error the first one.
    pub(crate) fn wants_errors(&self) -> bool {
        !self.error.is_empty() || self.warns_without_logger()
    }

    /// Returns whether the next error is written to standard error, because there is no logger.
    fn warns_without_logger(&self) -> bool {
        !self.is_silent_without_logger && no_logger::is_due()
    }

    pub(crate) fn flag_evaluated(&self, details: &EvaluationDetails<Value>) {
        self.flag_evaluated.call("flag evaluated", |callback| callback(details));
    }

    /// Writes a record of an event, and calls the error hook if the event is an error.
    pub(crate) fn log(&self, event: &Event<'_>) {
        self.log_after(event, 0);
    }

    /// Writes a record of an event as [`log`](Self::log) does. `left_out` records of the same cause
    /// were left out before.
    pub(crate) fn log_after(&self, event: &Event<'_>, left_out: u64) {
        logging::write(event, left_out);
        if event.level() != log::Level::Error {
            return;
        }
        if self.warns_without_logger() {
            no_logger::write_once(event);
        }
        if !self.error.is_empty() {
            // The text is made only for a callback: a record formats the event itself.
            let error = ErrorEvent { event_id: event.id(), message: event.to_string(), error: event.error() };
            self.error.call("error", |callback| callback(&error));
        }
    }

    /// Runs one step of a thread. A panic is logged (event 1200) and ends the step, not the thread.
    pub(crate) fn log_panics<T>(&self, step: impl FnOnce() -> T) -> Option<T> {
        panics::catch(step).map_err(|message| self.log(&Event::PollPanicked { message })).ok()
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
