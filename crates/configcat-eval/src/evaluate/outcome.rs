//! The outcome of an evaluation.

use core::num::NonZeroU32;

use crate::{
    compile::interner::StringId,
    error::{Checked, checked},
    value::Value,
};

/// The value of a setting, and the rule and option that it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'c> {
    pub(crate) value: &'c Value,
    /// The id, in the document that the setting comes from.
    pub(crate) variation_id: Option<StringId>,
    /// The numbers of the rule and of the option, counted from 1.
    // From 1, so that an outcome fits three words.
    pub(crate) rule: Option<NonZeroU32>,
    pub(crate) option: Option<NonZeroU32>,
    /// See [`Evaluation::warnings_id`](crate::Evaluation::warnings_id). 0 until the evaluation
    /// ends.
    // Here, and not in `Evaluation`, where it would be followed by padding: the processor waits
    // when it copies a word that was stored in part, and a constant bool takes 14 ns instead of 12.
    pub(crate) warnings_id: u32,
}

impl<'c> Outcome<'c> {
    /// Returns the outcome of that rule and that option, or the fault of the value.
    #[inline]
    pub(super) fn new(
        value: &'c Checked<Value>,
        variation_id: Option<StringId>,
        rule: Option<u32>,
        option: Option<u32>,
    ) -> Checked<Self> {
        let number = |index: Option<u32>| NonZeroU32::new(index?.wrapping_add(1));
        Ok(Self {
            value: checked(value)?,
            variation_id,
            rule: number(rule),
            option: number(option),
            warnings_id: 0,
        })
    }

    /// Returns the index of the rule.
    pub(crate) fn rule(&self) -> Option<usize> {
        self.rule.map(|number| number.get() as usize - 1)
    }

    /// Returns the index of the percentage option.
    pub(crate) fn option(&self) -> Option<usize> {
        self.option.map(|number| number.get() as usize - 1)
    }
}
