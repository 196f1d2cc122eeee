//! Evaluations with a trace.

use core::mem;

use crate::{
    config::Config,
    error::EvaluationError,
    evaluate::{Budget, Evaluator, Outcome},
    evaluation::{Evaluation, not_found},
    trace::{Trace, build::TraceBuilder, limits::MAX_STRING},
    truncate::truncated,
    user::User,
};

impl Config {
    /// Evaluates a setting and returns the steps: a tree that prints as the evaluation log, with
    /// `{:#}` followed by [hints](Trace::hints).
    ///
    /// A trace is made for people and costs some microseconds; [`evaluate`](Self::evaluate) has the
    /// same result. An error is part of the trace: see [`Trace::result`].
    pub fn explain<'u>(&self, key: &str, user: impl Into<Option<&'u User>>) -> Trace {
        self.evaluate_with_trace(key, user).1
    }

    /// Evaluates a setting once, and returns both what [`evaluate`](Self::evaluate) and what
    /// [`explain`](Self::explain) return.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("isNew", Value::from(true))]);
    /// let (evaluation, trace) = config.evaluate_with_trace("isNew", None);
    /// assert_eq!(evaluation.unwrap().value(), trace.result().unwrap());
    /// ```
    pub fn evaluate_with_trace<'u>(
        &self,
        key: &str,
        user: impl Into<Option<&'u User>>,
    ) -> (Result<Evaluation<'_>, EvaluationError>, Trace) {
        self.trace_within(key, user.into(), &mut Budget::default())
    }

    /// Evaluates with the rest of a budget, and subtracts the work of the evaluation from it.
    pub(crate) fn trace_within(
        &self,
        key: &str,
        user: Option<&User>,
        budget: &mut Budget,
    ) -> (Result<Evaluation<'_>, EvaluationError>, Trace) {
        let mut evaluator = Evaluator::new(self, user, TraceBuilder::default(), *budget);
        let outcome = self.slot(key).ok_or_else(|| not_found(key));
        let outcome = outcome.and_then(|slot| Ok((slot, evaluator.evaluate(slot)?)));
        // Also after an error: a document that fails late must not be traced for free.
        let used_before = mem::replace(budget, *evaluator.budget()).used();
        let traced = evaluator.observer.finish();
        let warnings_id = traced.warnings_id;
        let evaluation =
            outcome.map(|(slot, outcome)| Evaluation { slot, outcome: Outcome { warnings_id, ..outcome } });
        // The user is printed only here: a silent evaluation never needs it as text.
        let hints = traced.missing.into_hints(self, user, evaluation.as_ref().err());
        let user = user.map(|user| truncated(user, MAX_STRING));
        let trace = Trace {
            key: key.into(),
            is_cut: traced.is_cut || user.as_ref().is_some_and(|(_, is_cut)| *is_cut),
            user: user.map(|(text, _)| text),
            evaluation: traced.root,
            warnings: traced.warnings,
            warnings_left_out: traced.warnings_left_out,
            hints,
            work: budget.used() - used_before,
            variation_id: evaluation.as_ref().ok().and_then(|found| Some(found.variation_id()?.into())),
            result: evaluation.as_ref().map(|found| found.value().clone()).map_err(Clone::clone),
            returned: None,
        };
        (evaluation, trace)
    }
}
