//! Comparison of an attribute with a user condition.

use core::cmp::Ordering;

use crate::{
    attribute::AttributeValue,
    comparator::{End, Reading},
    compile::{
        Segment, Test, UserCondition,
        interner::Interner,
        sets::{HashedList, HashedSlices, StringSet, StringSlices, is_slice},
    },
    error::{Checked, Fault, checked},
    hash::{self, Digest, Salt},
    slots::Slot,
    small_string::SmallString,
};

use super::{budget::Budget, work::Work};

impl UserCondition {
    /// Returns whether the condition compares strings and the value is not one.
    #[inline]
    pub(super) fn converts_to_string(&self, value: &AttributeValue) -> bool {
        !matches!(value, AttributeValue::Text(_))
            && self.comparator.is_some_and(|comparator| comparator.operation.reading() == Reading::String)
    }

    #[inline]
    fn is_negated(&self) -> bool {
        self.comparator.is_some_and(|comparator| comparator.negated)
    }

    /// Returns whether the condition holds; `None` if the value does not have the form that the
    /// comparator needs. Then a fault of the condition is not reached. The condition belongs to the
    /// segment, or else to the setting in the slot.
    // See the comment on `Evaluator`.
    #[inline(always)]
    pub(super) fn holds<'c, 'u>(
        &self,
        value: &'u AttributeValue,
        work: &mut Work<'c, 'u>,
        slot: &'c Slot,
        segment: Option<&'c Segment>,
    ) -> Checked<Option<bool>> {
        let strings = &slot.document.strings;
        // The most common conditions first: a string that is compared as it is, without a call.
        let found = match (&self.test, value) {
            (Test::Equals(expected), AttributeValue::Text(text)) => {
                work.budget.compare(text.len());
                text.as_bytes() == strings.bytes(*expected)
            }
            (Test::OneOf(set), AttributeValue::Text(text)) => {
                work.budget.compare(text.len());
                set.contains(text.as_bytes(), strings)
            }
            (Test::Slice(end, StringSlices::One(_, span)), AttributeValue::Text(text)) => {
                work.budget.compare(text.len());
                is_slice(text.as_bytes(), *end, strings.bytes_at(*span))
            }
            (Test::Slice(end, slices), AttributeValue::Text(text)) => {
                slices.any_of(*end, text.as_bytes(), strings, &mut work.budget)?
            }
            _ => match self.found(value, work, slot, segment)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        Ok(Some(found != self.is_negated()))
    }

    /// Returns whether the comparator finds what it looks for, before negation.
    // Not inlined: the three common tests of `holds` do not need it, and it is ten times their
    // size.
    #[inline(never)]
    fn found<'c, 'u>(
        &self,
        value: &'u AttributeValue,
        work: &mut Work<'c, 'u>,
        slot: &'c Slot,
        segment: Option<&'c Segment>,
    ) -> Checked<Option<bool>> {
        let strings = &slot.document.strings;
        let context = segment.map_or(&*slot.setting.key, |segment| &segment.name);
        let salt = || match checked(&slot.document.salt)? {
            // Inside a segment, the name of the segment is the second part of the salt
            // (specification, 3).
            Some(document) => Ok(Salt { document, context }),
            None => Err(Fault::missing("salt of the config (p.s)")),
        };
        // Shared by all branches, so that the function has one buffer on its stack.
        let scratch = &mut None;
        let found = match &self.test {
            Test::Equals(expected) => value.counted_str(scratch, work).as_bytes() == strings.bytes(*expected),
            Test::OneOf(set) => set.contains(value.counted_str(scratch, work).as_bytes(), strings),
            Test::Contains(contains) => {
                contains.any_in(value.counted_str(scratch, work), strings, &mut work.budget)?
            }
            Test::Slice(end, slices) => {
                slices.any_of(*end, value.counted_str(scratch, work).as_bytes(), strings, &mut work.budget)?
            }
            Test::HashedEquals(expected) => {
                let is_expected =
                    |digest: &Digest| expected.as_ref().is_some_and(|expected| **expected == *digest);
                work.test_digest_of(value, salt()?, is_expected)?
            }
            Test::HashedOneOf(list) => work.test_digest_of(value, salt()?, |digest| list.contains(digest))?,
            Test::HashedSlice(end, slices) => any_hashed_slice(*end, slices, value, work, salt()?)?,
            Test::UnsaltedOneOf(list) => {
                let text = value.counted_str(scratch, work);
                work.budget.hash(text.len())?;
                list.contains(&hash::unsalted(text))
            }
            Test::ListContains(set) => return any_item(set, strings, value, work),
            Test::HashedListContains(list) => return any_hashed_item(list, value, work, salt()),
            Test::VersionOneOf(list) => {
                let Some(version) = work.version(value) else { return Ok(None) };
                // With an invalid item the condition is false, negated or not (specification, 3.1).
                let Some(versions) = &list.versions else { return Ok(Some(self.is_negated())) };
                work.budget.compare_next(versions.len() * version.equality_cost())?;
                versions.iter().any(|other| version.equals(other))
            }
            Test::Version(relation, expected) => {
                let Some(version) = work.version(value) else { return Ok(None) };
                work.budget.compare(version.comparison_cost());
                let ordering = expected.version.as_ref().map(|expected| version.compare(expected));
                ordering.is_some_and(|ordering| relation.holds(&ordering, &Ordering::Equal))
            }
            Test::Number(relation, expected) => {
                let Some(number) = work.number(value) else { return Ok(None) };
                relation.holds(&number, expected)
            }
            Test::Time(relation, expected) => {
                let Some(time) = work.time(value) else { return Ok(None) };
                relation.holds(&time, expected)
            }
            // An attribute that the comparator cannot read is the warning 3004, and comes before
            // the fault of the comparison value.
            Test::Broken(broken) if self.accepts(value, work) => return Err(broken.fault.copy()),
            Test::Unparsable(_) | Test::Broken(_) => return Ok(None),
        };
        Ok(Some(found))
    }

    /// Returns whether the value has the form that the comparator needs.
    #[cold]
    fn accepts<'u>(&self, value: &'u AttributeValue, work: &mut Work<'_, 'u>) -> bool {
        self.comparator.is_none_or(|comparator| match comparator.operation.reading() {
            Reading::String => true,
            Reading::Version => work.version(value).is_some(),
            Reading::Number => work.number(value).is_some(),
            Reading::Time => work.time(value).is_some(),
            Reading::List => {
                work.budget.parse(value.str_len());
                value.any_item(|_| Ok(false)).is_ok_and(|found| found.is_some())
            }
        })
    }
}

/// Returns whether the attribute starts or ends with any of the hashed strings.
fn any_hashed_slice<'c, 'u>(
    end: End,
    slices: &HashedSlices,
    value: &'u AttributeValue,
    work: &mut Work<'c, 'u>,
    salt: Salt<'c>,
) -> Checked<bool> {
    if let AttributeValue::Text(text) = value {
        return slices.any_of(end, text.as_bytes(), |slice, digests| {
            work.test_digest(slice, salt, |digest| digests.contains(digest))
        });
    }
    // A converted value is gone after the comparison, so its hashes are not kept.
    let scratch = &mut None;
    let text = value.counted_str(scratch, work).as_bytes();
    slices.any_of(end, text, |slice, digests| Ok(digests.contains(&work.digest_once(slice, salt)?)))
}

/// Returns whether any item of the attribute is one of the strings; `None` if the attribute is not
/// a list.
fn any_item(
    set: &StringSet,
    strings: &Interner,
    value: &AttributeValue,
    work: &mut Work<'_, '_>,
) -> Checked<Option<bool>> {
    work.budget.parse(value.str_len());
    value.any_item(|item| {
        work.budget.compare_next(item.len() + Budget::ITEM)?;
        Ok(set.contains(item.as_bytes(), strings))
    })
}

/// Returns whether any item of the attribute is one of the hashed strings; `None` if the attribute
/// is not a list.
fn any_hashed_item<'c, 'u>(
    list: &HashedList<8>,
    value: &'u AttributeValue,
    work: &mut Work<'c, 'u>,
    salt: Checked<Salt<'c>>,
) -> Checked<Option<bool>> {
    work.budget.parse(value.str_len());
    let found = value.any_item(|item| {
        // Without a salt the search continues, to find out whether the attribute is a list at all:
        // a missing salt is reported only for a list, as for all comparators.
        let Ok(salt) = &salt else { return Ok(false) };
        Ok(list.contains(&work.digest_once(item.as_bytes(), *salt)?))
    })?;
    if found.is_some() {
        salt?;
    }
    Ok(found)
}

impl AttributeValue {
    /// Returns the attribute as a string, and counts the work of converting and reading it.
    #[inline]
    fn counted_str<'v>(&'v self, scratch: &'v mut Option<SmallString>, work: &mut Work<'_, '_>) -> &'v str {
        let text = self.to_str(scratch);
        work.count_str(self, text);
        text
    }
}
