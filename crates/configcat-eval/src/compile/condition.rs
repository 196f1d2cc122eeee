//! Conditions, ready to be tested.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use semver::Version;

use super::{
    Compiler, Names,
    needles::Needles,
    sets::{DigestSet, HashedSlices, TextSet, TextSlices},
};
use crate::{
    SettingType, Value,
    comparator::{Comparator, End, Operation, Relation},
    error::{Checked, ErrorKind, Fault},
    hash::{self, Digest},
    model::{self, Field, Text, TextList},
    number,
    user::AttributeName,
};

#[derive(Debug)]
pub(crate) enum Condition {
    User(UserCondition),
    Segment(SegmentCondition),
    Prerequisite(Box<PrerequisiteCondition>),
}

#[derive(Debug)]
pub(crate) struct UserCondition {
    pub(crate) attribute: AttributeName<Arc<str>>,
    /// `None` if the service knows no such comparator.
    pub(crate) comparator: Option<Comparator>,
    pub(crate) test: Test,
}

/// What a user condition does, with all that depends on the document alone already done. What is large is boxed.
#[derive(Debug)]
pub(crate) enum Test {
    Equals(Box<str>),
    OneOf(Box<TextSet>),
    Contains(Box<Needles>),
    Slice(End, Box<TextSlices>),
    ListContains(Box<TextSet>),
    /// `None` where the comparison value is no hash, and so equals nothing.
    HashedEquals(Option<Box<Digest>>),
    HashedOneOf(Box<DigestSet<32>>),
    HashedSlice(End, Box<HashedSlices>),
    HashedListContains(Box<DigestSet<32>>),
    /// Versions 4 and 5 hash without salt.
    UnsaltedOneOf(Box<DigestSet<20>>),
    VersionOneOf(Box<VersionList>),
    Version(Relation, Box<ComparedVersion>),
    Number(Relation, f64),
    Time(Relation, f64),
    Broken(Box<BrokenTest>),
}

#[derive(Debug)]
pub(crate) struct VersionList {
    texts: TextList,
    /// `None` where an item is no version, and so the condition always false.
    pub(crate) versions: Option<Box<[Version]>>,
}

#[derive(Debug)]
pub(crate) struct ComparedVersion {
    text: Box<str>,
    /// `None` where the text is no version, and so the condition always false.
    pub(crate) version: Option<Version>,
}

/// A comparator or comparison value with a fault.
#[derive(Debug)]
pub(crate) struct BrokenTest {
    pub(crate) fault: Box<Fault>,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Text(Box<str>),
    Number(f64),
}

/// A comparison value as it is written, as far as the evaluation log shows it.
pub(crate) enum Comparison<'c> {
    Missing,
    Text(&'c str),
    Number(f64),
    List(&'c TextList),
    FewTexts(&'c [Box<str>]),
    Hashed,
    HashedList(usize),
}

#[derive(Debug)]
pub(crate) struct SegmentCondition {
    /// Which of the document's segments it is.
    pub(crate) index: i64,
    /// Whether it is IS NOT IN, or the unknown comparator.
    pub(crate) negated: Result<bool, i64>,
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

/// A comparison value as it is written: a member for each type, of which normally just one is there.
#[derive(Debug)]
pub(crate) struct TypedValues {
    bool: Option<bool>,
    text: Option<Arc<str>>,
    int: Option<i64>,
    double: Option<f64>,
}

impl TypedValues {
    fn new(value: model::Value<'_>) -> Self {
        Self {
            bool: value.bool.valid(),
            text: value.text.valid().map(Arc::from),
            int: value.int.valid(),
            double: value.double.valid(),
        }
    }

    /// The value that a setting of type `kind` has.
    pub(crate) fn of_type(&self, kind: SettingType) -> Option<Value> {
        match kind {
            SettingType::Bool => self.bool.map(Value::Bool),
            SettingType::Text => self.text.clone().map(Value::Text),
            SettingType::Int => self.int.map(Value::Int),
            SettingType::Double => self.double.map(Value::Double),
        }
    }

    /// The value, if it is written for exactly one type.
    pub(crate) fn only(&self) -> Option<Value> {
        let types = [SettingType::Bool, SettingType::Text, SettingType::Int, SettingType::Double];
        let mut values = types.into_iter().filter_map(|kind| self.of_type(kind));
        values.next().filter(|_| values.next().is_none())
    }
}

impl model::Value<'_> {
    /// The value that a setting of type `kind` has.
    pub(super) fn of_type(self, kind: SettingType) -> Checked<Value> {
        match kind {
            SettingType::Bool => self.bool.member("b", "bool value (b)").map(Value::Bool),
            SettingType::Text => self.text.member("s", "text value (s)").map(|text| Value::Text(text.into())),
            SettingType::Int => self.int.member("i", "int value (i)").map(Value::Int),
            SettingType::Double => self.double.member("d", "double value (d)").map(Value::Double),
        }
    }
}

impl Compiler {
    pub(super) fn condition(&mut self, condition: model::Condition<'_>) -> Checked<Condition> {
        let user = condition.user.checked().map_err(|fault| fault.within("u"))?;
        let segment = condition.segment.checked().map_err(|fault| fault.within("s"))?;
        let prerequisite = condition.prerequisite.checked().map_err(|fault| fault.within("p"))?;
        match (user, segment, prerequisite) {
            (Some(user), None, None) => UserCondition::new(*user, &mut self.names)
                .map(Condition::User)
                .map_err(|fault| fault.within("u")),
            (None, Some(segment), None) => {
                SegmentCondition::new(*segment).map(Condition::Segment).map_err(|fault| fault.within("s"))
            }
            (None, None, Some(prerequisite)) => self
                .prerequisite_condition(*prerequisite)
                .map(|condition| Condition::Prerequisite(Box::new(condition)))
                .map_err(|fault| fault.within("p")),
            _ => Err(Fault::new(ErrorKind::InvalidCondition)),
        }
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

impl UserCondition {
    pub(super) fn new(condition: model::UserCondition<'_>, names: &mut Names) -> Checked<Self> {
        let attribute = names.attribute(condition.attribute.as_ref().member("a", "attribute name")?);
        let code = *condition.comparator.as_ref().member("c", "comparator")?;
        let comparator = Comparator::from_code(code).filter(|_| !condition.legacy || code <= 17);
        let test = match comparator {
            Some(comparator) => Test::new(comparator.operation, condition).unwrap_or_else(Test::missing),
            None => Test::unknown(code, condition),
        };
        Ok(Self { attribute, comparator, test })
    }
}

impl SegmentCondition {
    fn new(condition: model::SegmentCondition<'_>) -> Checked<Self> {
        let index = condition.index.member("s", "segment index")?;
        let comparator = condition.comparator.member("c", "comparator")?;
        Ok(Self { index, negated: negated(comparator) })
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

impl Test {
    fn new(operation: Operation, condition: model::UserCondition<'_>) -> Checked<Self> {
        use Operation as O;
        let (text, number, list) = (condition.text, condition.number, condition.list);
        let text = || text.member("s", "comparison value");
        let number = || number.member("d", "comparison value");
        let list = || list.member("l", "comparison value");
        Ok(match operation {
            O::Equals => Self::Equals(text()?.into()),
            O::OneOf => Self::OneOf(Box::new(TextSet::new(list()?))),
            O::Contains => Self::Contains(Box::new(Needles::new(list()?))),
            O::Slice(end) => Self::Slice(end, Box::new(TextSlices::new(list()?))),
            O::ListContains => Self::ListContains(Box::new(TextSet::new(list()?))),
            O::HashedEquals => Self::HashedEquals(hash::from_hex(&text()?).map(Box::new)),
            O::HashedOneOf if condition.legacy => Self::UnsaltedOneOf(Box::new(DigestSet::new(&list()?))),
            O::HashedOneOf => Self::HashedOneOf(Box::new(DigestSet::new(&list()?))),
            O::HashedSlice(end) => Self::HashedSlice(end, Box::new(HashedSlices::new(&list()?))),
            O::HashedListContains => Self::HashedListContains(Box::new(DigestSet::new(&list()?))),
            O::VersionOneOf => Self::VersionOneOf(Box::new(VersionList::new(list()?))),
            O::Version(relation) => Self::Version(relation, Box::new(ComparedVersion::new(text()?))),
            O::Number(relation) => Self::Number(relation, number()?),
            O::Time(relation) => Self::Time(relation, number()?),
        })
    }

    #[cold]
    fn missing(fault: Box<Fault>) -> Self {
        Self::Broken(Box::new(BrokenTest { fault, shown: Shown::Nothing }))
    }

    /// An unknown comparator does not say of which type its comparison value is.
    #[cold]
    fn unknown(code: i64, condition: model::UserCondition<'_>) -> Self {
        let shown = match (condition.text.valid(), condition.number.valid(), condition.list) {
            (Some(text), None, Field::Absent) => Shown::Text(text.into()),
            (None, Some(number), Field::Absent) => Shown::Number(number),
            _ => Shown::Nothing,
        };
        Self::Broken(Box::new(BrokenTest { fault: Fault::new(ErrorKind::UnknownComparator(code)), shown }))
    }

    /// The comparison value as it is written.
    pub(crate) fn comparison(&self) -> Comparison<'_> {
        match self {
            Self::Equals(text) => Comparison::Text(text),
            Self::OneOf(set) | Self::ListContains(set) => Comparison::List(set.list()),
            Self::Contains(needles) => needles.comparison(),
            Self::Slice(_, slices) => slices.comparison(),
            Self::HashedEquals(_) => Comparison::Hashed,
            Self::HashedOneOf(set) | Self::HashedListContains(set) => Comparison::HashedList(set.count()),
            Self::HashedSlice(_, slices) => Comparison::HashedList(slices.count()),
            Self::UnsaltedOneOf(set) => Comparison::HashedList(set.count()),
            Self::VersionOneOf(list) => Comparison::List(&list.texts),
            Self::Version(_, version) => Comparison::Text(&version.text),
            Self::Number(_, number) | Self::Time(_, number) => Comparison::Number(*number),
            Self::Broken(broken) => match &broken.shown {
                Shown::Nothing => Comparison::Missing,
                Shown::Text(text) => Comparison::Text(text),
                Shown::Number(number) => Comparison::Number(*number),
            },
        }
    }
}

impl VersionList {
    fn new(texts: TextList) -> Self {
        let versions = texts.iter().map(number::trim).filter(|item| !item.is_empty()).map(Version::parse);
        Self { versions: versions.collect::<Result<Vec<_>, _>>().ok().map(Box::from), texts }
    }
}

impl ComparedVersion {
    fn new(text: Text<'_>) -> Self {
        Self { version: Version::parse(number::trim(&text)).ok(), text: text.into() }
    }
}
