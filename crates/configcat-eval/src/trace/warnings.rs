//! The warnings of an evaluation, with their wording and limits.

use alloc::{format, vec::Vec};
use core::{fmt, mem};

use crate::{
    compile::Test,
    display::UserConditionDisplay,
    observe,
    trace::{
        Warning,
        invalid_attribute::{InvalidAttribute, attribute},
        limits::{MAX_STRING, MAX_WARNINGS, MAX_WARNINGS_SIZE},
    },
    truncate::truncated,
};

/// The first warnings of an evaluation, and the number of the others.
#[derive(Default)]
pub(crate) struct Warnings {
    first: Vec<Warning>,
    /// The length of the texts in bytes.
    size: usize,
    left_out: usize,
    /// The id of the first warning that is left out.
    next_id: u16,
    /// The warnings that were given for the current setting, and for each setting that depends on
    /// it.
    given: Given,
    given_outside: Vec<Given>,
}

/// Warnings that are given once for a setting.
#[derive(Default)]
struct Given {
    of_user: bool,
    of_options: bool,
}

impl Warnings {
    pub(crate) fn setting_begins(&mut self) {
        self.given_outside.push(mem::take(&mut self.given));
    }

    pub(crate) fn setting_ends(&mut self) {
        self.given = self.given_outside.pop().unwrap_or_default();
    }

    /// Adds a warning, unless it is given once for each setting and was given.
    pub(crate) fn add(&mut self, key: &str, warning: observe::Warning<'_, '_>) {
        // Specification, 3.3: 3001, and 3003 for percentages, come once for each setting.
        let was_given = match warning {
            observe::Warning::NoUser => mem::replace(&mut self.given.of_user, true),
            observe::Warning::AttributeMissingForOptions(_) => mem::replace(&mut self.given.of_options, true),
            observe::Warning::AttributeMissing(_)
            | observe::Warning::AttributeInvalid(..)
            | observe::Warning::ConvertedToString(..) => false,
        };
        if was_given {
            return;
        }
        // The warning that reaches the limit is cut, and not dropped: its start says most.
        let left = MAX_WARNINGS_SIZE.saturating_sub(self.size);
        if self.first.len() < MAX_WARNINGS && left > 0 {
            let (text, _) = truncated(Wording { key, warning }, left.min(MAX_STRING));
            self.size += text.len();
            self.first.push(Warning { id: warning.id(), text });
        } else {
            // The last warning needs an id of its own, so it takes that of the first one left out.
            if self.left_out == 0 {
                self.next_id = warning.id();
            }
            self.left_out += 1;
        }
    }

    /// Returns the first warnings and the number of the others. If there are others, a last warning
    /// says so.
    pub(crate) fn finish(mut self) -> (Vec<Warning>, usize) {
        let more = self.left_out;
        if more > 0 {
            let text = format!("and {more} more warnings of this evaluation, which are left out.");
            self.first.push(Warning { id: self.next_id, text });
        }
        (self.first, more)
    }
}

impl observe::Warning<'_, '_> {
    /// Returns the id of the log event.
    fn id(&self) -> u16 {
        match self {
            Self::NoUser => 3001,
            Self::AttributeMissing(_) | Self::AttributeMissingForOptions(_) => 3003,
            Self::AttributeInvalid(..) => 3004,
            Self::ConvertedToString(..) => 3005,
        }
    }
}

/// The text that every ConfigCat SDK logs.
struct Wording<'k, 'c, 'u> {
    key: &'k str,
    warning: observe::Warning<'c, 'u>,
}

impl fmt::Display for Wording<'_, '_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use observe::Warning as W;
        const READ_MORE: &str = "Read more: https://configcat.com/docs/advanced/user-object/";
        let key = self.key;
        match self.warning {
            W::NoUser => write!(
                f,
                "Cannot evaluate targeting rules and % options for setting '{key}' (User Object is missing). \
                 You should pass a User Object to the evaluation methods like `get_value()`/`get_value_details()` \
                 in order to make targeting work properly. {READ_MORE}"
            ),
            W::AttributeMissing(condition) => write!(
                f,
                "Cannot evaluate condition ({condition}) for setting '{key}' \
                 (the User.{attribute} attribute is missing). You should set the User.{attribute} attribute \
                 in order to make targeting work properly. {READ_MORE}",
                attribute = attribute(condition)
            ),
            W::AttributeMissingForOptions(attribute) => write!(
                f,
                "Cannot evaluate % options for setting '{key}' (the User.{attribute} attribute is missing). \
                 You should set the User.{attribute} attribute in order to make targeting work properly. \
                 {READ_MORE}"
            ),
            W::AttributeInvalid(condition, user) => write!(
                f,
                "Cannot evaluate condition ({condition}) for setting '{key}' ({reason}). Please check the \
                 {checked} and make sure that its value corresponds to the comparison operator.",
                reason = InvalidAttribute(condition, user),
                checked = Checked(condition)
            ),
            W::ConvertedToString(condition, user) => write!(
                f,
                "Evaluation of condition ({condition}) for setting '{key}' may not produce the expected result \
                 (the User.{attribute} attribute is not a string value, thus it was automatically converted to \
                 the string value '{value}'). Please make sure that using a non-string value was intended.",
                attribute = attribute(condition),
                value = user.shown(attribute(condition).as_str())
            ),
        }
    }
}

/// The part that the warning asks people to check.
struct Checked<'c>(UserConditionDisplay<'c>);

impl fmt::Display for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.condition.test {
            Test::Unparsable(_) => f.write_str("comparison value"),
            _ => write!(f, "User.{} attribute", attribute(self.0)),
        }
    }
}
