//! A log of the config changes since the start, and notifications for open pages.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use configcat::{Client, Config, Hooks};
use flag_html::difference::{Change, differences, first};
use tokio::sync::watch;

/// The number of changes that are kept: about one screen.
const MAX_ENTRIES: usize = 20;

/// A log of config changes, in the order of their publication. Threads that fetch write it, and
/// handlers read it.
pub(crate) struct Changes {
    log: Mutex<Log>,
    /// Returns the current config. Set as soon as there is a client.
    current: OnceLock<Box<dyn Fn() -> Option<Arc<Config>> + Send + Sync>>,
    /// The version of the config. Sent again after each fetch, so that pages show the new time.
    news: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    config: Option<Arc<Config>>,
    entries: VecDeque<Entry>,
    last: Option<LastChange>,
}

/// The flags that a config has changed, compared with the one before.
#[derive(Debug, Clone)]
pub(crate) struct LastChange {
    pub(crate) time: SystemTime,
    /// The version of the config before.
    pub(crate) since: u64,
    pub(crate) keys: Arc<HashSet<String>>,
}

/// A change of the config.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) time: SystemTime,
    /// The differences.
    pub(crate) changes: Vec<Change>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        // Versions are times, so that a page that was opened in an earlier run of the server
        // notices the difference.
        let news = watch::Sender::new(nanoseconds(SystemTime::now()));
        Self { log: Mutex::default(), current: OnceLock::new(), news }
    }

    /// Subscribes to the hooks of a client while it is built. They run on a thread of the client,
    /// so they only store and notify.
    pub(crate) fn subscribe(self: &Arc<Self>, hooks: &Hooks) {
        let changes = Arc::clone(self);
        hooks.on_config_changed(move |config| changes.note(config, SystemTime::now()));
        let changes = Arc::clone(self);
        hooks.on_config_fetched(move |_| changes.news.send_modify(|_| ()));
    }

    /// Follows the current config of this client from now on.
    pub(crate) fn follow(&self, client: Client) {
        self.set_current(move || client.try_snapshot()?.config().cloned());
    }

    fn set_current(&self, current: impl Fn() -> Option<Arc<Config>> + Send + Sync + 'static) {
        // The first client counts.
        let _ = self.current.set(Box::new(current));
    }

    /// Returns a receiver that gets the version of the config at once, and again after each fetch
    /// and change.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        let mut news = self.news.subscribe();
        news.mark_changed();
        news
    }

    /// Returns the version of the config: a higher number for each change.
    pub(crate) fn version(&self) -> u64 {
        *self.news.borrow()
    }

    /// Returns the changes, the latest first.
    pub(crate) fn latest(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// Returns the flags that the last config has changed.
    pub(crate) fn last(&self) -> Option<LastChange> {
        self.lock().last.clone()
    }

    /// Adds a published config to the log.
    ///
    /// The hooks of two threads may run in another order than their configs were published in. So
    /// not the config of the hook is added, but the current one, read under the lock. A late hook
    /// then finds its config, or a later one, in the log already.
    fn note(&self, published: &Arc<Config>, time: SystemTime) {
        let mut log = self.lock();
        let config = self.current.get().and_then(|current| current());
        let config = config.unwrap_or_else(|| Arc::clone(published));
        if log.config.as_ref().is_some_and(|known| Arc::ptr_eq(known, &config)) {
            return;
        }
        let before = log.config.replace(Arc::clone(&config));
        let changes = match before {
            None => first(&config),
            Some(before) => {
                let keys = config.changes(&before).map(|change| change.key.to_owned()).collect();
                log.last = Some(LastChange { time, since: self.version(), keys: Arc::new(keys) });
                differences(&before, &config)
            }
        };
        log.entries.push_front(Entry { time, changes });
        log.entries.truncate(MAX_ENTRIES);
        // Under the lock, so that version and log always match: a page with this version has this
        // entry and no later one.
        self.news.send_modify(|version| *version = nanoseconds(time).max(*version + 1));
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Each change under the lock is complete, so a poisoned mutex is still consistent.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::Changes;
    use configcat::Config;
    use std::{
        sync::{Arc, Mutex},
        time::UNIX_EPOCH,
    };

    fn config(flags: &str) -> Config {
        Config::parse(format!(r#"{{"f": {{{flags}}}}}"#)).unwrap()
    }

    #[test]
    fn of_many_differences_the_first_are_told() {
        let flags = |value: u8| -> String {
            let flag = |key: usize| format!(r#""f{key}": {{"t": 2, "v": {{"i": {value}}}}}"#);
            (0..100).map(flag).collect::<Vec<_>>().join(",")
        };
        let changes = Changes::new();
        for value in [1, 2] {
            changes.note(&Arc::new(config(&flags(value))), UNIX_EPOCH);
        }
        let told = &changes.latest()[0].changes;
        assert_eq!((told.len(), &*told[50].what), (51, "and 50 more"));
        assert_eq!(changes.last().unwrap().keys.len(), 100, "the list marks all of them");
    }

    fn versions(changes: &Changes) -> Vec<String> {
        changes.latest().into_iter().map(|entry| entry.changes[0].what.clone()).collect()
    }

    /// Returns a config that is different for each number.
    fn numbered(number: usize) -> Arc<Config> {
        Arc::new(config(&format!(r#""number": {{"t": 2, "v": {{"i": {number}}}}}"#)))
    }

    #[test]
    fn a_hook_that_comes_late_changes_nothing() {
        let (changes, published) = (Changes::new(), Arc::new(Mutex::new(numbered(1))));
        let current = Arc::clone(&published);
        changes.set_current(move || Some(Arc::clone(&current.lock().unwrap())));
        let publish = |config: &Arc<Config>| *published.lock().unwrap() = Arc::clone(config);
        let note = |config| changes.note(config, UNIX_EPOCH);
        let [first, second, third] = [1, 2, 3].map(numbered);
        publish(&first);
        note(&first);
        publish(&second);
        publish(&third);
        note(&third);
        let version = changes.version();
        note(&second);
        assert_eq!(versions(&changes), ["for all other users 1 → 3", "the first config, with 1 flags"]);
        assert_eq!(changes.version(), version, "nothing is new");
    }

    #[test]
    fn what_many_threads_publish_is_told_in_order() {
        let (changes, published) = (Changes::new(), Arc::new(Mutex::new(0)));
        let configs: Arc<Vec<_>> = Arc::new((0..=100).map(numbered).collect());
        let (current, known) = (Arc::clone(&published), Arc::clone(&configs));
        changes.set_current(move || known.get(*current.lock().unwrap()).cloned());
        let publish_and_note = || {
            let number = {
                let mut number = published.lock().unwrap();
                *number += 1;
                *number
            };
            changes.note(&configs[number], UNIX_EPOCH);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| publish_and_note()));
            }
        });
        let told = versions(&changes);
        let number = |text: &str| text.trim().rsplit(' ').next().unwrap().parse::<usize>().unwrap();
        let steps: Vec<_> = told.iter().filter_map(|text| text.split_once('→')).collect();
        assert_eq!(number(steps[0].1), 100, "the last one comes last");
        assert!(steps.iter().all(|(from, to)| number(from) < number(to)), "{told:?}");
        assert!(steps.windows(2).all(|pair| number(pair[1].1) == number(pair[0].0)), "{told:?}");
    }

    #[test]
    fn each_config_has_another_version() {
        let changes = Changes::new();
        let first = changes.version();
        // The clock may stand still or go back.
        changes.note(&Arc::new(config("")), UNIX_EPOCH);
        assert!(changes.last().is_none(), "the first config is no change");
        let second = changes.version();
        changes.note(&Arc::new(config("")), UNIX_EPOCH);
        assert!(first < second && second < changes.version());
        assert_eq!(changes.latest().len(), 2);
        assert!(changes.watch().has_changed().unwrap(), "the version is told at once");
    }
}
