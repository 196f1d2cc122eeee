//! What a setting evaluates to.

use core::num::NonZeroU32;

use crate::{
    compile::interner::StringId,
    error::{Checked, checked},
    value::Value,
};

/// What a setting evaluates to, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'c> {
    pub(crate) value: &'c Value,
    /// Of the document that the setting comes from.
    pub(crate) variation_id: Option<StringId>,
    /// Which rule and which option it comes from, counted from 1.
    pub(crate) rule: Option<NonZeroU32>,
    pub(crate) option: Option<NonZeroU32>,
}

impl<'c> Outcome<'c> {
    /// What is served by that rule and that option, or its fault.
    #[inline]
    pub(super) fn new(
        value: &'c Checked<Value>,
        variation_id: Option<StringId>,
        rule: Option<u32>,
        option: Option<u32>,
    ) -> Checked<Self> {
        let number = |index: Option<u32>| NonZeroU32::new(index?.wrapping_add(1));
        Ok(Self { value: checked(value)?, variation_id, rule: number(rule), option: number(option) })
    }

    /// The index of the rule that it comes from.
    pub(crate) fn rule(&self) -> Option<usize> {
        self.rule.map(|number| number.get() as usize - 1)
    }

    /// The index of the percentage option that it comes from.
    pub(crate) fn option(&self) -> Option<usize> {
        self.option.map(|number| number.get() as usize - 1)
    }
}
