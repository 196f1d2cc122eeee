//! Evaluating on one state: what client and snapshot share. No lock, no cache, no I/O.

pub(crate) mod all_values;
pub(crate) mod details;
pub(crate) mod flag;
pub(crate) mod flag_cache;
pub(crate) mod snapshot;
mod telemetry;

use std::sync::Arc;

use configcat_eval::{Config, ErrorKind, Evaluation, EvaluationError, SettingType, Trace, User, Value};
use log::Level;

use crate::{
    AllValues, EvaluationDetails, EvaluationFailure, EvaluationFailureKind, EvaluationReason, Flag,
    FlagValue, MatchedOption, MatchedRule,
    client::inner::Shared,
    evaluate::flag_cache::CachedLookup,
    notify::{event::Event, logging},
    refresh::store::State,
    sync::reentrancy::{self, Activity},
};

/// A state, and the client whose hooks and log observe evaluations on it.
pub(crate) struct View<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) state: &'s State,
}

/// What an evaluation came to.
type Outcome<'s> = Result<Evaluation<'s>, Failure>;

/// Why there is no value of the config.
enum Failure {
    NoConfig,
    Evaluation(EvaluationError),
    TypeMismatch { setting: SettingType, warnings_id: u32 },
}

impl Failure {
    fn kind(&self) -> EvaluationFailureKind {
        match self {
            Self::NoConfig => EvaluationFailureKind::ConfigMissing,
            Self::Evaluation(error) if matches!(error.kind(), ErrorKind::SettingNotFound { .. }) => {
                EvaluationFailureKind::KeyMissing
            }
            Self::Evaluation(_) => EvaluationFailureKind::InvalidConfig,
            Self::TypeMismatch { .. } => EvaluationFailureKind::TypeMismatch,
        }
    }
}

impl<'s> View<'s> {
    #[inline(always)]
    pub(crate) fn value<T: FlagValue>(&self, key: &str, default: T, user: Option<&User>) -> T::Output {
        let user = self.shared.user_or_default(user);
        let Some(config) = &self.state.config else {
            return self.value_with_observers(key, default, user.get(), Err(Failure::NoConfig));
        };
        let result = config.evaluate(key, user.get());
        if let Some(value) = self.plain_value::<T>(&result) {
            return value;
        }
        self.value_with_observers(key, default, user.get(), result.map_err(Failure::Evaluation))
    }

    /// Returns the value of a typed flag, which remembers its place in the config.
    #[inline(always)]
    pub(crate) fn flag<T: FlagValue + Clone>(&self, flag: &Flag<T>, user: Option<&User>) -> T::Output {
        let user = self.shared.user_or_default(user);
        let Some(config) = &self.state.config else {
            return self.flag_with_observers(flag, user.get(), Err(Failure::NoConfig));
        };
        let evaluation = match flag.cache.get(self.state.generation) {
            Some(CachedLookup::Slot(position)) => config.evaluate_at(position as usize, user.get()),
            // A constant is taken from the cache before the state is loaded. Here it is a hook or a log
            // that wants the evaluation, or a snapshot.
            Some(CachedLookup::Constant(_)) | None => self.look_up(config, flag, user.get()),
        };
        let result = evaluation.unwrap_or_else(|| config.evaluate(flag.key(), user.get()));
        if let Some(value) = self.plain_value::<T>(&result) {
            return value;
        }
        self.flag_with_observers(flag, user.get(), result.map_err(Failure::Evaluation))
    }

    fn evaluate(&self, key: &str, user: Option<&User>) -> Outcome<'s> {
        let config = self.state.config.as_ref().ok_or(Failure::NoConfig)?;
        config.evaluate(key, user).map_err(Failure::Evaluation)
    }

    /// Evaluates a flag, and remembers where it is in the config.
    #[cold]
    fn look_up<T>(
        &self,
        config: &'s Config,
        flag: &Flag<T>,
        user: Option<&User>,
    ) -> Option<Result<Evaluation<'s>, EvaluationError>> {
        let position = config.position(flag.key())?;
        let evaluation = config.evaluate_at(position, user)?;
        let constant = evaluation.as_ref().ok().filter(|evaluation| evaluation.is_constant());
        let lookup = match constant.and_then(|evaluation| evaluation.value().as_bool()) {
            Some(value) => Some(CachedLookup::Constant(value)),
            None => u32::try_from(position).ok().map(CachedLookup::Slot),
        };
        if let Some(lookup) = lookup {
            flag.cache.set(self.state.generation, lookup);
        }
        Some(evaluation)
    }

    /// Returns the value where there is nothing to log and no hook to call.
    #[inline(always)]
    fn plain_value<T: FlagValue>(
        &self,
        result: &Result<Evaluation<'s>, EvaluationError>,
    ) -> Option<T::Output> {
        match result {
            Ok(evaluation) if !evaluation.has_warnings() && !self.shared.has_observers() => {
                T::read(evaluation)
            }
            _ => None,
        }
    }

    #[cold]
    fn flag_with_observers<T: FlagValue + Clone>(
        &self,
        flag: &Flag<T>,
        user: Option<&User>,
        outcome: Outcome<'s>,
    ) -> T::Output {
        self.value_with_observers(flag.key(), flag.default_value().clone(), user, outcome)
    }

    /// Returns the value where hooks or a log are to learn of the evaluation.
    #[cold]
    fn value_with_observers<T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        outcome: Outcome<'s>,
    ) -> T::Output {
        if self.shared.hooks.wants_evaluations() {
            return self.details_of_outcome(key, default, user, outcome).value;
        }
        match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, &evaluation);
                value
            }
            Err(failure) => {
                let _ = self.log_failure(key, user, &failure, &default.to_value());
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
        let user = self.shared.user_or_default(user);
        self.details_of_outcome(key, default, user.get(), self.evaluate(key, user.get()))
    }

    fn details_of_outcome<T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        outcome: Outcome<'s>,
    ) -> EvaluationDetails<T::Output> {
        let (details, value) = match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, &evaluation);
                (self.details(key, user, &evaluation), value)
            }
            Err(failure) => {
                let default_value = default.to_value();
                let message = self.log_failure(key, user, &failure, &default_value).to_string();
                (self.default_details(key, user, &failure, message, default_value), default.into_output())
            }
        };
        self.shared.hooks.flag_evaluated(&details);
        details.map(|_| value)
    }

    /// Returns all settings that can be evaluated.
    pub(crate) fn all_details(&self, user: Option<&User>) -> Vec<EvaluationDetails<Value>> {
        let Some(config) = self.config_or_log("an empty list") else { return Vec::new() };
        let user = self.shared.user_or_default(user);
        let user = user.get();
        let evaluated = config.evaluate_all(user).filter_map(|(key, result)| match result {
            Ok(evaluation) => {
                self.log_evaluation(key, user, &evaluation);
                Some(self.details(key, user, &evaluation))
            }
            Err(error) => {
                self.log_error(key, &error);
                None
            }
        });
        evaluated.inspect(|details| self.shared.hooks.flag_evaluated(details)).collect()
    }

    /// Returns the values of all settings that can be evaluated.
    pub(crate) fn all_values(&self, user: Option<&User>) -> AllValues {
        let Some(config) = self.config_or_log("an empty list") else { return AllValues::default() };
        let user = self.shared.user_or_default(user);
        let user = user.get();
        let has_observers = self.shared.has_observers();
        let value = |(key, result): (&str, Result<Evaluation<'_>, EvaluationError>)| match result {
            Ok(evaluation) => {
                if has_observers || evaluation.has_warnings() {
                    self.notify_evaluation(key, user, &evaluation);
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

    /// Logs an evaluation and calls the hooks.
    #[cold]
    fn notify_evaluation(&self, key: &str, user: Option<&User>, evaluation: &Evaluation<'_>) {
        self.log_evaluation(key, user, evaluation);
        if self.shared.hooks.wants_evaluations() {
            self.shared.hooks.flag_evaluated(&self.details(key, user, evaluation));
        }
    }

    #[cold]
    fn log_error(&self, key: &str, error: &EvaluationError) {
        self.log_once(&Event::EvaluationFailed { key, default: None, error });
    }

    pub(crate) fn all_keys(&self) -> Vec<String> {
        let config = self.config_or_log("an empty list");
        config.map(|config| config.keys().map(str::to_owned).collect()).unwrap_or_default()
    }

    pub(crate) fn key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        let config = self.config_or_log("nothing")?;
        let found = config.key_and_value(variation_id).map(|(key, value)| (key.to_owned(), value.clone()));
        if found.is_none() {
            self.log_once(&Event::VariationMissing { variation_id });
        }
        found
    }

    pub(crate) fn explain(&self, key: &str, user: Option<&User>) -> Option<Trace> {
        let user = self.shared.user_or_default(user);
        Some(self.state.config.as_ref()?.explain(key, user.get()))
    }

    fn config_or_log(&self, returned: &'static str) -> Option<&'s Arc<Config>> {
        if self.state.config.is_none() {
            self.log_once(&Event::ConfigMissingForAll { returned });
        }
        self.state.config.as_ref()
    }

    fn log_evaluation(&self, key: &str, user: Option<&User>, evaluation: &Evaluation<'_>) {
        self.log_observed(key, user, evaluation.warnings_id(), None);
    }

    /// Writes the evaluation log if it is on, and else the warnings, once for each config. `returned` is
    /// what the caller gets instead of the value.
    fn log_observed(&self, key: &str, user: Option<&User>, warnings_id: u32, returned: Option<&Value>) {
        if logging::is_enabled(Level::Info) {
            self.log_trace(key, user, returned);
        } else if warnings_id != 0 && logging::is_enabled(Level::Warn) {
            if let Some(left_out) = self.admit(("warnings", key, warnings_id)) {
                self.log_warnings(key, user, left_out);
            }
        }
    }

    /// Writes the warnings and the evaluation log.
    fn log_trace(&self, key: &str, user: Option<&User>, returned: Option<&Value>) {
        let Some(config) = &self.state.config else { return };
        let mut trace = config.explain(key, user);
        trace.warnings().iter().for_each(|warning| self.shared.hooks.log(&Event::Evaluation(warning)));
        if let Some(returned) = returned {
            trace = trace.returning(returned.clone());
        }
        self.shared.hooks.log(&Event::Evaluated(&trace));
    }

    fn log_warnings(&self, key: &str, user: Option<&User>, left_out: u64) {
        let Some(config) = &self.state.config else { return };
        let trace = config.explain(key, user);
        for (index, warning) in trace.warnings().iter().enumerate() {
            let left_out = if index == 0 { left_out } else { 0 };
            self.shared.hooks.log_after(&Event::Evaluation(warning), left_out);
        }
    }

    /// Logs why the default is returned, once for each config, and returns the event.
    #[cold]
    fn log_failure<'e>(
        &'e self,
        key: &'e str,
        user: Option<&User>,
        failure: &'e Failure,
        default: &'e Value,
    ) -> Event<'e> {
        let event = match failure {
            Failure::NoConfig => Event::ConfigMissing { key, default },
            Failure::TypeMismatch { setting, warnings_id } => {
                self.log_observed(key, user, *warnings_id, Some(default));
                Event::TypeMismatch { key, default, setting: *setting }
            }
            Failure::Evaluation(error) if failure.kind() == EvaluationFailureKind::InvalidConfig => {
                // Whether there were warnings before the error is unknown: the trace says.
                self.log_observed(key, user, u32::MAX, Some(default));
                Event::EvaluationFailed { key, default: Some(default), error }
            }
            Failure::Evaluation(_) => {
                Event::KeyMissing { key, default, config: self.state.config.as_deref() }
            }
        };
        self.log_once(&event);
        event
    }

    /// Logs an event of which each evaluation causes one, once until the config changes. Where the
    /// evaluation log is on, each failed evaluation is logged.
    fn log_once(&self, event: &Event<'_>) {
        let is_wanted = self.shared.hooks.wants_errors() || logging::is_enabled(Level::Error);
        // A logger that evaluates must not use up the one record of the application's own evaluations.
        if !is_wanted || reentrancy::is_active(Activity::Logging) {
            return;
        }
        let is_always = matches!(event, Event::EvaluationFailed { .. }) && logging::is_enabled(Level::Info);
        let left_out = if is_always { Some(0) } else { self.admit((event.id(), event.cause())) };
        if let Some(left_out) = left_out {
            self.shared.hooks.log_after(event, left_out);
        }
    }

    /// See [`Repeats::admit`](crate::notify::repeats::Repeats::admit).
    fn admit(&self, cause: impl std::hash::Hash) -> Option<u64> {
        self.shared.inner().repeats.admit(self.state.generation, cause)
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
}

/// Reads the value of an evaluation as the type that the caller wants.
fn read<T: FlagValue>(outcome: Outcome<'_>) -> Result<(T::Output, Evaluation<'_>), Failure> {
    let evaluation = outcome?;
    match T::read(&evaluation) {
        Some(value) => Ok((value, evaluation)),
        None => Err(Failure::TypeMismatch {
            setting: evaluation.value().setting_type(),
            warnings_id: evaluation.warnings_id(),
        }),
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
