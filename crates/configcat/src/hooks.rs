//! Callbacks for what happens in the client.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use configcat_eval::{Config, Value};

use crate::{CacheState, EvaluationDetails, RefreshError, event::Event};

/// Callbacks for what happens in the client: subscribe at any time, also to a running client.
///
/// A callback runs on the thread that caused it, so it should be quick. It may call the client. A panic in it
/// is logged and does no harm. An event without callbacks costs nothing.
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

/// A fetch has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConfigFetched {
    /// Whether it brought a config, or the news that it is unchanged.
    pub result: Result<(), RefreshError>,
    /// Whether it was asked for by [`Client::force_refresh`](crate::Client::force_refresh).
    pub initiated_by_user: bool,
}

/// Something was logged as an error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// The id of the log event.
    pub event_id: u16,
    /// The logged text.
    pub message: String,
}

struct Callbacks<F: ?Sized> {
    /// Whether there are some; lets the event cost nothing if not.
    any: AtomicBool,
    list: Mutex<Vec<(Subscription, Arc<F>)>>,
}

impl<F: ?Sized> Default for Callbacks<F> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::default() }
    }
}

impl<F: ?Sized> Callbacks<F> {
    fn change(&self, change: impl FnOnce(&mut Vec<(Subscription, Arc<F>)>)) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut list);
        self.any.store(!list.is_empty(), Ordering::Release);
    }

    #[inline]
    fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Calls each; none is locked meanwhile, so that a callback may subscribe and unsubscribe.
    fn call(&self, hook: &'static str, call: impl Fn(&F)) {
        if self.is_empty() {
            return;
        }
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, callback) in list {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(&callback))) {
                Event::HookPanicked { hook, message: panic_message(&*panic) }.log();
            }
        }
    }
}

impl Hooks {
    /// When the client is ready: see [`Client::wait_for_ready`](crate::Client::wait_for_ready). Subscribe
    /// while building, since later it may be too late.
    pub fn on_client_ready(&self, callback: impl Fn(CacheState) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.client_ready.change(|list| list.push((id, Arc::new(callback)))))
    }

    /// When there is another config, from the CDN or from the cache.
    pub fn on_config_changed(&self, callback: impl Fn(&Arc<Config>) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.config_changed.change(|list| list.push((id, Arc::new(callback)))))
    }

    /// When a fetch has ended.
    pub fn on_config_fetched(
        &self,
        callback: impl Fn(&ConfigFetched) + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.config_fetched.change(|list| list.push((id, Arc::new(callback)))))
    }

    /// When a flag was evaluated.
    pub fn on_flag_evaluated(
        &self,
        callback: impl Fn(&EvaluationDetails<Value>) + Send + Sync + 'static,
    ) -> Subscription {
        self.subscribe(|id| self.flag_evaluated.change(|list| list.push((id, Arc::new(callback)))))
    }

    /// When something was logged as an error.
    pub fn on_error(&self, callback: impl Fn(&ErrorEvent) + Send + Sync + 'static) -> Subscription {
        self.subscribe(|id| self.error.change(|list| list.push((id, Arc::new(callback)))))
    }

    /// Takes a callback back. It may run once more if it is being called right now.
    pub fn unsubscribe(&self, subscription: Subscription) {
        self.client_ready.change(|list| list.retain(|(id, _)| *id != subscription));
        self.config_changed.change(|list| list.retain(|(id, _)| *id != subscription));
        self.config_fetched.change(|list| list.retain(|(id, _)| *id != subscription));
        self.flag_evaluated.change(|list| list.retain(|(id, _)| *id != subscription));
        self.error.change(|list| list.retain(|(id, _)| *id != subscription));
    }

    fn subscribe(&self, add: impl FnOnce(Subscription)) -> Subscription {
        let id = Subscription(self.last_id.fetch_add(1, Ordering::Relaxed));
        add(id);
        id
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
            let error = ErrorEvent { event_id: event.id(), message: event.to_string() };
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
