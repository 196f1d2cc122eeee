//! Prerequisite flags, which are evaluated before the settings that need them can go on.

use core::mem;

use super::{
    Evaluator, Progress,
    frame::{Frame, Needed, Stack, Waiting},
    memo::{Known, Memo},
    negation,
    outcome::Outcome,
};
use crate::{
    SettingType, Value,
    compile::{Kind, PrerequisiteCondition, TypedValues},
    config::Slot,
    error::{Checked, ErrorKind, Fault},
    observe::{Fact, Observer, Verdict},
};

/// How deep prerequisite flags may depend on each other: far beyond any real config. It limits what the path of a
/// circle takes.
const MAX_DEPTH: usize = 200;

impl<'c, 'u, O: Observer<'c, 'u>> Evaluator<'_, 'c, 'u, O> {
    /// Evaluates a setting that needs a prerequisite flag, and all flags that are needed for that.
    ///
    /// What waits is on a stack of its own and not on that of the thread, however deep it goes.
    #[inline(never)]
    pub(super) fn evaluate_with_prerequisites(
        &mut self,
        mut frame: Frame<'c>,
        needed: Needed<'c>,
    ) -> Checked<Outcome<'c>> {
        let mut stack = Stack::default();
        self.meet(needed, &mut frame, &mut stack)?;
        loop {
            match self.go_on(&mut frame)? {
                Progress::Needs(needed) => self.meet(needed, &mut frame, &mut stack)?,
                Progress::Done(outcome) => {
                    let Some(Waiting { frame: dependent, needed }) = stack.pop() else { return Ok(outcome) };
                    self.remember(&frame, outcome.value);
                    frame = dependent;
                    self.answer(needed, &mut frame, outcome.value)?;
                }
            }
        }
    }

    /// Takes the value of a prerequisite flag from what is known, or begins with the flag while what is at hand waits.
    #[inline(always)]
    fn meet(&mut self, needed: Needed<'c>, frame: &mut Frame<'c>, stack: &mut Stack<'c>) -> Checked<()> {
        let slot = needed.slot;
        if let Some(known) = self.memo.as_ref().and_then(|memo| memo.get(slot)) {
            self.observer.recall(known.warnings);
            return self.answer(needed, frame, known.value);
        }
        self.work.budget.compare(stack.depth());
        if core::ptr::eq(frame.slot, slot) || stack.contains(slot) {
            return Err(frame.place(stack.circle(frame, slot)));
        }
        if stack.depth() >= MAX_DEPTH {
            return Err(frame.place(Fault::new(ErrorKind::TooDeep)));
        }
        self.observer.note(Fact::PrerequisiteBegins { key: &slot.setting.key });
        let frame = mem::replace(frame, Frame::new(slot, self.observer.warnings()));
        stack.push(Waiting { frame, needed });
        Ok(())
    }

    /// Compares the value of the prerequisite flag that the condition at hand needs.
    #[inline(always)]
    fn answer(&mut self, needed: Needed<'c>, frame: &mut Frame<'c>, value: &'c Value) -> Checked<()> {
        let Needed { condition, slot } = needed;
        let expected = slot.setting.kind.and_then(|kind| condition.value.comparable(kind));
        let is_equal = expected.is_some_and(|expected| equal(value, &expected));
        self.work.budget.compare(value.as_text().map_or(0, str::len));
        let negated = negation(condition.negated).map_err(|fault| frame.place(fault))?;
        frame.verdict = Some(Verdict::Holds(is_equal != negated));
        self.observer.note(Fact::PrerequisiteEnds { value });
        Ok(())
    }

    /// Keeps the value of a prerequisite flag, if that saves work.
    #[inline(always)]
    fn remember(&mut self, frame: &Frame<'c>, value: &'c Value) {
        if let (Some(memo), Some(_)) = (&mut self.memo, &frame.slot.setting.targeting) {
            self.work.budget.compare(Memo::COST);
            let warnings = self.observer.warnings().wrapping_sub(frame.warnings);
            memo.insert(frame.slot, Known { value, warnings });
        }
    }
}

impl<'c> Needed<'c> {
    /// The prerequisite flag of a condition, if it is there and its value can be compared.
    #[inline(always)]
    pub(super) fn new(condition: &'c PrerequisiteCondition, slot: Option<&'c Slot>) -> Checked<Self> {
        let key = &condition.key;
        let not_found = || Fault::new(ErrorKind::PrerequisiteNotFound { key: key.as_ref().into() });
        let slot = slot.ok_or_else(not_found)?;
        let kind = slot.setting.kind().map_err(|fault| slot.place(fault))?;
        if condition.value.comparable(kind).is_none() {
            let comparison_value = condition.value.only();
            return Err(Fault::new(ErrorKind::PrerequisiteTypeMismatch {
                key: key.clone(),
                comparison_value,
            }));
        }
        Ok(Self { condition, slot })
    }
}

impl TypedValues {
    /// The value that a prerequisite flag of this type can be compared to.
    fn comparable(&self, kind: Kind) -> Option<Value> {
        match kind {
            Kind { inferred: true, setting_type: SettingType::Int } => {
                self.of_type(SettingType::Int).xor(self.of_type(SettingType::Double))
            }
            Kind { setting_type, .. } => self.of_type(setting_type),
        }
    }
}

/// Whether values are the same, where an integer that was written without a type may be compared to a double.
#[expect(clippy::cast_precision_loss, reason = "every other SDK compares doubles here")]
fn equal(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Int(int), Value::Double(double)) => *int as f64 == *double,
        _ => value == expected,
    }
}
