//! Private attributes: evaluated as all others, and shown as `<private>`.

use alloc::{string::String, sync::Arc};
use core::fmt;

use crate::attribute::{AttributeJson, AttributeValue};

/// The text in place of a private value.
pub(crate) const PRIVATE: &str = "<private>";

/// The attributes whose values are not shown: [all](Self::all), [all except
/// some](Self::all_except), or [some](Self::only). See
/// [`User::private_attributes`](crate::User::private_attributes).
///
/// Names are case-sensitive, as those of attributes are.
///
/// ```
/// use configcat_eval::PrivateAttributes;
///
/// assert!(PrivateAttributes::only(["Email"]).contains("Email"));
/// assert!(!PrivateAttributes::all_except(["Plan"]).contains("Plan"));
/// assert!(PrivateAttributes::all().contains("Identifier"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateAttributes {
    names: Arc<[String]>,
    /// `true` if the attributes of these names are private, `false` if all others are.
    are_private: bool,
}

impl PrivateAttributes {
    /// Returns all attributes, also the identifier.
    #[must_use]
    pub fn all() -> Self {
        Self { names: Arc::default(), are_private: false }
    }

    /// Returns all attributes except those of these names. An attribute that is added later is
    /// private.
    pub fn all_except<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { are_private: false, ..Self::only(names) }
    }

    /// Returns the attributes of these names.
    pub fn only<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), are_private: true }
    }

    /// Returns whether the attribute of this name is private.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name) == self.are_private
    }
}

/// The value of an attribute as logs, traces and `Debug` show it; `None` if it is private.
///
/// Traces and texts get values only in this form, from the user, which knows what is private. So no
/// text can be written that forgets to ask.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'u>(pub(crate) Option<&'u AttributeValue>);

/// Prints the value as comparators see it as text.
impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str(PRIVATE),
        }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => fmt::Debug::fmt(value, f),
            None => f.write_str(PRIVATE),
        }
    }
}

/// The value as it stands in the evaluation log.
pub(crate) struct ShownJson<'u>(pub(crate) Shown<'u>);

impl fmt::Display for ShownJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.0 {
            Some(value) => AttributeJson(value).fmt(f),
            None => write!(f, "\"{PRIVATE}\""),
        }
    }
}

/// The attributes of a user that are private: those of any of the lists.
// One word, since nearly all users have no marks, and each evaluation with a hook copies them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Marks(Option<Arc<[PrivateAttributes]>>);

impl Marks {
    pub(crate) fn add(&mut self, private: PrivateAttributes) {
        let known = self.0.as_deref().unwrap_or_default();
        // A user may be marked again for each evaluation.
        if !known.contains(&private) {
            self.0 = Some(known.iter().cloned().chain([private]).collect());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.as_deref().unwrap_or_default().iter().any(|private| private.contains(name))
    }
}
