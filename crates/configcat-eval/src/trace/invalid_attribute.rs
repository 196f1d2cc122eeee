//! The reason why the value of an attribute cannot be compared, as text.

use core::fmt;

use crate::{
    comparator::Reading,
    compile::Test,
    display::UserConditionDisplay,
    user::{AttributeName, User},
};

/// The reason why the value of an attribute cannot be compared.
pub(crate) struct InvalidAttribute<'c, 'u>(pub(crate) UserConditionDisplay<'c>, pub(crate) &'u User);

impl fmt::Display for InvalidAttribute<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, user) = self;
        let expected = match text.condition.comparator.map(|comparator| comparator.operation.reading()) {
            Some(Reading::Version) => "semantic version",
            Some(Reading::Number) => "decimal number",
            Some(Reading::Time) => "Unix timestamp (number of seconds elapsed since Unix epoch)",
            Some(Reading::List) => "string array",
            Some(Reading::String) | None => "text",
        };
        // In versions 4 and 5 the comparison value may be the part that cannot be read.
        match text.condition.test {
            Test::Unparsable(_) => write!(f, "the comparison value is not a valid {expected}"),
            _ => write!(f, "'{}' is not a valid {expected}", user.shown(attribute(*text).as_str())),
        }
    }
}

pub(crate) fn attribute(text: UserConditionDisplay<'_>) -> AttributeName<&str> {
    text.document.attribute(text.condition.attribute)
}
