//! Lists of rules, conditions and percentage options: each item is compiled as soon as it is read.
//!
//! A list ends with the first item that evaluation never gets past, so that a document cannot fill the memory with
//! faults.

use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::{
    Condition, Conditions, InvalidThen, Options, PercentageOption, Rule, Rules, Served, Then, UserCondition,
    names::Names, ordered::Ordered, setting::served,
};
use crate::{
    SettingType,
    error::{Checked, ErrorKind, Fault},
    model::{self, Expected, Field, LegacyOption, LegacyRule, Name, Raw, Shape, Take, Taking, skip_items},
};

/// The rules of a setting of that type.
pub(super) fn rules(
    list: Field<Raw<'_>>,
    kind: SettingType,
    is_legacy: bool,
    names: &mut Names,
) -> Checked<Rules> {
    let rules = if is_legacy {
        list.take(LegacyItems {
            order: LegacyRule::order,
            compile: |rule: Field<LegacyRule<'_>>| {
                let rule = names.keep(rule.required("targeting rule"));
                rule.map(|rule| Rule::of_legacy(rule, kind, names))
            },
            fails,
            item: PhantomData,
        })
        .checked()
    } else {
        list.take(RuleItems { kind, names }).checked()
    };
    let mut rules = names.keep(rules)?.unwrap_or_default();
    number_links(&mut rules);
    Ok(rules)
}

/// The percentage options of a setting of that type.
pub(super) fn options(
    list: Field<Raw<'_>>,
    kind: SettingType,
    is_legacy: bool,
    names: &mut Names,
) -> Checked<Options> {
    let options = if is_legacy {
        list.take(LegacyItems {
            order: LegacyOption::order,
            compile: |option: Field<LegacyOption<'_>>| {
                PercentageOption::new(option.map(LegacyOption::convert), kind, names)
            },
            fails: Result::is_err,
            item: PhantomData,
        })
        .checked()
    } else {
        list.take(items(|option| PercentageOption::new(option, kind, names))).checked()
    };
    names.keep(options).map(Option::unwrap_or_default)
}

/// Numbers the prerequisite flags of a setting in the order of [`Setting::links`](super::Setting::links).
fn number_links(rules: &mut Rules) {
    let conditions = rules.iter_mut().flatten().filter_map(|rule| rule.conditions.as_mut().ok());
    let conditions = conditions.flat_map(|conditions| conditions.iter_mut()).flatten();
    let prerequisites = conditions.filter_map(|condition| match condition {
        Condition::Prerequisite(prerequisite) => Some(prerequisite),
        Condition::User(_) | Condition::Segment(_) => None,
    });
    for (link, prerequisite) in (0..).zip(prerequisites) {
        prerequisite.link = link;
    }
}

/// Whether an evaluation that comes to the rule ends there with an error, whoever the user is.
fn fails(rule: &Checked<Rule>) -> bool {
    let Ok(Rule { conditions: Ok(conditions), then }) = rule else { return true };
    match (conditions.first(), then) {
        (Some(first), _) => first.is_err(),
        (None, Then::Served(served)) => served.value.is_err(),
        (None, Then::Invalid(_)) => true,
        (None, Then::Options(_)) => false,
    }
}

/// A list of which each item is compiled, up to the first one with a fault.
pub(super) struct Items<T, F> {
    compile: F,
    item: PhantomData<T>,
}

pub(super) fn items<T, U, F: FnMut(Field<T>) -> Checked<U>>(compile: F) -> Items<T, F> {
    Items { compile, item: PhantomData }
}

impl<'de, T: Shape<'de>, U, F: FnMut(Field<T>) -> Checked<U>> Take<'de> for Items<T, F> {
    const EXPECTED: Expected = Expected::List;
    type Output = Box<[Checked<U>]>;

    fn list<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Option<Self::Output>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            let item = (self.compile)(item);
            let is_last = item.is_err();
            list.push(item);
            if is_last {
                skip_items::<(), _>(items)?;
                break;
            }
        }
        Ok(Some(list.into()))
    }
}

/// A list of version 4 or 5, whose items state their order.
struct LegacyItems<T, O, F, E> {
    order: O,
    compile: F,
    fails: E,
    item: PhantomData<T>,
}

impl<'de, T, U, O, F, E> Take<'de> for LegacyItems<T, O, F, E>
where
    T: Shape<'de>,
    O: Fn(&T) -> i64,
    F: FnMut(Field<T>) -> Checked<U>,
    E: Fn(&Checked<U>) -> bool,
{
    const EXPECTED: Expected = Expected::List;
    type Output = Box<[Checked<U>]>;

    fn list<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Option<Self::Output>, A::Error> {
        let mut list = Ordered::default();
        while let Some(item) = items.next_element::<Field<T>>()? {
            let order = if let Field::Valid(item) = &item { Some((self.order)(item)) } else { None };
            let compiled = (self.compile)(item);
            let is_last = (self.fails)(&compiled);
            list.add(order.unwrap_or_default(), compiled, is_last);
            // Behind what is no item at all, none counts.
            if order.is_none() {
                skip_items::<(), _>(items)?;
                break;
            }
        }
        Ok(Some(list.into_items()))
    }
}

struct RuleItems<'n> {
    kind: SettingType,
    names: &'n mut Names,
}

impl<'de> Take<'de> for RuleItems<'_> {
    const EXPECTED: Expected = Expected::List;
    type Output = Rules;

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Rules>, A::Error> {
        let Self { kind, names } = self;
        let mut rules = Vec::new();
        while let Some(rule) = items.next_element_seed(Taking(RuleMembers { kind, names }))? {
            let rule = names.keep(rule.required("targeting rule"));
            let is_last = fails(&rule);
            rules.push(rule);
            if is_last {
                skip_items::<(), _>(items)?;
                break;
            }
        }
        Ok(Some(rules.into()))
    }
}

struct RuleMembers<'n> {
    kind: SettingType,
    names: &'n mut Names,
}

impl<'de> Take<'de> for RuleMembers<'_> {
    const EXPECTED: Expected = Expected::Object;
    type Output = Rule;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Rule>, A::Error> {
        let Self { kind, names } = self;
        let (mut conditions, mut served, mut options) = (Field::Absent, Field::Absent, Field::Absent);
        while let Some(name) = members.next_key::<Name<'de>>()? {
            match &*name.0 {
                b"c" => {
                    let compile = |condition: Field<model::Condition<'de>>| {
                        let condition = condition.required("condition");
                        let condition = condition.and_then(|condition| Condition::new(condition, names));
                        names.keep(condition)
                    };
                    conditions = members.next_value_seed(Taking(items(compile)))?;
                }
                b"s" => served = members.next_value::<Field<model::Served<'de>>>()?,
                b"p" => {
                    let compile = |option| PercentageOption::new(option, kind, names);
                    options = members.next_value_seed(Taking(items(compile)))?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(Rule::new(conditions, served, options, kind, names)))
    }
}

impl Rule {
    fn new(
        conditions: Field<Conditions>,
        served: Field<model::Served<'_>>,
        options: Field<Options>,
        kind: SettingType,
        names: &mut Names,
    ) -> Self {
        let serve = |item: model::Served<'_>, names: &mut Names| {
            self::served(item.value, item.variation_id, kind, names)
        };
        let (shown, fault) = match (served.checked(), options.checked()) {
            (Ok(Some(served)), Ok(None)) => {
                return Self::with(conditions, Then::Served(serve(served, names)), names);
            }
            (Ok(None), Ok(Some(options))) if !options.is_empty() => {
                return Self::with(conditions, Then::Options(options), names);
            }
            (Err(fault), _) => (None, fault.within("s")),
            (_, Err(fault)) => (None, fault.within("p")),
            (Ok(served), _) => (
                served.and_then(|served| serve(served, names).value.ok()),
                Fault::new(ErrorKind::InvalidThenPart),
            ),
        };
        let fault = names.share(fault);
        Self::with(conditions, Then::Invalid(Box::new(InvalidThen { shown, fault })), names)
    }

    fn with(conditions: Field<Conditions>, then: Then, names: &mut Names) -> Self {
        Self { conditions: names.keep(conditions.checked()).map(Option::unwrap_or_default), then }
    }

    fn of_legacy(rule: LegacyRule<'_>, kind: SettingType, names: &mut Names) -> Self {
        let (condition, model::Served { value, variation_id, .. }) = rule.convert();
        let condition = UserCondition::new(condition, names).map_err(|fault| fault.within("u"));
        Self {
            conditions: Ok(Box::new([names.keep(condition.map(Condition::User))])),
            then: Then::Served(served(value, variation_id, kind, names)),
        }
    }
}

impl PercentageOption {
    fn new(
        option: Field<model::PercentageOption<'_>>,
        kind: SettingType,
        names: &mut Names,
    ) -> Checked<Self> {
        let option = option.required("percentage option").and_then(|option| {
            let percentage = *option.percentage.as_ref().member("p", "percentage")?;
            match u32::try_from(percentage) {
                Ok(percentage) => Ok((percentage, option)),
                Err(_) if percentage < 0 => Err(Fault::new(ErrorKind::NegativePercentage(percentage))),
                Err(_) => Ok((u32::MAX, option)),
            }
        });
        let (percentage, option) = names.keep(option)?;
        let Served { value, variation_id } = served(option.value, option.variation_id, kind, names);
        Ok(Self { percentage, value, variation_id })
    }
}
