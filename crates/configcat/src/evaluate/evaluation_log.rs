//! Records of evaluations: the evaluation log, warnings, and the reasons for returning the default.

use std::{cell::OnceCell, fmt};

use configcat_eval::{Config, Evaluation, EvaluationError, Evaluations, Trace, Value};
use log::Level;

use super::{
    details::EvaluationFailureKind, observed::Observers, observed_user::ObservedUser, outcome::Failure,
    view::View,
};
use crate::{
    notify::{event::Event, logging},
    sync::reentrancy::{self, Activity},
};

/// Evaluation log of one evaluation. Evaluates again, with a trace, when it is first printed: a
/// logger that drops the record then costs nothing more than the evaluation.
struct EvaluationLog<'a> {
    config: &'a Config,
    key: &'a str,
    user: ObservedUser<'a>,
    /// Value that the caller gets, if it is not that of the evaluation.
    returned: Option<&'a Value>,
    trace: OnceCell<Trace>,
}

impl EvaluationLog<'_> {
    fn trace(&self) -> &Trace {
        self.trace.get_or_init(|| {
            let trace = self.user.explain(self.config, self.key);
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

impl View<'_> {
    /// Logs one evaluation of a call that evaluates all settings. All traces of the call share one
    /// budget, so a trace may end with an error although the evaluation has a value.
    pub(super) fn log_one_of_all(
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
    pub(super) fn log_error(&self, key: &str, error: &EvaluationError) {
        self.log_once(&Event::EvaluationFailed { key, default: None, error });
    }

    /// Writes the evaluation log if it is on; otherwise writes the warnings, once for each config.
    /// `returned` is the value that the caller gets if it is not that of the evaluation.
    pub(super) fn log_evaluation(
        &self,
        key: &str,
        user: ObservedUser<'_>,
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
    pub(super) fn log_failure<'e>(
        &'e self,
        key: &'e str,
        user: ObservedUser<'_>,
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
                let is_overridden = self.is_overridden(key);
                Event::Misfit { key, default: Some(default), value, wanted, cause, is_overridden }
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
}
