//! The values that a setting may serve, and their places in the config JSON.

use alloc::{format, string::String};
use core::{fmt, iter, num::NonZeroU32};

use crate::{
    compile::{PercentageOption, Then, interner::StringId},
    error::Checked,
    slots::Slot,
    value::Value,
};

/// A value that a setting may serve. Returned by
/// [`Setting::served_values`](crate::Setting::served_values), which has an example.
#[derive(Clone, Copy)]
pub struct ServedValue<'c> {
    slot: &'c Slot,
    value: &'c Value,
    variation_id: Option<StringId>,
    rule: Option<usize>,
    option: Option<usize>,
}

/// Place of a value among those that a setting may serve: the default, a rule, or an option. It
/// takes eight bytes.
///
/// Returned by [`Evaluation::place`](crate::Evaluation::place), and read by
/// [`Setting::value_at`](crate::Setting::value_at), which has an example.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServedPlace {
    /// Number of the rule, counted from 1.
    rule: Option<NonZeroU32>,
    /// Number of the option, counted from 2; 1 without an option.
    // Never 0, so that an `Option` of a place takes eight bytes too.
    option: NonZeroU32,
}

impl ServedPlace {
    /// Returns the place of an option of a rule. Both are counted from 1.
    #[inline]
    pub(crate) fn new(rule: Option<NonZeroU32>, option: Option<NonZeroU32>) -> Self {
        Self { rule, option: option.map_or(NonZeroU32::MIN, |number| number.saturating_add(1)) }
    }

    /// Returns the index of the targeting rule; `None` for the default and for the options of the
    /// setting.
    #[must_use]
    pub fn rule(self) -> Option<usize> {
        Some(self.rule?.get() as usize - 1)
    }

    /// Returns the index of the percentage option; `None` if it is no option.
    #[must_use]
    pub fn option(self) -> Option<usize> {
        (self.option.get() as usize).checked_sub(2)
    }
}

impl fmt::Debug for ServedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedPlace").field("rule", &self.rule()).field("option", &self.option()).finish()
    }
}

/// Returns the value of a setting at a place, if there is one.
pub(crate) fn at(slot: &Slot, place: ServedPlace) -> Option<&Value> {
    let setting = &slot.setting;
    let (served, options) = match place.rule() {
        None => (Some(&setting.default), setting.options()),
        Some(rule) => match &setting.rules().get(rule)?.as_ref().ok()?.then {
            Then::Served(served) => (Some(&served.value), Default::default()),
            Then::Options(options) => (None, &**options),
            Then::Invalid(_) => return None,
        },
    };
    let value = match place.option() {
        None => served?,
        Some(option) => &options.get(option)?.as_ref().ok()?.value,
    };
    value.as_ref().ok()
}

/// A value, its variation id, and the indices of its rule and option.
type Part<'c> = (&'c Checked<Value>, Option<StringId>, Option<usize>, Option<usize>);

/// Returns the values of a setting: the default, then those of the rules and of the options.
pub(crate) fn of_setting(slot: &Slot) -> impl Iterator<Item = ServedValue<'_>> {
    let setting = &slot.setting;
    let rules = setting.rules().iter().enumerate().flat_map(|(index, rule)| {
        let (served, options): (_, &[_]) = match rule.as_ref().map(|rule| &rule.then) {
            Ok(Then::Served(served)) => (Some(served), &[]),
            Ok(Then::Options(options)) => (None, options),
            Ok(Then::Invalid(_)) | Err(_) => (None, &[]),
        };
        let served = served.map(|served| (&served.value, served.variation_id, Some(index), None));
        served.into_iter().chain(of_options(options, Some(index)))
    });
    let default = (&setting.default, setting.variation_id, None, None);
    let all = iter::once(default).chain(rules).chain(of_options(setting.options(), None));
    all.filter_map(move |(value, variation_id, rule, option)| {
        Some(ServedValue { slot, value: value.as_ref().ok()?, variation_id, rule, option })
    })
}

fn of_options(options: &[Checked<PercentageOption>], rule: Option<usize>) -> impl Iterator<Item = Part<'_>> {
    options.iter().enumerate().filter_map(move |(index, option)| {
        let option = option.as_ref().ok()?;
        Some((&option.value, option.variation_id, rule, Some(index)))
    })
}

impl<'c> ServedValue<'c> {
    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &'c Value {
        self.value
    }

    /// Returns the id of the variation, if the config JSON gives one.
    #[must_use]
    pub fn variation_id(&self) -> Option<&'c str> {
        self.variation_id.map(|id| self.slot.document.strings.get(id))
    }

    /// Returns the index of the targeting rule that serves the value, counted from 0; `None` for
    /// the default and for the options of the setting.
    #[must_use]
    pub fn rule(&self) -> Option<usize> {
        self.rule
    }

    /// Returns the index of the percentage option that serves the value, counted from 0: of the
    /// [rule](Self::rule), or else of the setting. `None` if it is no option.
    #[must_use]
    pub fn option(&self) -> Option<usize> {
        self.option
    }

    /// Returns the place in the config JSON, as errors show it: `f.limits.r[1].s.v`.
    #[must_use]
    pub fn place(&self) -> String {
        let Slot { setting, document, .. } = self.slot;
        let mut place = format!("{}.{}", document.settings_member, setting.key);
        if setting.kind.is_some_and(|kind| kind.inferred) {
            // A bare value, without members.
            return place;
        }
        if let Some(rule) = self.rule {
            place += &format!(".r[{rule}]");
        }
        match (self.option, self.rule) {
            (Some(option), _) => place += &format!(".p[{option}]"),
            // Rules of versions 4 and 5 have the value itself.
            (None, Some(_)) if !document.is_legacy => place += ".s",
            (None, _) => {}
        }
        place + ".v"
    }
}

impl fmt::Debug for ServedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedValue").field("place", &self.place()).field("value", self.value).finish()
    }
}
