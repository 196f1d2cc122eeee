//! Callbacks for what happens in the client.

use std::{
    any::Any,
    cell::RefCell,
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use configcat_eval::{Config, Value};

use crate::{CacheState, EvaluationDetails, RefreshError, notify::event::Event, sync::fork::PerProcess};

/// Callbacks for what happens in the client: subscribe while it is built
/// ([`ClientBuilder::hooks`](crate::ClientBuilder::hooks)), or at any time ([`Client::hooks`](crate::Client::hooks)).
///
/// A callback runs on the thread that caused it, so it should be quick. It may call the client and its hooks; what it
/// causes itself is not told to callbacks of its kind. A panic in it is logged (event 1003) and does no harm. An event
/// without callbacks costs nothing. A table of them is in [Hooks](crate::docs::observing#hooks).
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
/// use configcat::{Client, MapOverrides, OverrideBehaviour, Value};
///
/// let client = Client::builder("local")
///     .overrides(OverrideBehaviour::LocalOnly, MapOverrides::new([("isNew", Value::from(true))]))
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
    /// The error behind it, if there is one: a [`FetchError`](crate::FetchError) or an
    /// [`EvaluationError`](crate::EvaluationError).
    pub error: Option<Arc<dyn Error + Send + Sync>>,
}

struct Callbacks<F: ?Sized> {
    /// Whether there are some; lets the event cost nothing if not.
    any: AtomicBool,
    list: ArcSwap<List<F>>,
    /// Who changes the list has it locked; nobody else waits for it.
    writer: PerProcess<Mutex<()>>,
}

type List<F> = Vec<(Subscription, Arc<F>)>;

impl<F: ?Sized> Default for Callbacks<F> {
    fn default() -> Self {
        Self {
            any: AtomicBool::new(false),
            list: ArcSwap::from_pointee(Vec::new()),
            writer: PerProcess::new(Mutex::new(())),
        }
    }
}

impl<F: ?Sized> Callbacks<F> {
    fn add(&self, id: Subscription, callback: Arc<F>) {
        self.change(|list| list.push((id, callback)));
    }

    fn remove(&self, id: Subscription) {
        self.change(|list| list.retain(|(known, _)| *known != id));
    }

    fn change(&self, change: impl FnOnce(&mut List<F>)) {
        // Nothing is half done if a writer panics, since the list is swapped as a whole.
        let writer = self.writer.get(|_| Mutex::new(())).lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = (*self.list.load_full()).clone();
        change(&mut list);
        self.any.store(!list.is_empty(), Ordering::Release);
        let old = self.list.swap(Arc::new(list));
        drop(writer);
        // What a callback holds may call the client when it is dropped, so nothing is locked now.
        drop(old);
    }

    #[inline]
    fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Calls each; none is locked meanwhile, so that a callback may subscribe and unsubscribe. Calls none for what one
    /// of them does on this thread, which would never end.
    fn call(&self, hook: &'static str, call: impl Fn(&F)) {
        if self.is_empty() {
            return;
        }
        let Some(_inside) = Inside::enter(ptr::from_ref(self).addr()) else { return };
        let list = self.list.load_full();
        for (_, callback) in &*list {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(callback))) {
                Event::HookPanicked { hook, message: panic_message(&*panic) }.log();
            }
        }
    }
}

thread_local! {
    /// The addresses of the [`Callbacks`] that this thread is calling: those of one kind, of one client.
    static CALLING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// That this thread is calling callbacks, until it is dropped.
struct Inside;

impl Inside {
    /// `None` if it is calling them already, or if it is ending and can no longer tell.
    fn enter(callbacks: usize) -> Option<Self> {
        let enter = |calling: &RefCell<Vec<usize>>| {
            let mut calling = calling.borrow_mut();
            let is_new = !calling.contains(&callbacks);
            is_new.then(|| calling.push(callbacks))
        };
        CALLING.try_with(enter).ok()?.map(|()| Self)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Calls are nested, so it is the last one. If there is no list any more, nothing is in it.
        let _ = CALLING.try_with(|calling| calling.borrow_mut().pop());
    }
}

impl Hooks {
    /// When the client is ready, once: see [`Client::wait_for_ready`](crate::Client::wait_for_ready). Subscribe
    /// while building, since later it may be too late.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehaviour};
    /// use std::sync::mpsc;
    /// use configcat::CacheState;
    ///
    /// let (sender, states) = mpsc::channel();
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local")
    /// #   .overrides(OverrideBehaviour::LocalOnly, flags)
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

    /// When there is another config, from the CDN, from the cache, or because overrides have changed: the one that
    /// flags are evaluated on from now on.
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

    /// When a flag was evaluated, by any method that returns its value; once for each flag where that is all of them.
    ///
    /// Each evaluation then makes [`EvaluationDetails`], which takes longer than evaluating.
    pub fn on_flag_evaluated(
        &self,
        callback: impl Fn(&EvaluationDetails<Value>) + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.flag_evaluated.add(id, Arc::new(callback)))
    }

    /// When something was logged at level `error`, whether a logger takes it or not; but for panics in callbacks
    /// (event 1003).
    pub fn on_error(&self, callback: impl Fn(&ErrorEvent) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.error.add(id, Arc::new(callback)))
    }

    /// Takes a callback back. It may run once more if it is being called right now. Does nothing if it was taken
    /// back before.
    pub fn unsubscribe(&self, subscription: Subscription) {
        self.client_ready.remove(subscription);
        self.config_changed.remove(subscription);
        self.config_fetched.remove(subscription);
        self.flag_evaluated.remove(subscription);
        self.error.remove(subscription);
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

    pub(crate) fn flag_evaluated(&self, details: &EvaluationDetails<Value>) {
        self.flag_evaluated.call("flag evaluated", |callback| callback(details));
    }

    /// Logs an event, and tells the error hook if it is an error.
    pub(crate) fn log(&self, event: &Event<'_>) {
        event.log();
        if event.level() == log::Level::Error && !self.error.is_empty() {
            let error = ErrorEvent { event_id: event.id(), message: event.to_string(), error: event.error() };
            self.error.call("error", |callback| callback(&error));
        }
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// What a panic says.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panicked").to_owned()
}
