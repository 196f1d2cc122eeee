//! What has changed in the config since the start, and news for the pages that are open.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use configcat::{
    Client, Config, Hooks,
    describe::{ServedDescription, SettingDescription},
};
use tokio::sync::watch;

/// How many changes are kept.
const MAX_ENTRIES: usize = 20;

/// How many differences of one config are listed. Pages repeat them, and a config may have
/// thousands.
const MAX_DIFFERENCES: usize = 50;

/// A log of config changes, in the order in which they were published. Written by threads that
/// fetch, read by handlers.
pub(crate) struct Changes {
    log: Mutex<Log>,
    /// Returns the config of this moment, once there is a client.
    current: OnceLock<Box<dyn Fn() -> Option<Arc<Config>> + Send + Sync>>,
    /// The version of the config, sent again whenever there is something new to show.
    news: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    config: Option<Arc<Config>>,
    entries: VecDeque<Entry>,
}

/// Another config came.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) time: SystemTime,
    /// What is different.
    pub(crate) changes: Vec<Change>,
}

/// One difference, of one flag or of the config as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) key: Option<String>,
    pub(crate) what: String,
}

impl Changes {
    pub(crate) fn new() -> Self {
        // Versions are times, so that a page of an earlier run does not take those of this one for
        // its own.
        let news = watch::Sender::new(nanoseconds(SystemTime::now()));
        Self { log: Mutex::default(), current: OnceLock::new(), news }
    }

    /// Listens to a client while it is built. The hooks run on its thread, and only note what is
    /// new.
    pub(crate) fn subscribe(self: &Arc<Self>, hooks: &Hooks) {
        let changes = Arc::clone(self);
        hooks.on_config_changed(move |config| changes.note(config, SystemTime::now()));
        let changes = Arc::clone(self);
        hooks.on_config_fetched(move |_| changes.news.send_modify(|_| ()));
    }

    /// From now on notes what is current in this client.
    pub(crate) fn follow(&self, client: Client) {
        self.set_current(move || client.try_snapshot()?.config().cloned());
    }

    fn set_current(&self, current: impl Fn() -> Option<Arc<Config>> + Send + Sync + 'static) {
        // The first client counts.
        let _ = self.current.set(Box::new(current));
    }

    /// Tells the version of the config at once, and then whenever there is something new to show.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        let mut news = self.news.subscribe();
        news.mark_changed();
        news
    }

    /// What tells this config from those before and after.
    pub(crate) fn version(&self) -> u64 {
        *self.news.borrow()
    }

    /// What has changed, the latest first.
    pub(crate) fn latest(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// Notes that a config was published.
    ///
    /// The hooks of two threads may come in another order than their configs did. So the config of
    /// this moment is noted, which only moves on, and which is read under the lock. A hook that
    /// comes late then finds its config, or one that came after it, noted already.
    fn note(&self, published: &Arc<Config>, time: SystemTime) {
        let mut log = self.lock();
        let config = self.current.get().and_then(|current| current());
        let config = config.unwrap_or_else(|| Arc::clone(published));
        if log.config.as_ref().is_some_and(|known| Arc::ptr_eq(known, &config)) {
            return;
        }
        let before = log.config.replace(Arc::clone(&config));
        let changes = before.map_or_else(|| first(&config), |before| differences(&before, &config));
        log.entries.push_front(Entry { time, changes });
        log.entries.truncate(MAX_ENTRIES);
        // Still locked, so that a page that has this version has this entry, and no later one
        // without its version.
        self.news.send_modify(|version| *version = nanoseconds(time).max(*version + 1));
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Every change leaves it whole.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX - 1)
}

fn first(config: &Config) -> Vec<Change> {
    Vec::from([Change { key: None, what: format!("the first config, with {} flags", config.keys().count()) }])
}

fn differences(before: &Config, after: &Config) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |key: &str, what: String| changes.push(Change { key: Some(key.to_owned()), what });
    for key in after.keys() {
        match (before.describe(key), after.describe(key)) {
            (Some(old), Some(new)) if old != new => note(key, difference(&old, &new)),
            (None, Some(_)) => note(key, "is new".to_owned()),
            _ => {}
        }
    }
    before.keys().filter(|key| after.setting(key).is_none()).for_each(|key| note(key, "is gone".to_owned()));
    if changes.len() > MAX_DIFFERENCES {
        let more = changes.len() - MAX_DIFFERENCES;
        changes.truncate(MAX_DIFFERENCES);
        changes.push(Change { key: None, what: format!("and {more} more") });
    }
    if changes.is_empty() {
        changes.push(Change { key: None, what: "a config that says the same".to_owned() });
    }
    changes
}

fn difference(old: &SettingDescription, new: &SettingDescription) -> String {
    let shown = |served: &ServedDescription| {
        served.value.as_ref().map_or_else(|| "an invalid value".to_owned(), ToString::to_string)
    };
    let mut what = Vec::new();
    if old.setting_type != new.setting_type {
        what.push("another type".to_owned());
    }
    if old.default != new.default {
        what.push(format!("for everybody else {} → {}", shown(&old.default), shown(&new.default)));
    }
    if old.rules != new.rules {
        what.push("other targeting rules".to_owned());
    }
    if (&old.options, &old.options_attribute) != (&new.options, &new.options_attribute) {
        what.push("other percentage options".to_owned());
    }
    what.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Changes, differences};
    use configcat::Config;
    use std::{
        sync::{Arc, Mutex},
        time::UNIX_EPOCH,
    };

    fn config(flags: &str) -> Config {
        Config::parse(format!(r#"{{"f": {{{flags}}}}}"#)).unwrap()
    }

    #[test]
    fn differences_are_told_by_flag() {
        let before = config(
            r#""same": {"t": 0, "v": {"b": true}}, "value": {"t": 2, "v": {"i": 1}}, "gone": {"t": 0, "v": {"b": true}},
               "rules": {"t": 1, "v": {"s": "a"}, "r": [{"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"s": "b"}}}]}"#,
        );
        let after = config(
            r#""new": {"t": 0, "v": {"b": true}}, "same": {"t": 0, "v": {"b": true}}, "value": {"t": 2, "v": {"i": 2}},
               "rules": {"t": 1, "v": {"s": "z"}, "p": [{"p": 100, "v": {"s": "b"}}]}"#,
        );
        let told: Vec<_> =
            differences(&before, &after).into_iter().map(|c| (c.key.unwrap(), c.what)).collect();
        let expected = [
            ("new", "is new"),
            ("value", "for everybody else 1 → 2"),
            ("rules", "for everybody else a → z, other targeting rules, other percentage options"),
            ("gone", "is gone"),
        ];
        assert_eq!(told, expected.map(|(key, what)| (key.to_owned(), what.to_owned())));
        let same = differences(&before, &before);
        assert_eq!((same.len(), same[0].key.as_ref()), (1, None));
    }

    #[test]
    fn of_many_differences_the_first_are_told() {
        let flags = |value: u8| -> String {
            let flag = |key: usize| format!(r#""f{key}": {{"t": 2, "v": {{"i": {value}}}}}"#);
            (0..100).map(flag).collect::<Vec<_>>().join(",")
        };
        let told = differences(&config(&flags(1)), &config(&flags(2)));
        assert_eq!((told.len(), &*told[50].what), (51, "and 50 more"));
    }

    fn versions(changes: &Changes) -> Vec<String> {
        changes.latest().into_iter().map(|entry| entry.changes[0].what.clone()).collect()
    }

    /// A config of which each differs from the one before.
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
        assert_eq!(versions(&changes), ["for everybody else 1 → 3", "the first config, with 1 flags"]);
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
        let second = changes.version();
        changes.note(&Arc::new(config("")), UNIX_EPOCH);
        assert!(first < second && second < changes.version());
        assert_eq!(changes.latest().len(), 2);
        assert!(changes.watch().has_changed().unwrap(), "the version is told at once");
    }
}
