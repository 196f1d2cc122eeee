//! The evaluation of all settings, which is one call with one budget.

use core::{fmt, mem};

use crate::{
    config::Config,
    error::EvaluationError,
    evaluate::{Budget, CachingObserver, Evaluator, Outcome},
    evaluation::Evaluation,
    slot_iter::SlotIter,
    slots::Slot,
    trace::Trace,
    user::User,
};

/// The evaluations of all settings of a config for a user, made as the iterator advances.
///
/// Made by [`Config::evaluate_all`]. All evaluations share one [budget of work](crate#limits), and
/// each prerequisite flag is evaluated once.
pub struct Evaluations<'c, 'u> {
    slots: SlotIter<'c>,
    evaluator: Evaluator<'c, 'u, CachingObserver<'c>>,
    /// The budget of all traces together.
    // Separate from the budget of the values, so that logging never changes a value.
    trace_budget: Budget,
}

impl Config {
    /// Evaluates all settings for a user, in the order of the config JSON: each key with its
    /// evaluation, or with the error that [`evaluate`](Self::evaluate) gives. Settings are
    /// evaluated as the iterator goes.
    ///
    /// [`Iterator::nth`] and [`Iterator::skip`] evaluate nothing that they pass, so
    /// `evaluate_all(user).nth(index)` evaluates the setting at that [index](crate::Setting::index)
    /// alone.
    ///
    /// All of it together may take the work that [one evaluation](crate#limits) may; once that is
    /// used up, the settings that have rules or percentage options are
    /// [`ErrorKind::TooComplex`](crate::ErrorKind::TooComplex). Each prerequisite flag is evaluated
    /// once.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("isNew", Value::from(true)), ("limit", 10.into())]);
    /// for (key, evaluation) in config.evaluate_all(None) {
    ///     match evaluation {
    ///         Ok(evaluation) => println!("{key} is {}", evaluation.value()),
    ///         Err(error) => eprintln!("{key} cannot be evaluated: {error}"),
    ///     }
    /// }
    /// ```
    pub fn evaluate_all<'c, 'u>(&'c self, user: impl Into<Option<&'u User>>) -> Evaluations<'c, 'u> {
        Evaluations::new(self, user.into())
    }
}

impl<'c, 'u> Evaluations<'c, 'u> {
    pub(crate) fn new(config: &'c Config, user: Option<&'u User>) -> Self {
        let evaluator = Evaluator::new(config, user, CachingObserver::default(), Budget::default());
        Self { slots: config.slots(), evaluator, trace_budget: Budget::default() }
    }

    /// Returns how a setting is evaluated, as [`Config::explain`] does, within one budget of work
    /// for all traces of this call.
    ///
    /// Logging each evaluation of a hostile config therefore costs no more than twice what
    /// evaluating costs. Once the budget is used up, the result of a trace is an error although the
    /// evaluation had a value: [`Trace::returning`] sets the value that it prints.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("isNew", Value::from(true)), ("limit", 10.into())]);
    /// let mut all = config.evaluate_all(None);
    /// while let Some((key, evaluation)) = all.next() {
    ///     println!("{}", all.explain(key));
    /// }
    /// ```
    pub fn explain(&mut self, key: &str) -> Trace {
        let Evaluator { config, user, .. } = self.evaluator;
        config.trace_within(key, user, &mut self.trace_budget).1
    }
}

impl<'c> Evaluations<'c, '_> {
    // Not inlined, so that the loop of the caller stays small for constant settings.
    #[inline(never)]
    fn evaluate(&mut self, slot: &'c Slot) -> Result<Evaluation<'c>, EvaluationError> {
        let outcome = self.evaluator.evaluate(slot);
        let warnings_id = mem::take(&mut self.evaluator.observer.silent).warnings_id();
        Ok(Evaluation { slot, outcome: Outcome { warnings_id, ..outcome? } })
    }
}

impl<'c> Iterator for Evaluations<'c, '_> {
    type Item = (&'c str, Result<Evaluation<'c>, EvaluationError>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slots.next()?;
        let result = match &slot.setting.default {
            Ok(value) if slot.setting.targeting.is_none() => Ok(slot.constant(value)),
            _ => self.evaluate(slot),
        };
        Some((&slot.setting.key, result))
    }

    /// Evaluates only the setting after the next `n` ones.
    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        if let Some(last_skipped) = n.checked_sub(1) {
            self.slots.nth(last_skipped)?;
        }
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl ExactSizeIterator for Evaluations<'_, '_> {}

impl core::iter::FusedIterator for Evaluations<'_, '_> {}

impl fmt::Debug for Evaluations<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluations").field("left", &self.len()).finish_non_exhaustive()
    }
}
