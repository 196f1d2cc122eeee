//! Prerequisite flags, which are evaluated before the settings that need them.
//!
//! A few levels are on the stack of the thread. Settings of deeper levels wait in a list, so that
//! no document takes a stack that grows with it.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

use super::{
    Answer, Evaluator, Progress,
    frame::{Dependents, Frame, Position, Suspended},
    negation,
    outcome::Outcome,
};
use crate::{
    compile::{Condition, Kind, PrerequisiteCondition, TypedValues},
    error::{Checked, ErrorKind, Fault},
    observe::{Observer, Step, Verdict},
    slots::Slot,
    value::{SettingType, Value},
};

/// The number of levels that prerequisite flags may have.
// Far beyond any real config. It limits the path of a circle, which an error contains.
const MAX_DEPTH: usize = 200;
/// The number of levels that are on the stack of the thread, and so take no allocation.
// Nearly all configs have fewer levels. Each takes stack, and 64 KiB must be enough.
const FEW: usize = 4;

/// The value of a prerequisite flag.
enum Flag<'c> {
    Known(&'c Value),
    Suspended(Box<Suspended<'c>>),
}

impl<'c, 'u, O: Observer<'c, 'u>> Evaluator<'c, 'u, O> {
    /// Evaluates a prerequisite flag and compares its value, or only compares the given value.
    // Not inlined: it evaluates a setting itself, and so cannot become part of the evaluator.
    #[inline(never)]
    pub(super) fn prerequisite_condition(
        &mut self,
        frame: Frame<'_, 'c>,
        condition: &'c Condition,
        prerequisite: &'c PrerequisiteCondition,
        value: Option<&'c Value>,
    ) -> Checked<Answer<'c>> {
        let slot = self.config.link(frame.slot, prerequisite);
        if value.is_none() {
            let (document, found) = (&frame.slot.document, slot.is_some());
            self.observer.on_step(Step::ConditionBegins { condition, document, found });
        }
        let key = &prerequisite.key;
        let not_found = || Fault::new(ErrorKind::PrerequisiteNotFound { key: key.as_ref().into() });
        let slot = slot.ok_or_else(not_found)?;
        let kind = slot.setting.kind().map_err(|fault| slot.place(fault))?;
        let compared = prerequisite.value.compared(kind).ok_or_else(|| {
            let comparison_value = prerequisite.value.only();
            Fault::new(ErrorKind::PrerequisiteTypeMismatch { key: key.clone(), comparison_value })
        })?;
        let value = match value {
            Some(value) => value,
            None => match self.flag(frame, slot)? {
                Flag::Known(value) => value,
                Flag::Suspended(suspended) => return Ok(Answer::Suspended(suspended)),
            },
        };
        self.work.budget.compare(value.as_text().map_or(0, str::len));
        let is_equal = prerequisite.value.equals(compared, value);
        let verdict = Verdict::Holds(is_equal != negation(prerequisite.negated)?);
        self.observer.on_step(Step::PrerequisiteEnds { value });
        Ok(Answer::Verdict(verdict))
    }

    /// Evaluates a prerequisite flag, unless its value is cached.
    #[inline]
    fn flag(&mut self, dependent: Frame<'_, 'c>, slot: &'c Slot) -> Checked<Flag<'c>> {
        if let Some(value) = self.observer.cached_flag(slot) {
            return Ok(Flag::Known(value));
        }
        let Dependents { depth, level, .. } = *dependent.dependents;
        // The search for a circle compares each dependent.
        self.work.budget.compare(depth);
        if dependent.is_for(slot) {
            let mut path = dependent.path();
            path.push(slot.setting.key.clone());
            return Err(Fault::new(ErrorKind::CircularDependency { path: path.into() }));
        }
        if depth >= MAX_DEPTH {
            return Err(Fault::new(ErrorKind::TooDeep));
        }
        self.observer.on_step(Step::PrerequisiteBegins { key: &slot.setting.key });
        // The difference to the sum afterwards are the warnings of this flag.
        let warnings = self.observer.warnings();
        let frame = Frame { slot, dependents: &Dependents::with(dependent) };
        let progress = if level < FEW {
            self.resume(frame, Position::default())?
        } else {
            Progress::Suspended(frame.suspended(0, 0, None))
        };
        match progress {
            Progress::Done(outcome) => {
                self.cache_flag(slot, outcome.value, warnings);
                Ok(Flag::Known(outcome.value))
            }
            Progress::Suspended(mut suspended) => {
                suspended.warnings = warnings;
                Ok(Flag::Suspended(suspended))
            }
        }
    }

    /// Continues with the suspended settings, from the innermost prerequisite flag to the requested
    /// setting.
    // Not inlined, since chains of more than four flags are rare.
    #[cold]
    #[inline(never)]
    pub(super) fn evaluate_suspended(&mut self, mut current: Suspended<'c>) -> Checked<Outcome<'c>> {
        let mut list = Vec::new();
        loop {
            while let Some(inner) = current.inner.take() {
                // From the outermost setting inwards, as the path of an error shows them.
                list.push(mem::replace(&mut current, *inner));
            }
            let Suspended { slot, at, warnings, .. } = current;
            match self.resume(Frame { slot, dependents: &Dependents::suspended(&list) }, at)? {
                Progress::Suspended(suspended) => current = Suspended { warnings, ..*suspended },
                Progress::Done(outcome) => {
                    let Some(dependent) = list.pop() else { return Ok(outcome) };
                    self.cache_flag(slot, outcome.value, warnings);
                    current = dependent;
                    current.at.flag = Some(outcome.value);
                }
            }
        }
    }

    /// Caches the value of a prerequisite flag, if it has rules or options.
    // A constant flag is found faster than its entry in the cache.
    #[inline]
    fn cache_flag(&mut self, slot: &'c Slot, value: &'c Value, warnings: u64) {
        if slot.setting.targeting.is_some() {
            let cost = self.observer.cache_flag(slot, value, warnings);
            self.work.budget.compare(cost);
        }
    }
}

impl TypedValues {
    /// Returns the type of the value that a prerequisite flag is compared to; `None` if there is no
    /// such value.
    pub(crate) fn compared(&self, kind: Kind) -> Option<SettingType> {
        match kind {
            Kind { inferred: true, setting_type: SettingType::Int } => {
                match (self.has(SettingType::Int), self.has(SettingType::Double)) {
                    // The comparison value says which number type was meant, if it has exactly one.
                    (true, false) => Some(SettingType::Int),
                    (false, true) => Some(SettingType::Double),
                    _ => None,
                }
            }
            Kind { setting_type, .. } => self.has(setting_type).then_some(setting_type),
        }
    }
}
