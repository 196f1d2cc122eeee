//! Observed evaluations: a hook, a log or a caller that asks for details wants more than the value.

use std::{any::type_name, cell::OnceCell, fmt};

use configcat_eval::{
    Config, ErrorKind, Evaluation, EvaluationError, Evaluations, SettingType, Trace, User, Value,
};
use log::Level;

use super::view::View;
use crate::{
    client::inner::Shared,
    evaluate::{
        all_values::AllValues,
        details::{
            EvaluationDetails, EvaluationFailure, EvaluationFailureKind, FailureMessage, MatchedOption,
            MatchedRule,
        },
        flag_value::FlagType,
        no_config::NoConfig,
    },
    notify::{event::Event, logging},
    sync::reentrancy::{self, Activity},
};

pub(super) type Outcome<'s> = Result<Evaluation<'s>, Failure<'s>>;

/// Observers of one evaluation. They are asked once: a logger runs code of the user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observers {
    hooks: bool,
    /// `true` if the evaluation log is on.
    log: bool,
}

impl Observers {
    pub(super) const NONE: Self = Self { hooks: false, log: false };

    fn of(shared: &Shared) -> Self {
        Self { hooks: shared.hooks.wants_evaluations(), log: logging::is_enabled(Level::Info) }
    }

    fn has_any(self) -> bool {
        self.hooks || self.log
    }
}

/// Reason for returning the default.
pub(super) enum Failure<'s> {
    NoConfig(NoConfig<'s>),
    Evaluation(EvaluationError),
    TypeMismatch {
        setting: SettingType,
        warnings_id: u32,
    },
    /// The setting has the right type, and a value that does not fit.
    Misfit {
        value: Value,
        wanted: &'static str,
        cause: String,
        warnings_id: u32,
    },
}

impl Failure<'_> {
    fn kind(&self) -> EvaluationFailureKind {
        match self {
            Self::NoConfig(_) => EvaluationFailureKind::ConfigMissing,
            Self::Evaluation(error) if matches!(error.kind(), ErrorKind::SettingNotFound { .. }) => {
                EvaluationFailureKind::KeyMissing
            }
            Self::Evaluation(_) => EvaluationFailureKind::InvalidConfig,
            Self::TypeMismatch { .. } | Self::Misfit { .. } => EvaluationFailureKind::TypeMismatch,
        }
    }
}

/// Evaluation log of one evaluation. Evaluates again, with a trace, when it is first printed: a
/// logger that drops the record then costs nothing more than the evaluation.
struct EvaluationLog<'a> {
    config: &'a Config,
    key: &'a str,
    user: Option<&'a User>,
    /// Value that the caller gets, if it is not that of the evaluation.
    returned: Option<&'a Value>,
    trace: OnceCell<Trace>,
}

impl EvaluationLog<'_> {
    fn trace(&self) -> &Trace {
        self.trace.get_or_init(|| {
            let trace = self.config.explain(self.key, self.user);
            match self.returned {
                Some(returned) => trace.returning(returned.clone()),
                None => trace,
            }
        })
    }
}

impl fmt::Display for EvaluationLog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trace().fmt(f)
    }
}

impl<'s> View<'s> {
    /// Returns the value of an evaluation that a hook or the log may observe, that has no config,
    /// or that is for the default user.
    // Not inlined, and most functions below `#[cold]`: keeps this code away from the silent path of
    // each evaluation. Not cold, since a program may rely on its default user.
    #[inline(never)]
    pub(super) fn observed_value<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
    ) -> T::Output {
        let user = self.shared.user_or_default(user);
        let user = user.get();
        let observers = Observers::of(self.shared);
        match &self.state.config {
            Some(config) if !observers.has_any() => {
                self.value_of_silent(key, || default, user, config.evaluate(key, user))
            }
            _ => self.value_of(key, default, user, self.evaluate(key, user), observers),
        }
    }

    /// Returns the value of an evaluation, and reports the evaluation to the hooks and the log.
    #[cold]
    pub(super) fn value_of<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        outcome: Outcome<'s>,
        observers: Observers,
    ) -> T::Output {
        if observers.hooks {
            // The hook gets details, which need strings: they are made only if a hook is there.
            let (details, value) = self.details_of(key, default, user, outcome, observers);
            self.shared.hooks.flag_evaluated(&details);
            return value;
        }
        match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                value
            }
            Err(failure) => {
                let _ = self.log_failure(key, user, &failure, &default.to_value(), observers);
                default.into_output()
            }
        }
    }

    /// Returns the details of an evaluation, and reports the evaluation to the hooks and the log.
    pub(crate) fn value_details<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
    ) -> EvaluationDetails<T::Output> {
        let user = self.shared.user_or_default(user);
        let (user, observers) = (user.get(), Observers::of(self.shared));
        let (details, value) = self.details_of(key, default, user, self.evaluate(key, user), observers);
        self.shared.hooks.flag_evaluated(&details);
        details.map(|_| value)
    }

    /// Evaluates a setting for a caller that observes the evaluation.
    fn evaluate(&self, key: &str, user: Option<&User>) -> Outcome<'s> {
        match &self.state.config {
            Some(config) => config.evaluate(key, user).map_err(Failure::Evaluation),
            None => Err(Failure::NoConfig(NoConfig::of(self.shared))),
        }
    }

    /// Logs an evaluation, and returns its details for the hooks, and its value.
    fn details_of<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        outcome: Outcome<'s>,
        observers: Observers,
    ) -> (EvaluationDetails<Value>, T::Output) {
        match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                (self.details(key, user, &evaluation), value)
            }
            Err(failure) => {
                let value = default.to_value();
                let event = self.log_failure(key, user, &failure, &value, observers);
                // The message of the details is the text of the log event, so that both always
                // agree.
                let message = match (failure.kind(), &self.state.config) {
                    (EvaluationFailureKind::KeyMissing, Some(config)) => {
                        FailureMessage::KeyMissing(self.state.missing.get(key, &value, config))
                    }
                    _ => FailureMessage::from(event.to_string()),
                };
                let error = EvaluationFailure::new(failure.kind(), message);
                (self.default_details(key, user, error, value), default.into_output())
            }
        }
    }

    /// Returns the details of all settings that can be evaluated.
    pub(crate) fn all_details(&self, user: Option<&User>) -> Vec<EvaluationDetails<Value>> {
        let Some(config) = self.config_or_log("an empty list") else { return Vec::new() };
        let user = self.shared.user_or_default(user);
        let user = user.get();
        let mut all = config.evaluate_all(user);
        let observers = Observers::of(self.shared);
        let mut details = Vec::with_capacity(all.len());
        while let Some((key, result)) = all.next() {
            match result {
                Ok(evaluation) => {
                    self.log_one_of_all(&evaluation, &mut all, observers);
                    let one = self.details(key, user, &evaluation);
                    self.shared.hooks.flag_evaluated(&one);
                    details.push(one);
                }
                Err(error) => self.log_error(key, &error),
            }
        }
        details
    }

    /// Returns the values of all settings that can be evaluated. Hooks and the log get each of
    /// them.
    pub(crate) fn all_values(&self, user: Option<&User>) -> AllValues {
        let Some(config) = self.config_or_log("an empty list") else { return AllValues::default() };
        let user = self.shared.user_or_default(user);
        let user = user.get();
        // Asked once a call: for thousands of settings it would otherwise cost as much as
        // evaluating.
        let observers = Observers::of(self.shared);
        let mut all = config.evaluate_all(user);
        let mut values = Vec::with_capacity(all.len());
        while let Some((key, result)) = all.next() {
            values.push(match result {
                Ok(evaluation) => {
                    if observers.has_any() || evaluation.has_warnings() {
                        self.notify_one_of_all(user, evaluation, &mut all, observers);
                    }
                    Some(evaluation.value().clone())
                }
                Err(error) => {
                    self.log_error(key, &error);
                    None
                }
            });
        }
        AllValues::new(config.clone(), values)
    }

    /// Reports one evaluation of a call that evaluates all settings to the log and the hooks.
    // The evaluation by value: a reference would keep it in memory, and copying it there from the
    // evaluator takes as long as evaluating.
    #[cold]
    fn notify_one_of_all(
        &self,
        user: Option<&User>,
        evaluation: Evaluation<'_>,
        all: &mut Evaluations<'_, '_>,
        observers: Observers,
    ) {
        self.log_one_of_all(&evaluation, all, observers);
        if observers.hooks {
            self.shared.hooks.flag_evaluated(&self.details(evaluation.key(), user, &evaluation));
        }
    }

    /// Logs one evaluation of a call that evaluates all settings. All traces of the call share one
    /// budget, so a trace may end with an error although the evaluation has a value.
    fn log_one_of_all(
        &self,
        evaluation: &Evaluation<'_>,
        all: &mut Evaluations<'_, '_>,
        observers: Observers,
    ) {
        let (key, warnings_id) = (evaluation.key(), evaluation.warnings_id());
        if observers.log {
            let trace = all.explain(key);
            self.log_warnings(&trace, 0);
            self.shared.hooks.log(&Event::Evaluated(&trace.returning(evaluation.value().clone())));
        } else if let Some(left_out) = self.admit_warnings(key, warnings_id) {
            self.log_warnings(&all.explain(key), left_out);
        }
    }

    /// Logs a setting that cannot be evaluated, once for each config.
    #[cold]
    fn log_error(&self, key: &str, error: &EvaluationError) {
        self.log_once(&Event::EvaluationFailed { key, default: None, error });
    }

    /// Writes the evaluation log if it is on; otherwise writes the warnings, once for each config.
    /// `returned` is the value that the caller gets if it is not that of the evaluation.
    fn log_evaluation(
        &self,
        key: &str,
        user: Option<&User>,
        warnings_id: u32,
        returned: Option<&Value>,
        observers: Observers,
    ) {
        let Some(config) = &self.state.config else { return };
        let log = EvaluationLog { config, key, user, returned, trace: OnceCell::new() };
        if observers.log {
            if warnings_id != 0 {
                self.log_warnings(log.trace(), 0);
            }
            self.shared.hooks.log(&Event::Evaluated(&log));
        } else if let Some(left_out) = self.admit_warnings(key, warnings_id) {
            self.log_warnings(log.trace(), left_out);
        }
    }

    /// Returns the number of records that were left out, if the warnings of an evaluation must be
    /// written.
    fn admit_warnings(&self, key: &str, warnings_id: u32) -> Option<u64> {
        if warnings_id == 0 || !logging::is_enabled(Level::Warn) {
            return None;
        }
        // The id of the warnings is a part of the cause: another user with other warnings is
        // logged too.
        self.admit(("warnings", key, warnings_id))
    }

    /// Logs the warnings of a trace. The first record says how many records were left out before.
    fn log_warnings(&self, trace: &Trace, left_out: u64) {
        for (index, warning) in trace.warnings().iter().enumerate() {
            let left_out = if index == 0 { left_out } else { 0 };
            self.shared.hooks.log_after(&Event::Evaluation(warning), left_out);
        }
    }

    /// Logs the reason for returning the default, once for each config. Returns the event.
    #[cold]
    fn log_failure<'e>(
        &'e self,
        key: &'e str,
        user: Option<&User>,
        failure: &'e Failure<'_>,
        default: &'e Value,
        observers: Observers,
    ) -> Event<'e> {
        let event = match failure {
            Failure::NoConfig(reason) => Event::ConfigMissing { key, default, reason },
            Failure::TypeMismatch { setting, warnings_id } => {
                self.log_evaluation(key, user, *warnings_id, Some(default), observers);
                Event::TypeMismatch { key, default, setting: *setting }
            }
            Failure::Misfit { value, wanted, cause, warnings_id } => {
                self.log_evaluation(key, user, *warnings_id, Some(default), observers);
                Event::Misfit { key, default, value, wanted, cause }
            }
            Failure::Evaluation(error) if failure.kind() == EvaluationFailureKind::InvalidConfig => {
                // The error does not say whether there were warnings before it: only the trace has
                // them.
                self.log_evaluation(key, user, u32::MAX, Some(default), observers);
                Event::EvaluationFailed { key, default: Some(default), error }
            }
            Failure::Evaluation(_) => {
                Event::KeyMissing { key, default, config: self.state.config.as_deref() }
            }
        };
        self.log_once(&event);
        event
    }

    /// Logs an event that each evaluation would cause, once until the config changes. With the
    /// evaluation log on, each failed evaluation is logged.
    pub(super) fn log_once(&self, event: &Event<'_>) {
        // An evaluation of a logger must not use up the one record of the application's
        // evaluations.
        if !self.wants_errors() || reentrancy::is_active(Activity::Logging) {
            return;
        }
        // The evaluation log shows each evaluation, so a failed one must not be missing there.
        let is_always = matches!(event, Event::EvaluationFailed { .. }) && logging::is_enabled(Level::Info);
        let left_out = if is_always { Some(0) } else { self.admit((event.id(), event.cause())) };
        if let Some(left_out) = left_out {
            self.shared.hooks.log_after(event, left_out);
        }
    }

    /// Returns whether a hook, the log or standard error may get errors.
    pub(super) fn wants_errors(&self) -> bool {
        self.shared.hooks.wants_errors() || logging::is_enabled(Level::Error)
    }

    /// See [`Repeats::admit`](crate::notify::repeats::Repeats::admit).
    fn admit(&self, cause: impl std::hash::Hash) -> Option<u64> {
        // `inner`, not the client with its threads: a snapshot in a forked child starts no thread.
        self.shared.inner().repeats.admit(self.state.generation, cause)
    }

    /// Returns the details of an evaluation that has a value.
    fn details(
        &self,
        key: &str,
        user: Option<&User>,
        evaluation: &Evaluation<'_>,
    ) -> EvaluationDetails<Value> {
        let rule = evaluation.matched_rule().zip(self.state.config.as_ref());
        let option = evaluation.matched_option().zip(evaluation.matched_percentage());
        EvaluationDetails {
            key: key.to_owned(),
            value: evaluation.value().clone(),
            variation_id: evaluation.variation_id().map(str::to_owned),
            user: user.cloned(),
            error: None,
            fetch_time: self.state.fetch_time(),
            matched_targeting_rule: rule.map(|(index, config)| {
                let (config, setting) = (config.clone(), evaluation.setting_index());
                MatchedRule { index, config, setting }
            }),
            matched_percentage_option: option.map(|(index, percentage)| MatchedOption { index, percentage }),
            is_static: !evaluation.has_targeting(),
        }
    }

    /// Returns the details of an evaluation that returns the default.
    fn default_details(
        &self,
        key: &str,
        user: Option<&User>,
        error: EvaluationFailure,
        value: Value,
    ) -> EvaluationDetails<Value> {
        EvaluationDetails {
            key: key.to_owned(),
            value,
            variation_id: None,
            user: user.cloned(),
            error: Some(error),
            fetch_time: self.state.fetch_time(),
            matched_targeting_rule: None,
            matched_percentage_option: None,
            is_static: false,
        }
    }
}

/// Returns the value of an evaluation as the type of the caller.
fn read<T: FlagType>(outcome: Outcome<'_>) -> Result<(T::Output, Evaluation<'_>), Failure<'_>> {
    let evaluation = outcome?;
    if let Some(value) = T::read(&evaluation) {
        return Ok((value, evaluation));
    }
    let (value, warnings_id) = (evaluation.value(), evaluation.warnings_id());
    Err(match T::misfit(&evaluation) {
        Some(cause) => {
            Failure::Misfit { value: value.clone(), wanted: type_name::<T::Output>(), cause, warnings_id }
        }
        // Nothing is converted: section 4.2 of the specification.
        None => Failure::TypeMismatch { setting: value.setting_type(), warnings_id },
    })
}
