//! Lists of rules, conditions and percentage options: each item is compiled as soon as it is read.
//!
//! A list ends with the first item that evaluation never gets past, so that a document cannot fill
//! the memory with faults.

use alloc::{boxed::Box, vec::Vec};

use super::{
    Condition, Conditions, InvalidThen, Options, PercentageOption, Rule, Rules, Served, Then, UserCondition,
    ordered::Ordered, served::served, shared_parts::SharedParts,
};
use crate::{
    error::{Checked, ErrorKind, Fault},
    model::{self, Cursor, Field, FromJson, LegacyOption, LegacyRule},
    value::SettingType,
};

/// Reads and compiles the rules of a setting of that type, as [`served`] reads values.
pub(super) fn rules(
    list: &mut Cursor<'_>,
    kind: &mut Option<SettingType>,
    shared: &mut SharedParts,
) -> Checked<Rules> {
    let rules = list.list(|list| {
        let mut rules = Vec::new();
        list.items(|rule| {
            let rule = read_rule(rule, kind, shared).required("targeting rule");
            rules.push(shared.keep(rule));
            !rules.last().is_some_and(fails)
        });
        rules.into()
    });
    finished(rules, shared)
}

/// Reads and compiles the rules of a setting of version 4 or 5.
pub(super) fn legacy_rules(
    list: Field<Cursor<'_>>,
    kind: SettingType,
    shared: &mut SharedParts,
) -> Checked<Rules> {
    let rules = list.list(|list| {
        let compile = |rule: Field<LegacyRule<'_>>| {
            let rule = shared.keep(rule.required("targeting rule"));
            rule.map(|rule| Rule::of_legacy(rule, kind, shared))
        };
        legacy_items(list, LegacyRule::order, compile, fails)
    });
    finished(rules, shared)
}

fn finished(rules: Field<Rules>, shared: &mut SharedParts) -> Checked<Rules> {
    let mut rules = shared.keep(rules.checked())?.unwrap_or_default();
    number_links(&mut rules);
    Ok(rules)
}

/// Reads and compiles the percentage options of a setting of that type, as [`served`] reads values.
pub(super) fn options(
    list: &mut Cursor<'_>,
    kind: &mut Option<SettingType>,
    shared: &mut SharedParts,
) -> Checked<Options> {
    let options = read_options(list, kind, shared);
    shared.keep(options.checked()).map(Option::unwrap_or_default)
}

/// Reads and compiles the percentage options of a setting of version 4 or 5.
pub(super) fn legacy_options(
    list: Field<Cursor<'_>>,
    kind: SettingType,
    shared: &mut SharedParts,
) -> Checked<Options> {
    let options = list.list(|list| {
        let compile = |option: Field<LegacyOption<'_>>| {
            PercentageOption::new(option.map(LegacyOption::convert), &mut Some(kind), shared)
        };
        legacy_items(list, LegacyOption::order, compile, Result::is_err)
    });
    shared.keep(options.checked()).map(Option::unwrap_or_default)
}

fn read_options(
    list: &mut Cursor<'_>,
    kind: &mut Option<SettingType>,
    shared: &mut SharedParts,
) -> Field<Options> {
    list.list(|list| read_items(list, |option| PercentageOption::new(FromJson::read(option), kind, shared)))
}

/// Numbers the prerequisite flags of a setting in the order of
/// [`Setting::links`](super::Setting::links).
fn number_links(rules: &mut Rules) {
    let conditions = rules.iter_mut().flatten().filter_map(|rule| rule.conditions.as_mut().ok());
    let conditions = conditions.flat_map(|conditions| conditions.iter_mut()).flatten();
    let prerequisites = conditions.filter_map(|condition| match condition {
        Condition::Prerequisite(prerequisite) => Some(prerequisite),
        Condition::User(_) | Condition::Segment(_) => None,
    });
    // Numbered after all rules are read: only then it is known which of them are kept.
    for (link, prerequisite) in (0..).zip(prerequisites) {
        prerequisite.link = link;
    }
}

/// Returns whether every evaluation that reaches the rule ends there with an error.
// Rules after such a rule can never be reached, so they are not kept.
fn fails(rule: &Checked<Rule>) -> bool {
    let Ok(Rule { conditions: Ok(conditions), then }) = rule else { return true };
    match (conditions.first(), then) {
        (Some(first), _) => first.is_err(),
        (None, Then::Served(served)) => served.value.is_err(),
        (None, Then::Invalid(_)) => true,
        (None, Then::Options(_)) => false,
    }
}

/// Reads and compiles the items of a list, up to the first one with a fault.
pub(super) fn read_items<'de, U>(
    list: &mut Cursor<'de>,
    mut read: impl FnMut(&mut Cursor<'de>) -> Checked<U>,
) -> Box<[Checked<U>]> {
    let mut items = Vec::new();
    list.items(|item| {
        items.push(read(item));
        items.last().is_some_and(Result::is_ok)
    });
    items.into()
}

/// Reads and compiles the items of a list of version 4 or 5, which state their order, up to the
/// first one that fails.
fn legacy_items<'de, T: FromJson<'de>, U>(
    list: &mut Cursor<'de>,
    order: impl Fn(&T) -> i64,
    mut compile: impl FnMut(Field<T>) -> Checked<U>,
    fails: impl Fn(&Checked<U>) -> bool,
) -> Box<[Checked<U>]> {
    let mut items = Ordered::default();
    list.items(|item| {
        let item = T::read(item);
        let order = if let Field::Valid(item) = &item { Some(order(item)) } else { None };
        let compiled = compile(item);
        // The order that an item states, and not its place, decides what comes after it.
        let is_last = fails(&compiled);
        items.add(order.unwrap_or_default(), compiled, is_last);
        // Evaluation fails at an item that is not an object, so no item after it counts.
        order.is_some()
    });
    items.into_items()
}

fn read_rule(rule: &mut Cursor<'_>, kind: &mut Option<SettingType>, shared: &mut SharedParts) -> Field<Rule> {
    rule.object(|rule| {
        let (mut conditions, mut served, mut options) = (Field::Absent, Field::Absent, Field::Absent);
        rule.members(|name, value| match &*name {
            // Conditions and options are compiled where they stand: a rule is never in memory as a
            // model.
            b"c" => {
                conditions =
                    value.list(|list| read_items(list, |condition| Condition::read(condition, shared)));
            }
            b"s" => served = model::RawServed::read(value),
            b"p" => options = read_options(value, kind, shared),
            _ => value.skip(),
        });
        Rule::new(conditions, served, options, kind, shared)
    })
}

impl Rule {
    fn new(
        conditions: Field<Conditions>,
        served: Field<model::RawServed<'_>>,
        options: Field<Options>,
        kind: &mut Option<SettingType>,
        shared: &mut SharedParts,
    ) -> Self {
        let mut serve = |item: model::RawServed<'_>, shared: &mut SharedParts| {
            self::served(item.value, item.variation_id, kind, shared)
        };
        let (shown, fault) = match (served.checked(), options.checked()) {
            (Ok(Some(served)), Ok(None)) => {
                return Self::with(conditions, Then::Served(serve(served, shared)), shared);
            }
            (Ok(None), Ok(Some(options))) if !options.is_empty() => {
                return Self::with(conditions, Then::Options(options), shared);
            }
            // With a fault in both, the one of the served value is reported.
            (Err(fault), _) => (None, fault.within("s")),
            (_, Err(fault)) => (None, fault.within("p")),
            (Ok(served), _) => (
                served.and_then(|served| serve(served, shared).value.ok()),
                Fault::new(ErrorKind::InvalidThenPart),
            ),
        };
        let fault = shared.share(fault);
        Self::with(conditions, Then::Invalid(Box::new(InvalidThen { shown, fault })), shared)
    }

    fn with(conditions: Field<Conditions>, then: Then, shared: &mut SharedParts) -> Self {
        Self { conditions: shared.keep(conditions.checked()).map(Option::unwrap_or_default), then }
    }

    fn of_legacy(rule: LegacyRule<'_>, kind: SettingType, shared: &mut SharedParts) -> Self {
        let (condition, model::RawServed { value, variation_id, .. }) = rule.convert();
        let condition = UserCondition::new(condition, None, shared).map_err(|fault| fault.within("u"));
        Self {
            conditions: Ok(Box::new([shared.keep(condition.map(Condition::User))])),
            then: Then::Served(served(value, variation_id, &mut Some(kind), shared)),
        }
    }
}

impl PercentageOption {
    fn new(
        option: Field<model::RawPercentageOption<'_>>,
        kind: &mut Option<SettingType>,
        shared: &mut SharedParts,
    ) -> Checked<Self> {
        let option = option.required("percentage option").and_then(|option| {
            let percentage = *option.percentage.as_ref().member("p", "percentage")?;
            match u32::try_from(percentage) {
                Ok(percentage) => Ok((percentage, option)),
                Err(_) if percentage < 0 => Err(Fault::new(ErrorKind::NegativePercentage(percentage))),
                // Percentages are summed with saturation, so a larger number means the same.
                Err(_) => Ok((u32::MAX, option)),
            }
        });
        let (percentage, option) = shared.keep(option)?;
        let Served { value, variation_id } = served(option.value, option.variation_id, kind, shared);
        Ok(Self { percentage, value, variation_id })
    }
}
