//! Conditions on an attribute of the user, ready to be tested.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use semver::Version;

use super::{
    contains_any::ContainsAny,
    sets::{HashedList, HashedSlices, StringSet, StringSlices},
    shared_parts::SharedParts,
};
use crate::{
    comparator::{Comparator, End, ListOperation, Operation, Relation},
    compile::interner::{Interner, StringId, StringIdRange},
    error::{Checked, ErrorKind, Fault},
    hash::{self, Digest},
    model::{self, CowStr, Cursor, Field, FromJson},
    number,
    user::AttributeName,
    version::UserVersion,
};

#[derive(Debug)]
pub(crate) struct UserCondition {
    pub(crate) attribute: AttributeName<StringId>,
    /// `None` if the service knows no such comparator.
    pub(crate) comparator: Option<Comparator>,
    pub(crate) test: Test,
}

/// The comparison of a user condition, with everything done that depends on the document alone.
// Large variants are boxed: a condition has 40 bytes, and a document may have a million of them.
#[derive(Debug)]
pub(crate) enum Test {
    Equals(StringId),
    OneOf(StringSet),
    Contains(ContainsAny),
    Slice(End, StringSlices),
    ListContains(StringSet),
    /// `None` where the comparison value is no hash, and so equals nothing.
    HashedEquals(Option<Box<Digest>>),
    HashedOneOf(Box<HashedList<8>>),
    HashedSlice(End, Box<HashedSlices>),
    HashedListContains(Box<HashedList<8>>),
    /// Versions 4 and 5 hash without salt.
    UnsaltedOneOf(Box<HashedList<5>>),
    VersionOneOf(Box<VersionList>),
    Version(Relation, Box<ComparedVersion>),
    Number(Relation, f64),
    Time(Relation, f64),
    /// A comparison value of version 4 or 5 that is no number or version: its rule does not match.
    Unparsable(Comparison),
    Broken(Box<BrokenTest>),
}

#[derive(Debug)]
pub(crate) struct VersionList {
    list: StringIdRange,
    /// `None` where an item is no version, and so the condition always false.
    pub(crate) versions: Option<Box<[Version]>>,
}

#[derive(Debug)]
pub(crate) struct ComparedVersion {
    text: StringId,
    /// `None` where the text is no version, and so the condition always false.
    pub(crate) version: Option<Version>,
}

/// A comparator or comparison value with a fault.
#[derive(Debug)]
pub(crate) struct BrokenTest {
    pub(crate) fault: Arc<Fault>,
    shown: Comparison,
}

/// A comparison value as it is written, as far as the evaluation log shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Missing,
    String(StringId),
    Number(f64),
    /// Unix seconds.
    Time(f64),
    List(StringIdRange),
    Hashed,
    HashedList(usize),
}

impl UserCondition {
    /// Reads and compiles a condition.
    ///
    /// A list is compiled where it stands if the comparator comes before it, as in documents of the
    /// service: so it is gone through only once.
    pub(super) fn read(cursor: &mut Cursor<'_>, shared: &mut SharedParts) -> Field<Checked<Self>> {
        cursor.object(|cursor| {
            let (mut condition, mut compiled) = (model::RawUserCondition::default(), None);
            let strings_before = shared.strings.count();
            cursor.members(|name, value| match &*name {
                b"a" => condition.attribute = FromJson::read(value),
                b"c" => condition.comparator = FromJson::read(value),
                b"s" => condition.string = FromJson::read(value),
                b"d" => condition.number = FromJson::read(value),
                // The service writes the comparator before the list. Another order is read twice,
                // with the same result.
                b"l" => match (condition.list_operation(), model::StringList::here(value)) {
                    (Some(operation), Some(mut list)) => {
                        shared.strings.truncate(strings_before);
                        condition.list = Field::Valid(list.clone());
                        compiled =
                            Some((operation, Test::of_list(operation, &mut list, &mut shared.strings)));
                        list.leave(value);
                    }
                    _ => (condition.list, compiled) = (FromJson::read(value), None),
                },
                _ => value.skip(),
            });
            // After another list or comparator, the strings of the first list are not needed.
            let operation = condition.list_operation();
            let compiled = compiled.and_then(|(known, test)| (operation == Some(known)).then_some(test));
            if compiled.is_none() {
                shared.strings.truncate(strings_before);
            }
            Self::new(condition, compiled, shared)
        })
    }

    /// Compiles a condition, of which the list may be compiled already.
    pub(super) fn new(
        condition: model::RawUserCondition<'_>,
        compiled: Option<Checked<Test>>,
        shared: &mut SharedParts,
    ) -> Checked<Self> {
        let attribute = shared.attribute(condition.attribute.as_ref().member("a", "attribute name")?);
        let code = *condition.comparator.as_ref().member("c", "comparator")?;
        // Comparators from 18 on came with version 6.
        let comparator = Comparator::from_code(code).filter(|_| !condition.is_legacy || code <= 17);
        let test = match comparator {
            Some(known) => Test::new(known.operation, condition, compiled, shared)
                .unwrap_or_else(|fault| Test::missing(shared.share(fault))),
            None => Test::unknown(code, condition, shared),
        };
        Ok(Self { attribute, comparator, test })
    }
}

impl model::RawUserCondition<'_> {
    /// Returns the operation of the comparator, if it is known and compares with a list.
    fn list_operation(&self) -> Option<ListOperation> {
        let Field::Valid(code) = self.comparator else { return None };
        match Comparator::from_code(code)?.operation {
            Operation::List(operation) => Some(operation),
            _ => None,
        }
    }
}

impl Test {
    fn new(
        operation: Operation,
        condition: model::RawUserCondition<'_>,
        compiled: Option<Checked<Self>>,
        shared: &mut SharedParts,
    ) -> Checked<Self> {
        use Operation as O;
        let is_legacy = condition.is_legacy;
        let (string, number, list) = (condition.string, condition.number, condition.list);
        let what = "comparison value";
        Ok(match operation {
            // Specification, 2.2: in versions 4 and 5 a comparison value that is not a number makes
            // the rule not match.
            O::Number(_) if is_legacy && number.is_absent() && !string.is_absent() => {
                Self::Unparsable(Comparison::String(shared.strings.add(&string.member("s", what)?)))
            }
            O::Number(relation) => Self::Number(relation, number.member("d", what)?),
            O::Time(relation) => Self::Time(relation, number.member("d", what)?),
            O::Equals => Self::Equals(shared.strings.add(&string.member("s", what)?)),
            O::Version(relation) => {
                let version = ComparedVersion::new(&string.member("s", what)?, &mut shared.strings);
                Self::Version(relation, Box::new(version)).if_parsed(is_legacy)
            }
            O::HashedEquals => Self::HashedEquals(hash::from_hex(&string.member("s", what)?).map(Box::new)),
            O::List(operation) => {
                let mut list = list.member("l", what)?;
                let test = match (operation, compiled) {
                    (ListOperation::HashedOneOf, _) if is_legacy => {
                        HashedList::new(&mut list).map(|list| Self::UnsaltedOneOf(Box::new(list)))
                    }
                    (_, Some(test)) => test,
                    (_, None) => Self::of_list(operation, &mut list, &mut shared.strings),
                };
                test.map_err(|fault| fault.within("l"))?.if_parsed(is_legacy)
            }
        })
    }

    fn of_list(
        operation: ListOperation,
        items: &mut model::StringList<'_>,
        strings: &mut Interner,
    ) -> Checked<Self> {
        use ListOperation as L;
        // Hashed lists keep digests instead of strings, so only the other operations store the
        // items.
        let mut kept = || strings.list_of(|strings| items.for_each(|item| _ = strings.add(item)));
        Ok(match operation {
            L::HashedOneOf => Self::HashedOneOf(Box::new(HashedList::new(items)?)),
            L::HashedStartsWith => Self::HashedSlice(End::Start, Box::new(HashedSlices::new(items)?)),
            L::HashedEndsWith => Self::HashedSlice(End::End, Box::new(HashedSlices::new(items)?)),
            L::HashedListContains => Self::HashedListContains(Box::new(HashedList::new(items)?)),
            L::OneOf => Self::OneOf(StringSet::new(kept()?, strings)),
            L::Contains => Self::Contains(ContainsAny::new(kept()?, strings)),
            L::StartsWith => Self::Slice(End::Start, StringSlices::new(kept()?, strings)),
            L::EndsWith => Self::Slice(End::End, StringSlices::new(kept()?, strings)),
            L::ListContains => Self::ListContains(StringSet::new(kept()?, strings)),
            L::VersionOneOf => Self::VersionOneOf(Box::new(VersionList::new(kept()?, strings))),
        })
    }

    /// Returns the test, or `Unparsable` for a comparison value of version 4 or 5 that is not a
    /// version.
    // Specification, 2.2: in these versions the rule does not match, with a warning. In version 6
    // the condition is false, without one.
    fn if_parsed(self, is_legacy: bool) -> Self {
        // Every variant is listed, so that the compiler asks for a decision about a new one.
        let is_parsed = match &self {
            Self::Version(_, version) => version.version.is_some(),
            Self::VersionOneOf(list) => list.versions.is_some(),
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::Contains(_)
            | Self::Slice(..)
            | Self::ListContains(_)
            | Self::HashedEquals(_)
            | Self::HashedOneOf(_)
            | Self::HashedSlice(..)
            | Self::HashedListContains(_)
            | Self::UnsaltedOneOf(_)
            | Self::Number(..)
            | Self::Time(..)
            | Self::Unparsable(_)
            | Self::Broken(_) => true,
        };
        if is_parsed || !is_legacy { self } else { Self::Unparsable(self.comparison()) }
    }

    // A broken condition stays in its place, because the rules before it still work.
    #[cold]
    fn missing(fault: Arc<Fault>) -> Self {
        Self::Broken(Box::new(BrokenTest { fault, shown: Comparison::Missing }))
    }

    /// Returns the test of an unknown comparator, which is a fault.
    // Its comparison value is displayed if there is only one, since the comparator does not say
    // which of them counts.
    #[cold]
    fn unknown(code: i64, condition: model::RawUserCondition<'_>, shared: &mut SharedParts) -> Self {
        let shown = match (condition.string.valid(), condition.number.valid(), condition.list) {
            (Some(text), None, Field::Absent) => Comparison::String(shared.strings.add(&text)),
            (None, Some(number), Field::Absent) => Comparison::Number(number),
            _ => Comparison::Missing,
        };
        let fault = shared.share(Fault::new(ErrorKind::UnknownComparator(code)));
        Self::Broken(Box::new(BrokenTest { fault, shown }))
    }

    /// Returns the comparison value as it is written.
    pub(crate) fn comparison(&self) -> Comparison {
        match self {
            Self::Equals(text) => Comparison::String(*text),
            Self::OneOf(set) | Self::ListContains(set) => Comparison::List(set.list),
            Self::Contains(contains) => Comparison::List(contains.list),
            Self::Slice(_, slices) => Comparison::List(slices.list()),
            Self::HashedEquals(_) => Comparison::Hashed,
            Self::HashedOneOf(list) | Self::HashedListContains(list) => Comparison::HashedList(list.count),
            Self::HashedSlice(_, slices) => Comparison::HashedList(slices.count),
            Self::UnsaltedOneOf(list) => Comparison::HashedList(list.count),
            Self::VersionOneOf(versions) => Comparison::List(versions.list),
            Self::Version(_, version) => Comparison::String(version.text),
            Self::Number(_, number) => Comparison::Number(*number),
            Self::Time(_, seconds) => Comparison::Time(*seconds),
            Self::Unparsable(comparison) => *comparison,
            Self::Broken(broken) => broken.shown,
        }
    }
}

impl VersionList {
    fn new(list: StringIdRange, strings: &Interner) -> Self {
        // Items are trimmed and empty ones skipped (specification, 3.1).
        let items = || strings.list(list).map(number::trim).filter(|item| !item.is_empty());
        // One invalid item makes the whole condition false: specification, 3.1.
        if !items().all(|item| UserVersion::parse(item).is_some()) {
            return Self { list, versions: None };
        }
        // Versions are several times as large as their text, so there is room for no more of them
        // than there are.
        let mut versions = Vec::with_capacity(items().count());
        versions.extend(items().filter_map(|item| Version::parse(item).ok()));
        Self { list, versions: Some(versions.into()) }
    }
}

impl ComparedVersion {
    fn new(text: &CowStr<'_>, strings: &mut Interner) -> Self {
        Self { version: Version::parse(number::trim(text)).ok(), text: strings.add(text) }
    }
}
