//! Conditions, ready to be tested.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use semver::Version;

use super::{
    Compiler, Context,
    sets::{HashedSet, HashedSlices, TextSet, TextSlices},
};
use crate::{
    SettingType, Value,
    comparator::{Comparator, End, Operation, Relation},
    error::{Checked, ErrorKind, Fault},
    hash::{self, Digest},
    model::{self, Field, TextList},
    number,
    user::AttributeName,
};

#[derive(Debug)]
pub(crate) enum Condition {
    User(UserCondition),
    Segment(SegmentCondition),
    Prerequisite(PrerequisiteCondition),
}

#[derive(Debug)]
pub(crate) struct UserCondition {
    pub(crate) attribute: AttributeName<Arc<str>>,
    pub(crate) comparator: Result<Comparator, i64>,
    /// The comparison value as it is written.
    pub(crate) comparison: Comparison,
    pub(crate) test: Checked<Test>,
}

/// A comparison value, as far as the evaluation log shows it.
#[derive(Debug)]
pub(crate) enum Comparison {
    Missing,
    Text(Box<str>),
    Number(f64),
    List(Arc<TextList>),
    Hashed,
    HashedList(usize),
}

/// What a user condition does, with all that depends on the document alone already done.
#[derive(Debug)]
pub(crate) enum Test {
    Equals(Box<str>),
    OneOf(TextSet),
    Contains(Arc<TextList>),
    Slice(End, TextSlices),
    ListContains(TextSet),
    HashedEquals(Arc<str>, Option<Digest>),
    HashedOneOf(HashedSet),
    HashedSlice(End, HashedSlices),
    HashedListContains(HashedSet),
    /// Versions 4 and 5 hash without salt.
    UnsaltedOneOf(HashSet<[u8; 20], RandomState>),
    /// `None` where an item is no version, and so the condition always false.
    VersionOneOf(Option<Box<[Version]>>),
    /// `None` where the comparison value is no version, and so the condition always false.
    Version(Relation, Option<Version>),
    Number(Relation, f64),
    Time(Relation, f64),
}

#[derive(Debug)]
pub(crate) struct SegmentCondition {
    pub(crate) segment: Checked<Arc<Segment>>,
    /// Whether it is IS NOT IN, or the unknown comparator.
    pub(crate) negated: Result<bool, i64>,
}

#[derive(Debug)]
pub(crate) struct Segment {
    /// Its place in the list of segments.
    pub(crate) index: usize,
    /// Empty if it is missing, which is the same fault.
    pub(crate) name: Box<str>,
    pub(crate) conditions: Checked<Box<[Checked<Condition>]>>,
}

#[derive(Debug)]
pub(crate) struct PrerequisiteCondition {
    pub(crate) key: Arc<str>,
    /// Which of the links of its setting leads to the prerequisite flag.
    pub(crate) link: usize,
    /// Whether it is NOT EQUALS, or the unknown comparator.
    pub(crate) negated: Result<bool, i64>,
    pub(crate) value: TypedValues,
}

/// A value as it is written: a member for each type, of which normally just one is there.
#[derive(Debug)]
pub(crate) struct TypedValues {
    pub(crate) bool: Checked<Option<bool>>,
    pub(crate) text: Checked<Option<Arc<str>>>,
    pub(crate) int: Checked<Option<i64>>,
    pub(crate) double: Checked<Option<f64>>,
}

impl TypedValues {
    pub(crate) fn new(value: model::Value<'_>) -> Self {
        Self {
            bool: value.bool.checked(),
            text: value.text.map(Arc::from).checked(),
            int: value.int.checked(),
            double: value.double.checked(),
        }
    }

    /// The value that a setting of type `kind` has.
    pub(crate) fn of_type(&self, kind: SettingType) -> Checked<Value> {
        let (value, member) = match kind {
            SettingType::Bool => (self.bool.clone().map(|value| value.map(Value::Bool)), "b"),
            SettingType::Text => (self.text.clone().map(|value| value.map(Value::Text)), "s"),
            SettingType::Int => (self.int.clone().map(|value| value.map(Value::Int)), "i"),
            SettingType::Double => (self.double.clone().map(|value| value.map(Value::Double)), "d"),
        };
        value.map_err(|fault| fault.within(member))?.ok_or_else(|| {
            Fault::missing(match kind {
                SettingType::Bool => "bool value (b)",
                SettingType::Text => "text value (s)",
                SettingType::Int => "int value (i)",
                SettingType::Double => "double value (d)",
            })
        })
    }

    /// The value, if it is written for exactly one type.
    pub(crate) fn only(&self) -> Option<Value> {
        let types = [SettingType::Bool, SettingType::Text, SettingType::Int, SettingType::Double];
        let mut values = types.into_iter().filter_map(|kind| self.of_type(kind).ok());
        values.next().filter(|_| values.next().is_none())
    }
}

impl Compiler<'_> {
    pub(super) fn condition(
        &mut self,
        condition: model::Condition<'_>,
        context: &Context<'_>,
    ) -> Checked<Condition> {
        let user = condition.user.checked().map_err(|fault| fault.within("u"))?;
        let segment = condition.segment.checked().map_err(|fault| fault.within("s"))?;
        let prerequisite = condition.prerequisite.checked().map_err(|fault| fault.within("p"))?;
        match (user, segment, prerequisite) {
            (Some(user), None, None) => {
                self.user_condition(*user, context).map(Condition::User).map_err(|fault| fault.within("u"))
            }
            (None, Some(segment), None) => {
                self.segment_condition(*segment).map(Condition::Segment).map_err(|fault| fault.within("s"))
            }
            (None, None, Some(prerequisite)) => self
                .prerequisite_condition(*prerequisite)
                .map(Condition::Prerequisite)
                .map_err(|fault| fault.within("p")),
            _ => Err(Fault::new(ErrorKind::InvalidCondition)),
        }
    }

    /// Compiles a user condition; `context` salts the hashes of its comparison value.
    pub(super) fn user_condition(
        &mut self,
        condition: model::UserCondition<'_>,
        context: &Context<'_>,
    ) -> Checked<UserCondition> {
        let name = condition.attribute.as_ref().member("a", "attribute name")?;
        let attribute = self.attribute(name);
        let code = *condition.comparator.as_ref().member("c", "comparator")?;
        let known = Comparator::from_code(code).filter(|_| !condition.legacy || code <= 17);
        let Some(comparator) = known else {
            return Ok(UserCondition {
                attribute,
                comparator: Err(code),
                comparison: Comparison::of_unknown(condition.text, condition.number, &condition.list),
                test: Err(Fault::new(ErrorKind::UnknownComparator(code))),
            });
        };
        let (comparison, test) = self.test(comparator.operation, condition, context);
        Ok(UserCondition { attribute, comparator: Ok(comparator), comparison, test })
    }

    fn test(
        &mut self,
        operation: Operation,
        condition: model::UserCondition<'_>,
        context: &Context<'_>,
    ) -> (Comparison, Checked<Test>) {
        use Operation as O;
        let (text, number, list) = (condition.text, condition.number, condition.list);
        let what = "comparison value";
        let result = match operation {
            O::Equals | O::Version(_) | O::HashedEquals => {
                text.member("s", what).map(|text| self.text_test(operation, text.into(), context))
            }
            O::Number(relation) => number
                .member("d", what)
                .map(|number| (Comparison::Number(number), Ok(Test::Number(relation, number)))),
            O::Time(relation) => number
                .member("d", what)
                .map(|number| (Comparison::Number(number), Ok(Test::Time(relation, number)))),
            O::HashedOneOf if condition.legacy => list.member("l", what).map(|list| {
                let digests = list.iter().filter_map(hash::from_hex).collect();
                (Comparison::HashedList(list.len()), Ok(Test::UnsaltedOneOf(digests)))
            }),
            O::HashedOneOf | O::HashedSlice(_) | O::HashedListContains => {
                list.member("l", what).map(|list| {
                    let test = self.salt(context).map(|salt| hashed_list_test(operation, &list, salt));
                    (Comparison::HashedList(list.len()), test)
                })
            }
            O::OneOf | O::Contains | O::Slice(_) | O::ListContains | O::VersionOneOf => {
                list.member("l", what).map(|list| {
                    let list = Arc::new(list);
                    (Comparison::List(list.clone()), Ok(list_test(operation, list)))
                })
            }
        };
        result.unwrap_or_else(|fault| (Comparison::Missing, Err(fault)))
    }

    fn text_test(
        &self,
        operation: Operation,
        text: Box<str>,
        context: &Context<'_>,
    ) -> (Comparison, Checked<Test>) {
        match operation {
            Operation::HashedEquals => {
                let test = self.salt(context).map(|salt| Test::HashedEquals(salt, hash::from_hex(&text)));
                (Comparison::Hashed, test)
            }
            Operation::Version(relation) => {
                let version = Version::parse(number::trim(&text)).ok();
                (Comparison::Text(text), Ok(Test::Version(relation, version)))
            }
            _ => (Comparison::Text(text.clone()), Ok(Test::Equals(text))),
        }
    }

    fn segment_condition(&mut self, condition: model::SegmentCondition<'_>) -> Checked<SegmentCondition> {
        let index = condition.index.member("s", "segment index")?;
        let comparator = condition.comparator.member("c", "comparator")?;
        let segment = usize::try_from(index).ok().and_then(|index| self.segments.get(index));
        Ok(SegmentCondition {
            segment: segment.cloned().unwrap_or_else(|| Err(Fault::new(ErrorKind::SegmentNotFound(index)))),
            negated: negated(comparator),
        })
    }

    fn prerequisite_condition(
        &mut self,
        condition: model::PrerequisiteCondition<'_>,
    ) -> Checked<PrerequisiteCondition> {
        let key = condition.key.member("f", "prerequisite flag")?;
        let comparator = condition.comparator.member("c", "comparator")?;
        let value = condition.value.member("v", "comparison value")?;
        let key: Arc<str> = key.into();
        self.links.push(key.clone());
        Ok(PrerequisiteCondition {
            key,
            link: self.links.len() - 1,
            negated: negated(comparator),
            value: TypedValues::new(value),
        })
    }
}

fn list_test(operation: Operation, list: Arc<TextList>) -> Test {
    match operation {
        Operation::Contains => Test::Contains(list),
        Operation::Slice(end) => Test::Slice(end, TextSlices::new(list)),
        Operation::ListContains => Test::ListContains(TextSet::new(list)),
        Operation::VersionOneOf => {
            let versions = list.iter().map(number::trim).filter(|item| !item.is_empty()).map(Version::parse);
            Test::VersionOneOf(versions.collect::<Result<Vec<_>, _>>().ok().map(Box::from))
        }
        _ => Test::OneOf(TextSet::new(list)),
    }
}

fn hashed_list_test(operation: Operation, list: &TextList, salt: Arc<str>) -> Test {
    match operation {
        Operation::HashedSlice(end) => Test::HashedSlice(end, HashedSlices::new(list, salt)),
        Operation::HashedListContains => Test::HashedListContains(HashedSet::new(list, salt)),
        _ => Test::HashedOneOf(HashedSet::new(list, salt)),
    }
}

/// The comparators of segment and prerequisite conditions.
fn negated(comparator: i64) -> Result<bool, i64> {
    match comparator {
        0 => Ok(false),
        1 => Ok(true),
        unknown => Err(unknown),
    }
}

impl Comparison {
    /// An unknown comparator does not say of which type its comparison value is.
    fn of_unknown(
        text: Field<alloc::borrow::Cow<'_, str>>,
        number: Field<f64>,
        list: &Field<TextList>,
    ) -> Self {
        match (text.valid(), number.valid(), list) {
            (Some(text), None, Field::Absent) => Self::Text(text.into()),
            (None, Some(number), Field::Absent) => Self::Number(number),
            _ => Self::Missing,
        }
    }
}
