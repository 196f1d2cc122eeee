//! Whether a user condition holds for the value of an attribute.

use core::cmp::Ordering;

use crate::{
    attribute::AttributeValue,
    comparator::Reading,
    compile::{Test, UserCondition},
    error::{Checked, Fault},
    hash::{self, Salt},
    texts::Texts,
    version::UserVersion,
};

/// What attributes were read as last: a version or number is parsed once an evaluation, however many conditions
/// in a row compare it.
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

    /// `None` if the value is not of the form that the comparator needs; then a fault of the condition is not
    /// reached. The salt is asked for by confidential comparisons only.
    #[inline]
    pub(super) fn holds<'s, 'u>(
        &self,
        value: &'u AttributeValue,
        readings: &mut Readings<'u>,
        texts: &Texts,
        salt: impl FnOnce() -> Option<Salt<'s>>,
    ) -> Checked<Option<bool>> {
        let salt = || salt().ok_or_else(|| Fault::missing("salt of the config (p.s)"));
        let found = match &self.test {
            Test::Equals(expected) => value.with_text(|text| text.as_bytes() == texts.bytes(*expected)),
            Test::OneOf(set) => value.with_text(|text| set.contains(text.as_bytes(), texts)),
            Test::Contains(needles) => value.with_text(|text| needles.any_in(text, texts)),
            Test::Slice(end, slices) => value.with_text(|text| slices.any_of(*end, text.as_bytes(), texts)),
            Test::HashedEquals(expected) => {
                let salt = salt()?;
                let equals = |text: &str| expected.as_deref() == Some(&hash::salted(text.as_bytes(), salt));
                value.with_text(equals)
            }
            Test::HashedOneOf(list) => {
                let salt = salt()?;
                value.with_text(|text| list.contains(&hash::salted(text.as_bytes(), salt)))
            }
            Test::HashedSlice(end, slices) => {
                let salt = salt()?;
                value.with_text(|text| slices.any_of(*end, text.as_bytes(), salt))?
            }
            Test::UnsaltedOneOf(list) => value.with_text(|text| list.contains(&hash::unsalted(text))),
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
                let Some(versions) = &list.versions else { return Ok(Some(false)) };
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
            Test::Broken(_) => return Ok(None),
        };
        Ok(Some(found != self.comparator.is_some_and(|comparator| comparator.negated)))
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
