//! Whether a user condition holds for the value of an attribute.

use core::cmp::Ordering;

use crate::{
    attribute::AttributeValue,
    comparator::Reading,
    compile::{Segment, Test, UserCondition},
    config::Slot,
    error::{Checked, Fault, checked},
    hash::{self, Salt},
    version::UserVersion,
};

/// What attributes were read as last: a version or number is parsed once, however many conditions in a row compare it.
#[derive(Default)]
pub(super) struct Readings<'u> {
    version: Option<(&'u AttributeValue, Option<UserVersion<'u>>)>,
    number: Option<(&'u AttributeValue, Option<f64>)>,
}

impl<'u> Readings<'u> {
    fn version(&mut self, value: &'u AttributeValue) -> Option<UserVersion<'u>> {
        last_or(&mut self.version, value, AttributeValue::as_version)
    }

    fn number(&mut self, value: &'u AttributeValue) -> Option<f64> {
        last_or(&mut self.number, value, AttributeValue::as_number)
    }

    /// Unix time in seconds.
    fn time(&mut self, value: &'u AttributeValue) -> Option<f64> {
        match value {
            AttributeValue::DateTime(time) => Some(time.unix_seconds()),
            _ => self.number(value),
        }
    }
}

/// What was read last, if it was read from this value; else reads and remembers it.
#[inline]
fn last_or<'u, T: Copy>(
    last: &mut Option<(&'u AttributeValue, T)>,
    value: &'u AttributeValue,
    read: impl FnOnce(&'u AttributeValue) -> T,
) -> T {
    match last {
        Some((known, reading)) if core::ptr::eq(*known, value) => *reading,
        _ => last.insert((value, read(value))).1,
    }
}

impl UserCondition {
    /// Whether the condition compares text, and the value is something else.
    #[inline]
    pub(super) fn converts_to_text(&self, value: &AttributeValue) -> bool {
        !matches!(value, AttributeValue::Text(_))
            && self.comparator.is_some_and(|comparator| comparator.operation.reading() == Reading::Text)
    }

    #[inline]
    fn is_negated(&self) -> bool {
        self.comparator.is_some_and(|comparator| comparator.negated)
    }

    /// `None` if the value is not of the form that the comparator needs; then a fault of the condition is not
    /// reached. The condition belongs to the segment, or else to the setting in the slot.
    #[inline(always)]
    pub(super) fn holds<'u>(
        &self,
        value: &'u AttributeValue,
        readings: &mut Readings<'u>,
        slot: &Slot,
        segment: Option<&Segment>,
    ) -> Checked<Option<bool>> {
        let texts = &slot.document.texts;
        // The most common and the quickest: a text that is compared as it is.
        let found = match (&self.test, value) {
            (Test::Equals(expected), AttributeValue::Text(text)) => text.as_bytes() == texts.bytes(*expected),
            (Test::OneOf(set), AttributeValue::Text(text)) => set.contains(text.as_bytes(), texts),
            (Test::Slice(end, slices), AttributeValue::Text(text)) => {
                slices.any_of(*end, text.as_bytes(), texts)
            }
            _ => match self.found(value, readings, slot, segment)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        Ok(Some(found != self.is_negated()))
    }

    /// What the comparator looks for is found or not, with negation apart.
    #[inline(never)]
    fn found<'u>(
        &self,
        value: &'u AttributeValue,
        readings: &mut Readings<'u>,
        slot: &Slot,
        segment: Option<&Segment>,
    ) -> Checked<Option<bool>> {
        let texts = &slot.document.texts;
        let context = segment.map_or(&*slot.setting.key, |segment| &segment.name);
        let salt = || match checked(&slot.document.salt)? {
            Some(document) => Ok(Salt { document, context }),
            None => Err(Fault::missing("salt of the config (p.s)")),
        };
        let room = &mut None;
        let found = match &self.test {
            Test::Equals(expected) => value.text(room).as_bytes() == texts.bytes(*expected),
            Test::OneOf(set) => set.contains(value.text(room).as_bytes(), texts),
            Test::Contains(needles) => needles.any_in(value.text(room), texts),
            Test::Slice(end, slices) => slices.any_of(*end, value.text(room).as_bytes(), texts),
            Test::HashedEquals(expected) => {
                let digest = hash::salted(value.text(room).as_bytes(), salt()?);
                expected.as_ref().is_some_and(|expected| **expected == digest)
            }
            Test::HashedOneOf(list) => list.contains(&hash::salted(value.text(room).as_bytes(), salt()?)),
            Test::HashedSlice(end, slices) => slices.any_of(*end, value.text(room).as_bytes(), salt()?)?,
            Test::UnsaltedOneOf(list) => list.contains(&hash::unsalted(value.text(room))),
            Test::ListContains(set) => match value.any_item(|item| set.contains(item.as_bytes(), texts)) {
                Some(found) => found,
                None => return Ok(None),
            },
            Test::HashedListContains(list) => {
                let salt = salt();
                let salted = |item: &str| salt.as_ref().map(|salt| hash::salted(item.as_bytes(), *salt));
                match value.any_item(|item| salted(item).is_ok_and(|digest| list.contains(&digest))) {
                    Some(found) => salt.map(|_| found)?,
                    None => return Ok(None),
                }
            }
            Test::VersionOneOf(list) => {
                let Some(version) = readings.version(value) else { return Ok(None) };
                // With an item that is no version it is false in the end, negated or not.
                let Some(versions) = &list.versions else { return Ok(Some(self.is_negated())) };
                versions.iter().any(|other| version.compare(other) == Ordering::Equal)
            }
            Test::Version(relation, expected) => {
                let Some(version) = readings.version(value) else { return Ok(None) };
                let ordering = expected.version.as_ref().map(|expected| version.compare(expected));
                ordering.is_some_and(|ordering| relation.holds(&ordering, &Ordering::Equal))
            }
            Test::Number(relation, expected) => {
                let Some(number) = readings.number(value) else { return Ok(None) };
                relation.holds(&number, expected)
            }
            Test::Time(relation, expected) => {
                let Some(time) = readings.time(value) else { return Ok(None) };
                relation.holds(&time, expected)
            }
            Test::Broken(broken) if self.accepts(value, readings) => return Err(broken.fault.copy()),
            Test::Unparsable(_) | Test::Broken(_) => return Ok(None),
        };
        Ok(Some(found))
    }

    /// Whether the value is of the form that the comparator needs.
    #[cold]
    fn accepts<'u>(&self, value: &'u AttributeValue, readings: &mut Readings<'u>) -> bool {
        self.comparator.is_none_or(|comparator| match comparator.operation.reading() {
            Reading::Text => true,
            Reading::Version => readings.version(value).is_some(),
            Reading::Number => readings.number(value).is_some(),
            Reading::Time => readings.time(value).is_some(),
            Reading::List => value.any_item(|_| false).is_some(),
        })
    }
}
