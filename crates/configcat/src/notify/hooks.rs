//! Callbacks for what happens in the client.

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
    notify::{event::Event, logging},
    sync::{
        panics,
        reentrancy::{self, Activity},
    },
};

/// Callbacks for what happens in the client: subscribe while it is built
/// ([`ClientBuilder::hooks`](crate::ClientBuilder::hooks)), or at any time
/// ([`Client::hooks`](crate::Client::hooks)).
///
/// A callback runs on the thread that caused it, so it should be quick; one that does not return
/// stops automatic polling, and [health](crate::Health::callbacks_running_since) shows since when.
/// It may call the client and its hooks; what it causes itself is not told to callbacks of its
/// kind, except changes of the config, which are delivered next. A panic in it is logged (event
/// 1003) and does no harm. An event without callbacks costs nothing. A table of them is in
/// [Hooks](crate::docs::observing#hooks).
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
///     counted.fetch_add(1, Ordering::Relaxed);
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
    config_fetched: Callbacks<dyn Fn(&ConfigFetched) + Send + Sync>,
    flag_evaluated: Callbacks<OnFlagEvaluated>,
    error: Callbacks<dyn Fn(&ErrorEvent) + Send + Sync>,
    last_id: AtomicU64,
}

type OnConfigChanged = dyn Fn(&Arc<Config>) + Send + Sync;
type OnFlagEvaluated = dyn Fn(&EvaluationDetails<Value>) + Send + Sync;

/// A callback that can be taken back. See [`Hooks::unsubscribe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subscription(u64);

/// A fetch has ended. See [`Hooks::on_config_fetched`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConfigFetched {
    /// Whether it brought a config, or the news that it is unchanged.
    pub result: Result<(), RefreshError>,
    /// Whether it was asked for by [`Client::force_refresh`](crate::Client::force_refresh).
    pub initiated_by_user: bool,
}

/// Something was logged at level `error`. See [`Hooks::on_error`], and the
/// [table of events](crate::docs::observing#events).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// The id of the log event, below 3000.
    pub event_id: u16,
    /// The logged text. The SDK key is not in it.
    pub message: String,
    /// The error behind it, if there is one: a [`FetchError`](crate::fetch::FetchError) or an
    /// [`EvaluationError`](crate::config::EvaluationError).
    pub error: Option<Arc<dyn Error + Send + Sync>>,
}

/// The callbacks of one kind. They are changed by compare and swap, so that a forked child finds no
/// lock that a thread of its parent holds.
struct Callbacks<F: ?Sized> {
    /// How many there are or are being added: lets a kind without callbacks cost a load.
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
        // Counted before it is in the list, so that the count is never too low.
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

    /// Calls each callback. A callback may subscribe and unsubscribe, since nothing is locked. What
    /// a callback causes on this thread is not told to callbacks of the same kind, which would
    /// never end; neither is what a logger causes that handles a record.
    fn call(&self, hook: &'static str, call: impl Fn(&F)) {
        if self.is_empty() || reentrancy::is_active(Activity::Logging) {
            return;
        }
        let Some(_inside) = reentrancy::enter(Activity::Hooks(ptr::from_ref(self).addr())) else { return };
        let list = self.list.load_full();
        for (_, callback) in &*list {
            if let Err(message) = panics::catch(|| call(callback)) {
                logging::write(&Event::HookPanicked { hook, message }, 0);
            }
        }
    }
}

/// A list that a subscription can be removed from, whatever the kind of its callbacks.
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
        // What a callback holds is dropped here, and may panic.
        let _ = panics::catch(|| drop(old));
    }
}

impl Hooks {
    /// When the client is ready, once: see
    /// [`Client::wait_for_ready`](crate::Client::wait_for_ready). Subscribe while building, since
    /// later it may be too late.
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
    ///     .hooks(|hooks| {
    ///         hooks.on_client_ready(move |state| {
    ///             let _ = sender.send(state);
    ///         });
    ///     })
    ///     .build()?;
    /// assert_eq!(states.recv(), Ok(CacheState::HasLocalOverrideFlagDataOnly));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn on_client_ready(&self, callback: impl Fn(CacheState) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.client_ready.add(id, Arc::new(callback)))
    }

    /// When there is another config, from the CDN, from the cache, or because overrides have
    /// changed: the one that flags are evaluated on from now on.
    ///
    /// It is not called for the overrides that a client is built with.
    pub fn on_config_changed(&self, callback: impl Fn(&Arc<Config>) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.config_changed.add(id, Arc::new(callback)))
    }

    /// When a fetch has ended, well or not; not when only the cache was read.
    pub fn on_config_fetched(
        &self,
        callback: impl Fn(&ConfigFetched) + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.config_fetched.add(id, Arc::new(callback)))
    }

    /// When a flag was evaluated, by any method that returns its value; once for each flag where
    /// that is all of them.
    ///
    /// Each evaluation then makes [`EvaluationDetails`], which takes longer than evaluating.
    pub fn on_flag_evaluated(
        &self,
        callback: impl Fn(&EvaluationDetails<Value>) + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.flag_evaluated.add(id, Arc::new(callback)))
    }

    /// When something was logged at level `error`, whether a logger takes it or not; but for panics
    /// in callbacks (event 1003).
    pub fn on_error(&self, callback: impl Fn(&ErrorEvent) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.error.add(id, Arc::new(callback)))
    }

    /// Takes a callback back. It may run once more if it is being called right now. Does nothing if
    /// it was taken back before.
    pub fn unsubscribe(&self, subscription: Subscription) {
        // Each field is named, so that the compiler points here when a kind of hook is added.
        let Self { client_ready, config_changed, config_fetched, flag_evaluated, error, last_id: _ } = self;
        let lists: [&dyn Subscriptions; 5] =
            [client_ready, config_changed, config_fetched, flag_evaluated, error];
        lists.iter().for_each(|list| list.remove(subscription));
    }

    fn subscribe(&self, add: impl FnOnce(Subscription)) -> Subscription {
        let id = Subscription(self.last_id.fetch_add(1, Ordering::Relaxed));
        add(id);
        id
    }

    pub(crate) fn wants_ready(&self) -> bool {
        !self.client_ready.is_empty()
    }

    pub(crate) fn client_ready(&self, state: CacheState) {
        self.client_ready.call("client ready", |callback| callback(state));
    }

    pub(crate) fn config_changed(&self, config: &Arc<Config>) {
        self.config_changed.call("config changed", |callback| callback(config));
    }

    pub(crate) fn config_fetched(&self, fetched: &ConfigFetched) {
        self.config_fetched.call("config fetched", |callback| callback(fetched));
    }

    #[inline]
    pub(crate) fn wants_evaluations(&self) -> bool {
        !self.flag_evaluated.is_empty()
    }

    pub(crate) fn wants_errors(&self) -> bool {
        !self.error.is_empty()
    }

    pub(crate) fn flag_evaluated(&self, details: &EvaluationDetails<Value>) {
        self.flag_evaluated.call("flag evaluated", |callback| callback(details));
    }

    /// Writes a record of an event, and calls the error hook if it is an error.
    pub(crate) fn log(&self, event: &Event<'_>) {
        self.log_after(event, 0);
    }

    /// The same, after records of the same cause were left out.
    pub(crate) fn log_after(&self, event: &Event<'_>, left_out: u64) {
        logging::write(event, left_out);
        if event.level() == log::Level::Error && !self.error.is_empty() {
            let error = ErrorEvent { event_id: event.id(), message: event.to_string(), error: event.error() };
            self.error.call("error", |callback| callback(&error));
        }
    }

    /// Runs a step of a thread's work. A panic is logged (event 1200) and ends the step, not the
    /// work.
    pub(crate) fn log_panics<T>(&self, step: impl FnOnce() -> T) -> Option<T> {
        panics::catch(step).map_err(|message| self.log(&Event::PollPanicked { message })).ok()
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
