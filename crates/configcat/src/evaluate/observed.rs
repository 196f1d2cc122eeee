//! Observed evaluations: a hook, a log or a caller that asks for details wants more than the value.

use std::any::type_name;

use configcat_eval::{
    Config, ErrorKind, Evaluation, EvaluationError, Evaluations, SettingType, Trace, User, Value,
};
use log::Level;

use super::view::View;
use crate::{
    evaluate::{
        all_values::AllValues,
        details::{EvaluationDetails, EvaluationFailure, EvaluationFailureKind, MatchedOption, MatchedRule},
        flag_value::FlagType,
        no_config::NoConfig,
    },
    notify::{event::Event, logging},
    sync::reentrancy::{self, Activity},
};

type Outcome<'s> = Result<Evaluation<'s>, Failure<'s>>;

/// Outcome of one evaluation, and its trace if the evaluation log is on.
pub(super) struct Evaluated<'s> {
    outcome: Outcome<'s>,
    /// In a box: nearly every evaluation has no trace and moves this value.
    trace: Option<Box<Trace>>,
}

/// Reason for returning the default.
enum Failure<'s> {
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

impl<'s> Evaluated<'s> {
    /// Returns the outcome of an evaluation without a trace.
    pub(super) fn silently(result: Result<Evaluation<'s>, EvaluationError>) -> Self {
        Self { outcome: result.map_err(Failure::Evaluation), trace: None }
    }

    /// Evaluates, with a trace if the evaluation log is on.
    fn new(config: &'s Config, key: &str, user: Option<&User>) -> Self {
        if !logging::is_enabled(Level::Info) {
            return Self::silently(config.evaluate(key, user));
        }
        let (result, trace) = config.evaluate_with_trace(key, user);
        Self { trace: Some(Box::new(trace)), ..Self::silently(result) }
    }
}

impl<'s> View<'s> {
    /// Returns the value of an evaluation that a hook or the log observes, that has no config, or
    /// that is for the default user.
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
        match &self.state.config {
            Some(config) if !self.shared.has_observers() => {
                self.value_of_silent(key, || default, user, config.evaluate(key, user))
            }
            _ => self.value_of(key, default, user, self.evaluate(key, user)),
        }
    }

    /// Returns the value of an evaluation, and reports the evaluation to the hooks and the log.
    #[cold]
    pub(super) fn value_of<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        evaluated: Evaluated<'s>,
    ) -> T::Output {
        if self.shared.hooks.wants_evaluations() {
            // The hook gets details, which need strings: they are made only if a hook is there.
            return self.details_of(key, default, user, evaluated).value;
        }
        let Evaluated { outcome, trace } = evaluated;
        match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, evaluation.warnings_id(), None, || self.explained(key, user, trace));
                value
            }
            Err(failure) => {
                let _ = self.log_failure(key, user, &failure, &default.to_value(), trace);
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
        self.details_of(key, default, user.get(), self.evaluate(key, user.get()))
    }

    /// Evaluates a setting for a caller that observes the evaluation.
    fn evaluate(&self, key: &str, user: Option<&User>) -> Evaluated<'s> {
        match &self.state.config {
            Some(config) => Evaluated::new(config, key, user),
            None => Evaluated { outcome: Err(Failure::NoConfig(NoConfig::of(self.shared))), trace: None },
        }
    }

    /// Returns the details of an evaluation. Logs first, then calls the hooks.
    fn details_of<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
        evaluated: Evaluated<'s>,
    ) -> EvaluationDetails<T::Output> {
        let Evaluated { outcome, trace } = evaluated;
        let (details, value) = match read::<T>(outcome) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, evaluation.warnings_id(), None, || self.explained(key, user, trace));
                (self.details(key, user, &evaluation), value)
            }
            Err(failure) => {
                // The message of the details is the text of the log event, so that both always
                // agree.
                let default_value = default.to_value();
                let message = self.log_failure(key, user, &failure, &default_value, trace).to_string();
                (self.default_details(key, user, &failure, message, default_value), default.into_output())
            }
        };
        self.shared.hooks.flag_evaluated(&details);
        details.map(|_| value)
    }

    /// Returns the details of all settings that can be evaluated.
    pub(crate) fn all_details(&self, user: Option<&User>) -> Vec<EvaluationDetails<Value>> {
        let Some(config) = self.config_or_log("an empty list") else { return Vec::new() };
        let user = self.shared.user_or_default(user);
        let user = user.get();
        let mut all = config.evaluate_all(user);
        let mut details = Vec::with_capacity(all.len());
        while let Some((key, result)) = all.next() {
            match result {
                Ok(evaluation) => {
                    self.log_one_of_all(&evaluation, &mut all);
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
        let has_observers = self.shared.has_observers();
        let mut all = config.evaluate_all(user);
        let mut values = Vec::with_capacity(all.len());
        while let Some((key, result)) = all.next() {
            values.push(match result {
                Ok(evaluation) => {
                    if has_observers || evaluation.has_warnings() {
                        self.notify_one_of_all(user, evaluation, &mut all);
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
    ) {
        self.log_one_of_all(&evaluation, all);
        if self.shared.hooks.wants_evaluations() {
            self.shared.hooks.flag_evaluated(&self.details(evaluation.key(), user, &evaluation));
        }
    }

    /// Logs one evaluation of a call that evaluates all settings. All traces of the call share one
    /// budget, so a trace may end with an error although the evaluation has a value.
    fn log_one_of_all(&self, evaluation: &Evaluation<'_>, all: &mut Evaluations<'_, '_>) {
        let (key, id) = (evaluation.key(), evaluation.warnings_id());
        self.log_evaluation(key, id, Some(evaluation.value()), || Some(all.explain(key)));
    }

    /// Logs a setting that cannot be evaluated, once for each config.
    #[cold]
    fn log_error(&self, key: &str, error: &EvaluationError) {
        self.log_once(&Event::EvaluationFailed { key, default: None, error });
    }

    /// Returns the trace of the evaluation. Without one, evaluates again: this happens only for
    /// warnings, which are logged once for each config, so nearly no evaluation pays for a trace.
    fn explained(&self, key: &str, user: Option<&User>, trace: Option<Box<Trace>>) -> Option<Trace> {
        match trace {
            Some(trace) => Some(*trace),
            None => Some(self.state.config.as_ref()?.explain(key, user)),
        }
    }

    /// Writes the evaluation log if it is on; otherwise writes the warnings, once for each config.
    /// `returned` is the value that the caller gets if it is not that of the trace.
    fn log_evaluation(
        &self,
        key: &str,
        warnings_id: u32,
        returned: Option<&Value>,
        explain: impl FnOnce() -> Option<Trace>,
    ) {
        if logging::is_enabled(Level::Info) {
            let Some(trace) = explain() else { return };
            self.log_warnings(&trace, 0);
            let trace = match returned {
                Some(returned) => trace.returning(returned.clone()),
                None => trace,
            };
            self.shared.hooks.log(&Event::Evaluated(&trace));
        } else if warnings_id != 0 && logging::is_enabled(Level::Warn) {
            // The id of the warnings is a part of the cause: another user with other warnings is
            // logged too.
            let Some(left_out) = self.admit(("warnings", key, warnings_id)) else { return };
            if let Some(trace) = explain() {
                self.log_warnings(&trace, left_out);
            }
        }
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
        trace: Option<Box<Trace>>,
    ) -> Event<'e> {
        let explain = || self.explained(key, user, trace);
        let event = match failure {
            Failure::NoConfig(reason) => Event::ConfigMissing { key, default, reason },
            Failure::TypeMismatch { setting, warnings_id } => {
                self.log_evaluation(key, *warnings_id, Some(default), explain);
                Event::TypeMismatch { key, default, setting: *setting }
            }
            Failure::Misfit { value, wanted, cause, warnings_id } => {
                self.log_evaluation(key, *warnings_id, Some(default), explain);
                Event::Misfit { key, default, value, wanted, cause }
            }
            Failure::Evaluation(error) if failure.kind() == EvaluationFailureKind::InvalidConfig => {
                // The error does not say whether there were warnings before it: only the trace has
                // them.
                self.log_evaluation(key, u32::MAX, Some(default), explain);
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
        let rule = evaluation.matched_rule().zip(evaluation.matched_rule_text());
        let option = evaluation.matched_option().zip(evaluation.matched_percentage());
        EvaluationDetails {
            key: key.to_owned(),
            value: evaluation.value().clone(),
            variation_id: evaluation.variation_id().map(str::to_owned),
            user: user.cloned(),
            error: None,
            fetch_time: self.state.fetch_time(),
            matched_targeting_rule: rule.map(|(index, text)| MatchedRule { index, text }),
            matched_percentage_option: option.map(|(index, percentage)| MatchedOption { index, percentage }),
            is_static: !evaluation.has_targeting(),
        }
    }

    /// Returns the details of an evaluation that returns the default.
    fn default_details(
        &self,
        key: &str,
        user: Option<&User>,
        failure: &Failure<'_>,
        message: String,
        value: Value,
    ) -> EvaluationDetails<Value> {
        EvaluationDetails {
            key: key.to_owned(),
            value,
            variation_id: None,
            user: user.cloned(),
            error: Some(EvaluationFailure { kind: failure.kind(), message }),
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
