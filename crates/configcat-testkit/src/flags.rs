//! A client with flags that a test sets.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{
    Client, Config, OverrideBehavior, OverrideSource, Value,
    cache::BoxError,
    config::ParseError,
    time::{Alarm, Clock, Timer},
};

use crate::PATIENCE;

/// A client whose flags a test sets, before and while it runs.
///
/// The client has nothing but these flags: no network, no cache. When [`set`](Self::set),
/// [`unset`](Self::unset) or [`set_config`](Self::set_config) return, all its clones have the
/// change, and its [`on_config_changed`](configcat::Hooks::on_config_changed) callbacks were
/// called, on the client's thread.
///
/// ```
/// use configcat_testkit::TestFlags;
///
/// let flags = TestFlags::default();
/// let client = flags.client().clone();
/// assert_eq!(client.get_value("limit", 1, None), 1, "the default");
/// flags.set("limit", 10);
/// assert_eq!(client.get_value("limit", 1, None), 10);
/// ```
pub struct TestFlags {
    client: Client,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    published: Condvar,
}

struct State {
    config: Config,
    values: BTreeMap<String, Value>,
    /// The number of the last change; of the last that the client has loaded; and of the last that
    /// all can see.
    changes: usize,
    loaded: usize,
    published: usize,
    /// Wakes the client's thread.
    alarms: Vec<Alarm>,
    thread: Option<ThreadId>,
}

impl TestFlags {
    /// A client that has these flags, with the same value for everybody.
    ///
    /// A whole number is read as int and as double alike.
    ///
    /// ```
    /// use configcat::Value;
    /// use configcat_testkit::TestFlags;
    ///
    /// let flags = TestFlags::new([("isNew", Value::from(true)), ("title", "Hello".into())]);
    /// assert_eq!(flags.client().get_value("title", "", None), "Hello");
    /// ```
    ///
    /// # Panics
    ///
    /// If the system would not start a thread.
    #[must_use]
    #[track_caller]
    pub fn new<K: Into<String>, V: Into<Value>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        let values = values.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self::start(no_flags(), values)
    }

    /// A client on a config JSON, with its rules.
    ///
    /// # Errors
    ///
    /// It is no config JSON. A setting in it that is broken is no error until it is evaluated.
    ///
    /// # Panics
    ///
    /// If the system would not start a thread.
    #[track_caller]
    pub fn from_config(json: &str) -> Result<Self, ParseError> {
        Ok(Self::start(Config::parse(json)?, BTreeMap::new()))
    }

    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test cannot go on without, and its line is told")]
    fn start(config: Config, values: BTreeMap<String, Value>) -> Self {
        let state =
            State { config, values, changes: 1, loaded: 0, published: 1, alarms: Vec::new(), thread: None };
        let shared = Arc::new(Shared { state: Mutex::new(state), published: Condvar::new() });
        let client = Client::builder("test")
            .overrides(OverrideBehavior::LocalOnly, Source(Arc::clone(&shared)))
            .clock(Arc::new(Wakeable { start: Instant::now(), shared: Arc::clone(&shared) }))
            .build()
            .expect("a client with local flags only needs nothing but a thread");
        Self { client, shared }
    }

    /// The client: clone it, and give it to the code that is tested.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Gives a flag this value for everybody, whatever it had before.
    ///
    /// # Panics
    ///
    /// If the client has not taken it within 30 s, since it is closed, or one of its callbacks
    /// hangs.
    #[track_caller]
    pub fn set(&self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        self.change(|state| drop(state.values.insert(key, value)));
    }

    /// Takes back what was set: the flag is again as in the config JSON, if there is one, and else
    /// it is gone.
    ///
    /// # Panics
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn unset(&self, key: &str) {
        self.change(|state| drop(state.values.remove(key)));
    }

    /// Puts a config JSON in the place of all flags.
    ///
    /// ```
    /// use configcat_testkit::{TestFlags, config_json};
    ///
    /// let flags = TestFlags::new([("isOld", true)]);
    /// flags.set_config(&config_json([("isNew", true)]))?;
    /// assert_eq!(flags.client().get_all_keys(), ["isNew"]);
    /// # Ok::<(), configcat::config::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It is no config JSON; the flags stay then.
    ///
    /// # Panics
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn set_config(&self, json: &str) -> Result<(), ParseError> {
        let config = Config::parse(json)?;
        self.change(|state| {
            state.config = config;
            state.values.clear();
        });
        Ok(())
    }

    /// Makes a change, and waits until the client's thread has come back from publishing it.
    #[track_caller]
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.shared.lock();
        change(&mut state);
        state.changes += 1;
        let number = state.changes;
        state.alarms.drain(..).for_each(|alarm| alarm.ring());
        if state.thread == Some(thread::current().id()) {
            return; // a callback of the client made it: its thread goes on when that has returned
        }
        let is_awaited = |state: &mut State| state.published < number;
        let wait = self.shared.published.wait_timeout_while(state, PATIENCE, is_awaited);
        let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!timed_out, "the client does not take flags: it is closed, or a callback of it hangs");
    }
}

impl Default for TestFlags {
    /// A client that has no flags yet.
    fn default() -> Self {
        Self::start(no_flags(), BTreeMap::new())
    }
}

impl fmt::Debug for TestFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestFlags").field("values", &self.shared.lock().values).finish_non_exhaustive()
    }
}

fn no_flags() -> Config {
    Config::from_values::<&str>([])
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Source(Arc<Shared>);

impl OverrideSource for Source {
    fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
        let mut state = self.0.lock();
        if state.loaded == state.changes {
            return Ok(None);
        }
        state.loaded = state.changes;
        let values = state.values.iter().map(|(key, value)| (key.as_str(), value.clone()));
        Ok(Some(Arc::new(state.config.merge(&Config::from_values(values)))))
    }

    fn reloads(&self) -> bool {
        true
    }
}

/// The time of the system, but for the timer of the client's thread: it rings when flags were set.
struct Wakeable {
    start: Instant,
    shared: Arc<Shared>,
}

impl Clock for Wakeable {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// The thread sets a timer when all is done for the changes that it has loaded, to wait for
    /// more.
    fn timer(&self, _: Duration) -> Timer {
        let (alarm, timer) = Timer::with_alarm();
        let mut state = self.shared.lock();
        state.thread = Some(thread::current().id());
        if state.loaded < state.changes {
            alarm.ring();
        } else {
            state.published = state.loaded;
        }
        state.alarms.push(alarm);
        drop(state);
        self.shared.published.notify_all();
        timer
    }
}
