//! Evaluating on one state: what client and snapshot share. No lock, no cache, no I/O.

pub(crate) mod all_values;
pub(crate) mod details;
pub(crate) mod flag;
pub(crate) mod flag_cache;
pub(crate) mod snapshot;
mod telemetry;

use std::sync::Arc;

use configcat_eval::{Config, ErrorKind, Evaluation, EvaluationError, Trace, User, Value};
use log::Level;

use crate::{
    AllValues, EvaluationDetails, EvaluationFailure, EvaluationFailureKind, EvaluationReason, Flag,
    FlagValue, MatchedOption, MatchedRule, client::inner::Core, evaluate::flag_cache::Remembered,
    notify::event::Event, notify::logging, refresh::store::State,
};

/// A state, and whom to tell of evaluations on it.
pub(crate) struct Scope<'s> {
    pub(crate) core: &'s Core,
    pub(crate) state: &'s State,
}

/// Why there is no value of the config.
enum Failure {
    NoConfig,
    Evaluation(EvaluationError),
    TypeMismatch(configcat_eval::SettingType),
}

impl Failure {
    fn kind(&self) -> EvaluationFailureKind {
        match self {
            Self::NoConfig => EvaluationFailureKind::ConfigMissing,
            Self::Evaluation(error) if matches!(error.kind(), ErrorKind::SettingNotFound { .. }) => {
                EvaluationFailureKind::KeyMissing
            }
            Self::Evaluation(_) => EvaluationFailureKind::InvalidConfig,
            Self::TypeMismatch(_) => EvaluationFailureKind::TypeMismatch,
        }
    }
}

impl<'s> Scope<'s> {
    #[inline(always)]
    pub(crate) fn value<T: FlagValue>(&self, key: &str, default: T, user: Option<&User>) -> T::Output {
        if let (Some(config), false) = (&self.state.config, self.core.is_watched()) {
            if let Ok(evaluation) = config.evaluate(key, user) {
                if let (Some(value), false) = (T::read(&evaluation), evaluation.has_warnings()) {
                    return value;
                }
            }
        }
        self.watched_value(key, default, user)
    }

    /// The value of a typed flag, which remembers its place in the config.
    #[inline(always)]
    pub(crate) fn flag<T: FlagValue + Clone>(&self, flag: &Flag<T>, user: Option<&User>) -> T::Output {
        if let (Some(config), false) = (&self.state.config, self.core.is_watched()) {
            let evaluation = match flag.memo.get(self.state.generation) {
                Some(Remembered::Answer(answer)) => match T::from_bool(answer) {
                    Some(value) => return value,
                    None => None,
                },
                Some(Remembered::Position(position)) => config.evaluate_at(position as usize, user),
                None => None,
            };
            let evaluation = evaluation.or_else(|| self.look_up(config, flag, user));
            if let Some(Ok(evaluation)) = evaluation {
                if let (Some(value), false) = (T::read(&evaluation), evaluation.has_warnings()) {
                    return value;
                }
            }
        }
        self.watched_value(flag.key(), flag.default_value().clone(), user)
    }

    /// Evaluates a flag that does not know its place in the config yet.
    #[cold]
    fn look_up<T>(
        &self,
        config: &'s Config,
        flag: &Flag<T>,
        user: Option<&User>,
    ) -> Option<Result<Evaluation<'s>, EvaluationError>> {
        let position = config.position(flag.key())?;
        let evaluation = config.evaluate_at(position, user)?;
        let answer = evaluation.as_ref().ok().filter(|evaluation| evaluation.is_constant());
        let remembered = match answer.and_then(|evaluation| evaluation.value().as_bool()) {
            Some(answer) => Some(Remembered::Answer(answer)),
            None => u32::try_from(position).ok().map(Remembered::Position),
        };
        if let Some(remembered) = remembered {
            flag.memo.set(self.state.generation, remembered);
        }
        Some(evaluation)
    }

    /// Evaluates where there is something to tell: to hooks, or to a log.
    #[cold]
    fn watched_value<T: FlagValue>(&self, key: &str, default: T, user: Option<&User>) -> T::Output {
        if self.core.hooks.wants_evaluations() {
            return self.value_details(key, default, user).value;
        }
        match self.evaluate::<T>(key, user) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.has_warnings(), None);
                value
            }
            Err(failure) => {
                self.log_failure(key, user, &failure, &default.to_value());
                default.into_output()
            }
        }
    }

    pub(crate) fn value_details<T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
    ) -> EvaluationDetails<T::Output> {
        let (details, value) = match self.evaluate::<T>(key, user) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.has_warnings(), None);
                (self.details(key, user, &evaluation), value)
            }
            Err(failure) => {
                let default_value = default.to_value();
                let message = self.log_failure(key, user, &failure, &default_value);
                (self.default_details(key, user, &failure, message, default_value), default.into_output())
            }
        };
        self.tell(&details);
        details.map(|_| value)
    }

    /// All settings that can be evaluated.
    pub(crate) fn all_details(&self, user: Option<&User>) -> Vec<EvaluationDetails<Value>> {
        let Some(config) = self.config_or_log("an empty list") else { return Vec::new() };
        let evaluated = config.evaluate_all(user).filter_map(|(key, result)| match result {
            Ok(evaluation) => {
                self.log_evaluation(key, user, evaluation.has_warnings(), None);
                Some(self.details(key, user, &evaluation))
            }
            Err(error) => {
                self.log_error(key, &error);
                None
            }
        });
        evaluated.inspect(|details| self.tell(details)).collect()
    }

    /// The values of all settings that can be evaluated.
    pub(crate) fn all_values(&self, user: Option<&User>) -> AllValues {
        let Some(config) = self.config_or_log("an empty list") else { return AllValues::default() };
        let is_watched = self.core.is_watched();
        let value = |(key, result): (&str, Result<Evaluation<'_>, EvaluationError>)| match result {
            Ok(evaluation) => {
                if is_watched || evaluation.has_warnings() {
                    self.tell_evaluation(key, user, &evaluation);
                }
                Some(evaluation.value().clone())
            }
            Err(error) => {
                self.log_error(key, &error);
                None
            }
        };
        AllValues::new(config.clone(), config.evaluate_all(user).map(value).collect())
    }

    /// Tells logs and hooks of an evaluation.
    #[cold]
    fn tell_evaluation(&self, key: &str, user: Option<&User>, evaluation: &Evaluation<'_>) {
        self.log_evaluation(key, user, evaluation.has_warnings(), None);
        if self.core.hooks.wants_evaluations() {
            self.tell(&self.details(key, user, evaluation));
        }
    }

    #[cold]
    fn log_error(&self, key: &str, error: &EvaluationError) {
        self.core.hooks.log(&Event::EvaluationFailed { key, default: None, error });
    }

    pub(crate) fn all_keys(&self) -> Vec<String> {
        let config = self.config_or_log("an empty list");
        config.map(|config| config.keys().map(str::to_owned).collect()).unwrap_or_default()
    }

    pub(crate) fn key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        let config = self.config_or_log("nothing")?;
        let found = config.key_and_value(variation_id).map(|(key, value)| (key.to_owned(), value.clone()));
        if found.is_none() {
            self.core.hooks.log(&Event::VariationMissing { variation_id });
        }
        found
    }

    pub(crate) fn explain(&self, key: &str, user: Option<&User>) -> Option<Trace> {
        Some(self.state.config.as_ref()?.explain(key, user))
    }

    fn evaluate<T: FlagValue>(
        &self,
        key: &str,
        user: Option<&User>,
    ) -> Result<(T::Output, Evaluation<'s>), Failure> {
        let config = self.state.config.as_ref().ok_or(Failure::NoConfig)?;
        let evaluation = config.evaluate(key, user).map_err(Failure::Evaluation)?;
        match T::read(&evaluation) {
            Some(value) => Ok((value, evaluation)),
            None => Err(Failure::TypeMismatch(evaluation.value().setting_type())),
        }
    }

    fn config_or_log(&self, returned: &'static str) -> Option<&'s Arc<Config>> {
        if self.state.config.is_none() {
            self.core.hooks.log(&Event::ConfigMissingForAll { returned });
        }
        self.state.config.as_ref()
    }

    /// Writes warnings and the evaluation log, if somebody reads them. `returned` is what is returned instead of
    /// the value.
    fn log_evaluation(&self, key: &str, user: Option<&User>, warned: bool, returned: Option<&Value>) {
        let wants_log = logging::is_enabled(Level::Info);
        let wants_warnings = warned && logging::is_enabled(Level::Warn);
        if !(wants_log || wants_warnings) {
            return;
        }
        let Some(mut trace) = self.explain(key, user) else { return };
        trace.warnings().iter().for_each(|warning| self.core.hooks.log(&Event::Evaluation(warning)));
        if wants_log {
            if let Some(returned) = returned {
                trace = trace.returning(returned.clone());
            }
            self.core.hooks.log(&Event::Evaluated(&trace));
        }
    }

    /// Logs why the default is returned; the logged text.
    #[cold]
    fn log_failure(&self, key: &str, user: Option<&User>, failure: &Failure, default: &Value) -> String {
        if matches!(
            failure.kind(),
            EvaluationFailureKind::InvalidConfig | EvaluationFailureKind::TypeMismatch
        ) {
            self.log_evaluation(key, user, true, Some(default));
        }
        let event = match failure {
            Failure::NoConfig => Event::ConfigMissing { key, default },
            Failure::TypeMismatch(setting) => Event::TypeMismatch { key, default, setting: *setting },
            Failure::Evaluation(error) if failure.kind() == EvaluationFailureKind::InvalidConfig => {
                Event::EvaluationFailed { key, default: Some(default), error }
            }
            Failure::Evaluation(_) => {
                let keys = self.state.config.iter().flat_map(|config| config.keys()).collect();
                let event = Event::KeyMissing { key, default, keys };
                if !self.core.is_first_miss(key) {
                    return event.to_string();
                }
                event
            }
        };
        self.core.hooks.log(&event);
        event.to_string()
    }

    fn details(
        &self,
        key: &str,
        user: Option<&User>,
        evaluation: &Evaluation<'_>,
    ) -> EvaluationDetails<Value> {
        let rule = evaluation.matched_rule().zip(evaluation.matched_rule_text());
        let option = evaluation.matched_option().zip(evaluation.matched_percentage());
        EvaluationDetails {
            key: key.to_owned(),
            value: evaluation.value().clone(),
            variation_id: evaluation.variation_id().map(str::to_owned),
            user: user.cloned(),
            is_default_value: false,
            reason: reason(evaluation),
            error: None,
            fetch_time: self.state.fetch_time(),
            matched_targeting_rule: rule.map(|(index, text)| MatchedRule { index, text }),
            matched_percentage_option: option.map(|(index, percentage)| MatchedOption { index, percentage }),
        }
    }

    fn default_details(
        &self,
        key: &str,
        user: Option<&User>,
        failure: &Failure,
        message: String,
        value: Value,
    ) -> EvaluationDetails<Value> {
        EvaluationDetails {
            key: key.to_owned(),
            value,
            variation_id: None,
            user: user.cloned(),
            is_default_value: true,
            reason: EvaluationReason::Error,
            error: Some(EvaluationFailure { kind: failure.kind(), message }),
            fetch_time: self.state.fetch_time(),
            matched_targeting_rule: None,
            matched_percentage_option: None,
        }
    }

    fn tell(&self, details: &EvaluationDetails<Value>) {
        self.core.hooks.flag_evaluated(details);
    }
}

fn reason(evaluation: &Evaluation<'_>) -> EvaluationReason {
    match (evaluation.matched_option(), evaluation.matched_rule()) {
        (Some(_), _) => EvaluationReason::Split,
        (None, Some(_)) => EvaluationReason::TargetingMatch,
        (None, None) if evaluation.is_constant() => EvaluationReason::Static,
        (None, None) => EvaluationReason::Default,
    }
}

/// Here rather than among the integration tests, which have a logger.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use allocation_counter::measure;
    use configcat_eval::{Config, User};

    use crate::{BoxError, Client, Flag, OverrideBehaviour, OverrideSource};

    struct Document(Arc<Config>);

    impl OverrideSource for Document {
        fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
            Ok(Some(self.0.clone()))
        }
    }

    fn on_document(json: &str) -> Client {
        let document = Document(Arc::new(Config::parse(json).unwrap()));
        Client::builder("local").overrides(OverrideBehaviour::LocalOnly, document).build().unwrap()
    }

    #[test]
    fn evaluating_allocates_nothing() {
        static IS_NEW: Flag<bool> = Flag::new("isNew", false);
        static TARGETED: Flag<bool> = Flag::new("targeted", false);
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
        };
        // A thread's first load of a config allocates what the thread keeps for further ones.
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
}
