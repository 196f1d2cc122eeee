//! Evaluations on one state, for clients and snapshots: no cache, no I/O, and a lock only for a
//! failure or a warning, which is logged once.
//!
//! Each call evaluates once. If no hook and no evaluation log wants the evaluation, the silent
//! evaluator runs, and its value is returned from [`View::value`] or [`View::flag`]. Everything
//! else is in `observed`.

pub(crate) mod all_values;
mod checking;
pub(crate) mod details;
mod evaluation_log;
pub(crate) mod flag;
pub(crate) mod flag_cache;
pub(crate) mod flag_check;
pub(crate) mod flag_problem;
pub(crate) mod flag_value;
#[cfg(feature = "json")]
pub(crate) mod json;
pub(crate) mod missing_keys;
pub(crate) mod no_config;
mod observed;
mod outcome;
pub(crate) mod parsed_texts;
pub(crate) mod snapshot;
mod telemetry;
pub(crate) mod view;

use std::sync::{Arc, atomic::Ordering};

use configcat_eval::{Config, Evaluation, EvaluationError, Setting, Trace, User, Value};
use log::Level;

use crate::{
    client::inner::Shared,
    evaluate::{
        flag::Flag, flag_cache::CachedLookup, flag_value::FlagType, no_config::NoConfig, observed::Observers,
        outcome::Failure, view::View,
    },
    notify::{event::Event, logging},
};

impl<'s> View<'s> {
    /// Returns the value of a setting, or `default`.
    // `inline(always)` here, in `flag` and in their two helpers: the result of the evaluator then
    // stays in registers. As a call it goes through memory once for each evaluation.
    #[inline(always)]
    pub(crate) fn value<T: FlagType>(&self, key: &str, default: T, user: Option<&User>) -> T::Output {
        let Some(config) = self.config_if_unobserved(user) else {
            return self.observed_value(key, default, user);
        };
        match config.setting(key) {
            Some(setting) => self.value_of_silent(key, || default, user, setting.evaluate(user)),
            None => self.missing(config, key, default),
        }
    }

    /// Returns the value of a typed flag, and caches the place of the flag in the config.
    #[inline(always)]
    pub(crate) fn flag<T: FlagType + Clone>(&self, flag: &Flag<T>, user: Option<&User>) -> T::Output {
        let Some(config) = self.config_if_unobserved(user) else {
            return self.observed_value(flag.key(), flag.default_value().clone(), user);
        };
        let setting = match flag.cache.get(self.state.generation) {
            Some(CachedLookup::Slot(index)) => config.setting_at(index as usize),
            // A client returns a cached constant before it loads the state. This is a snapshot.
            Some(CachedLookup::Constant(value)) => match T::from_bool(value) {
                Some(value) => return value,
                None => config.setting(flag.key()),
            },
            Some(CachedLookup::Missing) => None,
            // Another client with a later config has used the flag.
            None if flag.cache.is_later_than(self.state.generation) => {
                let found = self.state.places.find(config, flag.key());
                found.or_else(|| self.look_up_place(config, flag.key()))
            }
            None => self.look_up(config, flag),
        };
        let default = || flag.default_value().clone();
        match setting {
            Some(setting) => self.value_of_silent(flag.key(), default, user, setting.evaluate(user)),
            None => self.missing(config, flag.key(), default()),
        }
    }

    /// Returns the default for a key that the config does not have. The event is made only if it
    /// may be reported, since programs ask for deleted flags for years.
    // Not inlined, so that this code stays away from the path of settings that are there.
    #[cold]
    #[inline(never)]
    fn missing<T: FlagType>(&self, config: &Config, key: &str, default: T) -> T::Output {
        if self.wants_errors() {
            self.log_once(&Event::KeyMissing { key, default: &default.to_value(), config: Some(config) });
        }
        default.into_output()
    }

    /// Returns the config if the evaluation needs nothing else: no hook and no evaluation log may
    /// want it, and no default user applies.
    #[inline(always)]
    fn config_if_unobserved(&self, user: Option<&User>) -> Option<&'s Config> {
        let Shared { hooks, has_default_user, .. } = self.shared;
        let needs_default_user = user.is_none() && has_default_user.load(Ordering::Acquire);
        if hooks.wants_evaluations() || logging::is_possible(Level::Info) || needs_default_user {
            return None;
        }
        self.state.config.as_deref()
    }

    /// Returns the value of a silent evaluation. It is reported only if it failed or has warnings.
    #[inline(always)]
    fn value_of_silent<T: FlagType>(
        &self,
        key: &str,
        default: impl FnOnce() -> T,
        user: Option<&User>,
        result: Result<Evaluation<'s>, EvaluationError>,
    ) -> T::Output {
        if let Ok(evaluation) = &result {
            if !evaluation.has_warnings() {
                if let Some(value) = T::read(evaluation, &self.state.texts) {
                    return value;
                }
            }
        }
        self.value_of(key, default(), user, result.map_err(Failure::Evaluation), Observers::NONE)
    }

    /// Looks up a flag in the config, and caches its place.
    // `#[cold]`: with one client a typed flag comes here once for each config.
    #[cold]
    fn look_up<T>(&self, config: &'s Config, flag: &Flag<T>) -> Option<Setting<'s>> {
        let Some(setting) = config.setting(flag.key()) else {
            flag.cache.set(self.state.generation, CachedLookup::Missing);
            return None;
        };
        // Only a value that no user and no condition can change may be cached.
        let constant = if setting.has_targeting() { None } else { setting.evaluate(None).ok() };
        let lookup = match constant.and_then(|evaluation| evaluation.value().as_bool()) {
            Some(value) => Some(CachedLookup::Constant(value)),
            None => u32::try_from(setting.index()).ok().map(CachedLookup::Slot),
        };
        if let Some(lookup) = lookup {
            flag.cache.set(self.state.generation, lookup);
        }
        Some(setting)
    }

    /// Looks up a key in the config, and stores its place there.
    #[cold]
    fn look_up_place(&self, config: &'s Config, key: &'static str) -> Option<Setting<'s>> {
        let setting = config.setting(key)?;
        self.state.places.set(key, setting);
        Some(setting)
    }

    /// Returns the keys of all settings, in the order of the config.
    pub(crate) fn all_keys(&self) -> Vec<String> {
        let config = self.config_or_log("an empty list");
        config.map(|config| config.keys().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Returns the key and the value of a variation id.
    pub(crate) fn key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        let config = self.config_or_log("nothing")?;
        let found = config.key_and_value(variation_id).map(|(key, value)| (key.to_owned(), value.clone()));
        if found.is_none() {
            self.log_once(&Event::VariationMissing { variation_id });
        }
        found
    }

    /// Returns the trace of an evaluation. Nothing is logged.
    pub(crate) fn explain(&self, key: &str, user: Option<&User>) -> Option<Trace> {
        let user = self.shared.user_or_default(user);
        Some(self.state.config.as_ref()?.explain(key, user.get()))
    }

    /// Returns the config. Without one, logs what the caller returns instead.
    fn config_or_log(&self, returned: &'static str) -> Option<&'s Arc<Config>> {
        if self.state.config.is_none() {
            let reason = &NoConfig::of(self.shared);
            self.log_once(&Event::ConfigMissingForAll { returned, reason });
        }
        self.state.config.as_ref()
    }
}

/// Unit tests, because the integration tests have a logger, which wants each evaluation.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use allocation_counter::measure;
    use configcat_eval::{Config, User};

    use crate::{
        client::Client,
        evaluate::flag::Flag,
        overrides::{OverrideBehavior, OverrideSource},
        polling::PollingMode,
    };
    use configcat_cache::BoxError;

    struct Document(Arc<Config>);

    impl OverrideSource for Document {
        fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
            Ok(Some(self.0.clone()))
        }
    }

    fn on_document(json: &str) -> Client {
        let document = Document(Arc::new(Config::parse(json).unwrap()));
        Client::builder("local").overrides(OverrideBehavior::LocalOnly, document).build().unwrap()
    }

    #[test]
    fn evaluating_allocates_nothing() {
        static IS_NEW: Flag<bool> = Flag::new("isNew", false);
        static TARGETED: Flag<bool> = Flag::new("targeted", false);
        static LIMIT: Flag<u8> = Flag::new("limit", 0);
        let client = on_document(
            r#"{"p": {"s": "salt"}, "f": {"isNew": {"t": 0, "v": {"b": true}}, "limit": {"t": 2, "v": {"i": 7}},
                "share": {"t": 3, "v": {"d": 0.5}}, "title": {"t": 1, "v": {"s": "Hello"}},
                "targeted": {"t": 0, "v": {"b": false},
                    "r": [{"c": [{"u": {"a": "Email", "c": 32, "l": ["@b.c"]}}], "s": {"v": {"b": true}}}]},
                "rollout": {"t": 0, "v": {"b": false}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]}}}"#,
        );
        let user = User::new("u").email("a@b.c");
        let evaluate = || {
            assert!(client.get_value("isNew", false, None) && client.get(&IS_NEW, &user));
            assert!(client.get_value("targeted", false, &user) && client.get(&TARGETED, &user));
            assert_eq!(
                (client.get_value("limit", 0, &user), client.get_value("share", 0.0, &user)),
                (7, 0.5)
            );
            client.get_value("rollout", false, &user);
            assert_eq!(client.get(&LIMIT, &user), 7);
        };
        // The first load of a state on a thread allocates the thread's slot of `ArcSwap`.
        evaluate();
        assert_eq!(measure(evaluate).count_total, 0);
        let default: Arc<str> = Arc::from("");
        let allocations =
            measure(|| assert_eq!(&*client.get_value("title", default.clone(), &user), "Hello"));
        assert_eq!(allocations.count_total, 0);
        let snapshot = client.snapshot();
        let allocations = measure(|| assert!(snapshot.get_value("targeted", false, &user)));
        assert_eq!(allocations.count_total, 0);
    }

    /// The search for a similar key, and the reason for a missing config, are for messages only.
    #[test]
    fn failures_that_nobody_sees_are_not_explained() {
        let client = on_document(r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}}}"#);
        client.get_value("isNwe", false, None);
        let missing_key = measure(|| assert!(!client.get_value("isNwe", false, None)));
        assert_eq!(missing_key.count_total, 0);
        let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012");
        let empty = builder.polling_mode(PollingMode::manual()).offline(true).build().unwrap();
        empty.get_value("isNew", false, None);
        assert_eq!(measure(|| assert!(!empty.get_value("isNew", false, None))).count_total, 0);
    }
}
