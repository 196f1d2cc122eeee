//! Observed evaluations: a hook, a log or a caller that asks for details wants more than the value.

use std::any::type_name;

use configcat_eval::{Evaluation, Evaluations, User, Value};
use log::Level;

use super::{
    observed_user::ObservedUser,
    outcome::{Failure, Outcome, read},
    view::View,
};
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
};

/// Observers of one evaluation. They are asked once: a logger runs code of the user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observers {
    pub(super) hooks: bool,
    /// `true` if the evaluation log is on.
    pub(super) log: bool,
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
        let user = ObservedUser::new(self.shared, user);
        if observers.hooks {
            // The hook gets details, which need strings: they are made only if a hook is there.
            let (details, value) = self.details_of(key, default, user, outcome, observers);
            self.shared.hooks.flag_evaluated(&details);
            return value;
        }
        match read::<T>(outcome, &self.state.texts) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                value
            }
            Err(failure) => {
                if let Some((view, value, evaluation)) = self.last_valid::<T>(key, user, &failure) {
                    view.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                    return value;
                }
                let _ = self.log_failure(key, user, &failure, &default.to_value(), observers);
                default.into_output()
            }
        }
    }

    /// Evaluates a flag again whose text is invalid: in the last state in which it has no such
    /// text, if there is one. Returns the view on that state, the value and the evaluation; `None`
    /// also if the flag has no value there.
    #[cold]
    fn last_valid<T: FlagType>(
        &self,
        key: &str,
        user: ObservedUser<'_>,
        failure: &Failure<'_>,
    ) -> Option<(Self, T::Output, Evaluation<'s>)> {
        let Failure::Misfit { value, wanted, cause, .. } = failure else { return None };
        let view = Self { state: self.state.last_valid(key, type_name::<T>())?, ..*self };
        let outcome = view.evaluate(key, user.marked().as_deref());
        let (last_valid, evaluation) = read::<T>(outcome, &view.state.texts).ok()?;
        self.log_once(&Event::Misfit {
            key,
            default: None,
            value,
            wanted,
            cause,
            is_overridden: self.is_overridden(key),
        });
        Some((view, last_valid, evaluation))
    }

    /// Returns the details of an evaluation, and reports the evaluation to the hooks and the log.
    pub(crate) fn value_details<T: FlagType>(
        &self,
        key: &str,
        default: T,
        user: Option<&User>,
    ) -> EvaluationDetails<T::Output> {
        let user = self.shared.user_or_default(user);
        let observers = Observers::of(self.shared);
        let outcome = self.evaluate(key, user.get());
        let user = ObservedUser::new(self.shared, user.get());
        let (details, value) = self.details_of(key, default, user, outcome, observers);
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
        user: ObservedUser<'_>,
        outcome: Outcome<'s>,
        observers: Observers,
    ) -> (EvaluationDetails<Value>, T::Output) {
        match read::<T>(outcome, &self.state.texts) {
            Ok((value, evaluation)) => {
                self.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                (self.details(key, user, &evaluation), value)
            }
            Err(failure) => {
                if let Some((view, value, evaluation)) = self.last_valid::<T>(key, user, &failure) {
                    view.log_evaluation(key, user, evaluation.warnings_id(), None, observers);
                    return (view.details(key, user, &evaluation), value);
                }
                let value = default.to_value();
                let event = self.log_failure(key, user, &failure, &value, observers);
                // The message of the details is the text of the log event, so that both always
                // agree.
                let message = match (failure.kind(), &self.state.config) {
                    (EvaluationFailureKind::KeyMissing, Some(config)) => {
                        FailureMessage::from(self.state.missing.get(key, &value, config))
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
        let user = ObservedUser::new(self.shared, user.get());
        let marked = user.marked();
        let mut all = config.evaluate_all(marked.as_deref());
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
        let user = ObservedUser::new(self.shared, user.get());
        // Asked once a call: for thousands of settings it would otherwise cost as much as
        // evaluating.
        let observers = Observers::of(self.shared);
        let marked = user.marked();
        let mut all = config.evaluate_all(marked.as_deref());
        let mut places = Vec::with_capacity(all.len());
        while let Some((key, result)) = all.next() {
            places.push(match result {
                Ok(evaluation) => {
                    if observers.has_any() || evaluation.has_warnings() {
                        self.notify_one_of_all(user, evaluation, &mut all, observers);
                    }
                    Some(evaluation.place())
                }
                Err(error) => {
                    self.log_error(key, &error);
                    None
                }
            });
        }
        AllValues::new(config.clone(), places)
    }

    /// Reports one evaluation of a call that evaluates all settings to the log and the hooks.
    // The evaluation by value: a reference would keep it in memory, and copying it there from the
    // evaluator takes as long as evaluating.
    #[cold]
    fn notify_one_of_all(
        &self,
        user: ObservedUser<'_>,
        evaluation: Evaluation<'_>,
        all: &mut Evaluations<'_, '_>,
        observers: Observers,
    ) {
        self.log_one_of_all(&evaluation, all, observers);
        if observers.hooks {
            self.shared.hooks.flag_evaluated(&self.details(evaluation.key(), user, &evaluation));
        }
    }

    /// Returns the details of an evaluation that has a value.
    fn details(
        &self,
        key: &str,
        user: ObservedUser<'_>,
        evaluation: &Evaluation<'_>,
    ) -> EvaluationDetails<Value> {
        let rule = evaluation.matched_rule().zip(self.state.config.as_ref());
        let option = evaluation.matched_option().zip(evaluation.matched_percentage());
        EvaluationDetails {
            key: key.to_owned(),
            value: evaluation.value().clone(),
            variation_id: evaluation.variation_id().map(str::to_owned),
            user: user.in_details(),
            error: None,
            fetch_time: self.state.fetch_time(),
            fingerprint: self.state.fingerprint(),
            matched_targeting_rule: rule.map(|(index, config)| {
                let (config, setting) = (config.clone(), evaluation.setting_index());
                MatchedRule { index, config, setting }
            }),
            matched_percentage_option: option.map(|(index, percentage)| MatchedOption { index, percentage }),
            is_overridden: self.is_overridden(key),
            is_static: !evaluation.has_targeting(),
        }
    }

    /// Returns whether the value of a setting is an override of a request.
    pub(super) fn is_overridden(&self, key: &str) -> bool {
        self.state.config.as_ref().is_some_and(|config| config.is_overlaid(key))
    }

    /// Returns the details of an evaluation that returns the default.
    fn default_details(
        &self,
        key: &str,
        user: ObservedUser<'_>,
        error: EvaluationFailure,
        value: Value,
    ) -> EvaluationDetails<Value> {
        EvaluationDetails {
            key: key.to_owned(),
            value,
            variation_id: None,
            user: user.in_details(),
            error: Some(error),
            fetch_time: self.state.fetch_time(),
            fingerprint: self.state.fingerprint(),
            matched_targeting_rule: None,
            matched_percentage_option: None,
            is_overridden: false,
            is_static: false,
        }
    }
}
