//! A client with flags that a test sets.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{
    Client, Config, OverrideBehavior, OverrideSource, User, Value,
    cache::BoxError,
    config::ParseError,
    time::{Alarm, Clock, Timer},
};

use serde_json::Value as Json;

use crate::{
    PATIENCE,
    user_values::{UserValues, user_document},
};

/// A client whose flags a test sets, before and during its run.
///
/// The client has only these flags: no network, no cache. When [`set`](Self::set),
/// [`unset`](Self::unset) or [`set_config`](Self::set_config) return, all clones of the client have
/// the change, and its [`on_config_changed`](configcat::Hooks::on_config_changed) callbacks have
/// run, on the thread of the client.
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
    /// The config JSON of `config`; null without one.
    document: Json,
    values: BTreeMap<String, Value>,
    user_values: UserValues,
    /// The number of the last change, of the last one that the client has loaded, and of the last
    /// one that its callers see.
    changes: usize,
    loaded: usize,
    published: usize,
    /// The pending timers of the client's thread. Ringing one wakes the thread.
    alarms: Vec<Alarm>,
    thread: Option<ThreadId>,
}

impl TestFlags {
    /// Creates a client with these flags, each with the same value for all users.
    ///
    /// A whole number can be evaluated as int and as double.
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
        Self::start(no_flags(), Json::Null, values)
    }

    /// Creates a client with the flags and rules of a config JSON.
    ///
    /// # Errors
    ///
    /// The text is no config JSON. A malformed setting is no error here: evaluating it fails.
    ///
    /// # Panics
    ///
    /// If the system would not start a thread.
    #[track_caller]
    pub fn from_config(json: &str) -> Result<Self, ParseError> {
        Ok(Self::start(Config::parse(json)?, document(json), BTreeMap::new()))
    }

    #[track_caller]
    #[expect(clippy::expect_used, reason = "without a client the test has to fail, at its own line")]
    fn start(config: Config, document: Json, values: BTreeMap<String, Value>) -> Self {
        let state = State {
            config,
            document,
            values,
            user_values: UserValues::new(),
            // `build()` loads the first change itself, on this thread, so it counts as published.
            changes: 1,
            loaded: 0,
            published: 1,
            alarms: Vec::new(),
            thread: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), published: Condvar::new() });
        let client = Client::builder("test")
            .overrides(OverrideBehavior::LocalOnly, Source(Arc::clone(&shared)))
            .clock(Arc::new(Wakeable { start: Instant::now(), shared: Arc::clone(&shared) }))
            .build()
            .expect("the system has a thread for a client with local flags");
        Self { client, shared }
    }

    /// Returns the client. Clone it for the code under test.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Gives a flag this value for all users, in place of an earlier value or of its rules; values
    /// of [`set_for`](Self::set_for) stay.
    ///
    /// # Panics
    ///
    /// If the client does not load the change within 30 s: it is closed, or one of its callbacks
    /// hangs.
    #[track_caller]
    pub fn set(&self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        self.change(|state| drop(state.values.insert(key, value)));
    }

    /// Gives a flag this value for one user, found by its identifier. Other users keep the value
    /// of [`set`](Self::set) or the rules of the config JSON; if the flag has neither, they get the
    /// default of the caller.
    ///
    /// The value must have the type of the flag, and a whole number is then no double. Rules of a
    /// config JSON of version 4 or 5 are not kept.
    ///
    /// ```
    /// use configcat::User;
    /// use configcat_testkit::TestFlags;
    ///
    /// let flags = TestFlags::new([("isBeta", false)]);
    /// let jane = User::new("jane");
    /// flags.set_for(&jane, "isBeta", true);
    /// assert!(flags.client().get_value("isBeta", false, &jane));
    /// assert!(!flags.client().get_value("isBeta", false, &User::new("joe")));
    /// ```
    ///
    /// # Panics
    ///
    /// If the identifier is empty, which targeting rules treat as missing. Otherwise as
    /// [`set`](Self::set).
    #[track_caller]
    pub fn set_for(&self, user: &User, key: impl Into<String>, value: impl Into<Value>) {
        let identifier = user.get(User::IDENTIFIER).map(ToString::to_string).unwrap_or_default();
        assert!(!identifier.is_empty(), "the user has an empty identifier");
        let (key, value) = (key.into(), value.into());
        self.change(|state| drop(state.user_values.entry(key).or_default().insert(identifier, value)));
    }

    /// Undoes [`set`](Self::set) and [`set_for`](Self::set_for): the flag is again as in the config
    /// JSON, or does not exist if there is no config JSON with it.
    ///
    /// # Panics
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn unset(&self, key: &str) {
        self.change(|state| {
            state.values.remove(key);
            state.user_values.remove(key);
        });
    }

    /// Replaces all flags by those of a config JSON.
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
    /// The text is no config JSON. The flags stay as they are.
    ///
    /// # Panics
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn set_config(&self, json: &str) -> Result<(), ParseError> {
        let config = Config::parse(json)?;
        self.change(|state| {
            state.config = config;
            state.document = document(json);
            state.values.clear();
            state.user_values.clear();
        });
        Ok(())
    }

    /// Makes a change, and waits until the client's thread has published it and run the callbacks.
    #[track_caller]
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.shared.lock();
        change(&mut state);
        state.changes += 1;
        let number = state.changes;
        state.alarms.drain(..).for_each(|alarm| alarm.ring());
        if state.thread == Some(thread::current().id()) {
            // Called by a callback: the thread would wait for itself. It loads the change when the
            // callback returns.
            return;
        }
        let is_awaited = |state: &mut State| state.published < number;
        let wait = self.shared.published.wait_timeout_while(state, PATIENCE, is_awaited);
        let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!timed_out, "the client does not load flags: it is closed, or one of its callbacks hangs");
    }
}

impl Default for TestFlags {
    /// Creates a client without flags.
    fn default() -> Self {
        Self::start(no_flags(), Json::Null, BTreeMap::new())
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

/// Returns a config JSON that was parsed before, as data.
fn document(json: &str) -> Json {
    // A byte order mark is all that `Config::parse` accepts and `serde_json` does not.
    serde_json::from_str(json.trim_start_matches('\u{feff}')).unwrap_or_default()
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change under the lock is complete, so a poisoned mutex is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Source(Arc<Shared>);

impl OverrideSource for Source {
    fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
        let mut state = self.0.lock();
        // Without this, each wake-up would count as a change and run the callbacks.
        if state.loaded == state.changes {
            return Ok(None);
        }
        state.loaded = state.changes;
        let values = state.values.iter().map(|(key, value)| (key.as_str(), value.clone()));
        let config = state.config.merge(&Config::from_values(values));
        if state.user_values.is_empty() {
            return Ok(Some(Arc::new(config)));
        }
        let of_users = user_document(&state.document, &state.values, &state.user_values);
        Ok(Some(Arc::new(config.merge(&Config::parse(of_users.to_string())?))))
    }

    fn reloads(&self) -> bool {
        true
    }
}

/// The clock of the system, except for timers: they ring when a flag is set, so no test waits for a
/// reload interval.
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

    /// Marks the loaded changes as published: the thread sets a timer only after it has published
    /// them and run the callbacks.
    fn timer(&self, _: Duration) -> Timer {
        let (alarm, timer) = Timer::with_alarm();
        let mut state = self.shared.lock();
        state.thread = Some(thread::current().id());
        if state.loaded < state.changes {
            // A change came after the load: its alarm had nothing to ring yet.
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
