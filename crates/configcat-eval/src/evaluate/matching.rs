//! Whether a user condition holds for the value of an attribute.

use core::cmp::Ordering;

use crate::{
    attribute::AttributeValue,
    comparator::Reading,
    compile::{Test, UserCondition},
    error::Checked,
    hash,
};

impl UserCondition {
    /// Whether the condition compares text, and the value is something else.
    pub(crate) fn converts_to_text(&self, value: &AttributeValue) -> bool {
        !matches!(value, AttributeValue::Text(_))
            && self.comparator.is_ok_and(|comparator| comparator.operation.reading() == Reading::Text)
    }

    /// `None` if the value is not of the form that the comparator needs.
    pub(crate) fn holds(&self, value: &AttributeValue) -> Checked<Option<bool>> {
        match &self.test {
            Ok(test) => {
                let negated = self.comparator.is_ok_and(|comparator| comparator.negated);
                test.run(value, negated)
            }
            Err(fault) if self.accepts(value) => Err(fault.copy()),
            Err(_) => Ok(None),
        }
    }

    /// Whether the value is of the form that the comparator needs; if not, a fault of the condition is not
    /// reached.
    #[cold]
    fn accepts(&self, value: &AttributeValue) -> bool {
        self.comparator.map_or(true, |comparator| match comparator.operation.reading() {
            Reading::Text => true,
            Reading::Version => value.as_version().is_some(),
            Reading::Number => value.as_number().is_some(),
            Reading::Time => value.as_time().is_some(),
            Reading::List => value.any_item(|_| false).is_some(),
        })
    }
}

impl Test {
    fn run(&self, value: &AttributeValue, negated: bool) -> Checked<Option<bool>> {
        let found = match self {
            Self::Equals(expected) => value.with_text(|text| text == &**expected),
            Self::OneOf(set) => value.with_text(|text| set.contains(text)),
            Self::Contains(list) => value.with_text(|text| list.iter().any(|item| text.contains(item))),
            Self::Slice(end, slices) => value.with_text(|text| slices.any_of(*end, text)),
            Self::HashedEquals(salt, digest) => {
                value.with_text(|text| *digest == Some(hash::salted(text.as_bytes(), salt)))
            }
            Self::HashedOneOf(set) => value.with_text(|text| set.contains(text)),
            Self::HashedSlice(end, slices) => value.with_text(|text| slices.any_of(*end, text))?,
            Self::UnsaltedOneOf(set) => value.with_text(|text| set.contains(&hash::unsalted(text))),
            Self::ListContains(set) => match value.any_item(|item| set.contains(item)) {
                Some(found) => found,
                None => return Ok(None),
            },
            Self::HashedListContains(set) => match value.any_item(|item| set.contains(item)) {
                Some(found) => found,
                None => return Ok(None),
            },
            Self::VersionOneOf(versions) => {
                let Some(version) = value.as_version() else { return Ok(None) };
                let Some(versions) = versions else { return Ok(Some(false)) };
                versions.iter().any(|other| version.cmp_precedence(other) == Ordering::Equal)
            }
            Self::Version(relation, expected) => {
                let Some(version) = value.as_version() else { return Ok(None) };
                expected.as_ref().is_some_and(|expected| {
                    relation.holds(&version.cmp_precedence(expected), &Ordering::Equal)
                })
            }
            Self::Number(relation, expected) => {
                let Some(number) = value.as_number() else { return Ok(None) };
                relation.holds(&number, expected)
            }
            Self::Time(relation, expected) => {
                let Some(time) = value.as_time() else { return Ok(None) };
                relation.holds(&time, expected)
            }
        };
        Ok(Some(found != negated))
    }
}
