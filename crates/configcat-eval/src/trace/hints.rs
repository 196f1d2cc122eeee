//! Hints: likely mistakes behind an evaluation. They stand beside the evaluation log, whose text is
//! fixed across SDKs.

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write};

use crate::{
    config::Config,
    error::{ErrorKind, EvaluationError},
    observe::CannotEvaluate,
    similar::{SearchBudget, most_similar},
    user::User,
};

/// The number of missing attributes that hints are made for.
// People read the first ones, and each takes a search.
const MAX_ATTRIBUTES: usize = 10;
/// The length of the name of such an attribute, in bytes.
// Beyond what `most_similar` compares, and a hint is a short line.
const MAX_NAME: usize = 256;

/// A likely reason for an unexpected value, of [`Trace::hints`](crate::Trace::hints). Prints as one
/// sentence.
///
/// ```
/// use configcat_eval::{Config, Hint, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isPro": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let trace = config.explain("isPro", &User::new("42").custom("plan", "pro"));
/// let [Hint::SimilarAttribute { attribute, similar }] = trace.hints() else { panic!("{trace:#}") };
/// assert_eq!((attribute.as_str(), similar.as_str()), ("Plan", "plan"));
/// assert_eq!(
///     trace.hints()[0].to_string(),
///     "the user has no attribute 'Plan', and has 'plan'; names are case-sensitive"
/// );
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Hint {
    /// The config has no setting of the requested key.
    UnknownKey {
        /// The requested key.
        key: String,
        /// The key that is most like it, if there is one: see
        /// [`Config::similar_key`](crate::Config::similar_key).
        similar: Option<String>,
    },
    /// The evaluation failed for another reason.
    Failed(EvaluationError),
    /// A targeting rule or percentage options need a user, and no user was given.
    NoUser,
    /// The user does not have an attribute, and has one with a similar name.
    SimilarAttribute {
        /// The missing attribute.
        attribute: String,
        /// The similar attribute of the user.
        similar: String,
    },
    /// The attribute is empty text, which counts as missing in conditions.
    EmptyAttribute {
        /// The attribute.
        attribute: String,
    },
}

/// Writes one line: control characters of names are escaped.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&mut OneLine(f))
    }
}

/// A writer that escapes control characters.
// Without it, a name with a line feed could forge a line of the log.
struct OneLine<'a, W>(&'a mut W);

impl<W: Write> Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            if c.is_control() { write!(self.0, "{}", c.escape_default()) } else { self.0.write_char(c) }
        })
    }
}

impl Hint {
    fn write(&self, f: &mut impl Write) -> fmt::Result {
        match self {
            Self::UnknownKey { key, similar } => {
                write!(f, "the config has no setting '{key}'")?;
                similar.iter().try_for_each(|similar| write!(f, "; did you mean '{similar}'?"))
            }
            Self::Failed(error) => write!(f, "the evaluation failed: {error}"),
            Self::NoUser => {
                f.write_str("no user was given, and targeting rules and percentage options need one")
            }
            Self::SimilarAttribute { attribute, similar } => {
                write!(f, "the user has no attribute '{attribute}', and has '{similar}'")?;
                let is_same = attribute.eq_ignore_ascii_case(similar);
                if is_same { f.write_str("; names are case-sensitive") } else { Ok(()) }
            }
            Self::EmptyAttribute { attribute } => {
                write!(f, "the attribute '{attribute}' of the user is empty text, which counts as missing")
            }
        }
    }
}

/// The parts of a user that an evaluation did not find, in the order of the evaluation.
#[derive(Default)]
pub(crate) struct Missing {
    has_no_user: bool,
    attributes: Vec<String>,
}

impl Missing {
    /// Records the reason why conditions or percentage options cannot be evaluated.
    pub(crate) fn record(&mut self, reason: CannotEvaluate<'_, '_>) {
        match reason {
            CannotEvaluate::NoUser => self.has_no_user = true,
            CannotEvaluate::AttributeMissing(name) => {
                let name = name.as_str();
                let is_full = self.attributes.len() >= MAX_ATTRIBUTES || name.len() > MAX_NAME;
                if !is_full && !self.attributes.iter().any(|known| known == name) {
                    self.attributes.push(name.into());
                }
            }
            // The evaluation log says what is wrong with the value.
            CannotEvaluate::AttributeInvalid(..) => {}
        }
    }

    /// Returns the hints for an evaluation that ended with this error, if it has failed.
    pub(crate) fn into_hints(
        self,
        config: &Config,
        user: Option<&User>,
        error: Option<&EvaluationError>,
    ) -> Vec<Hint> {
        let mut hints = Vec::new();
        if let Some(error) = error {
            hints.push(match error.kind() {
                ErrorKind::SettingNotFound { key } => {
                    let similar = config.similar_key(key).map(String::from);
                    Hint::UnknownKey { key: key.clone(), similar }
                }
                _ => Hint::Failed(error.clone()),
            });
        }
        if self.has_no_user {
            hints.push(Hint::NoUser);
        }
        let Some(user) = user else { return hints };
        // One budget for all: a user may have any number of attributes.
        let mut budget = SearchBudget::default();
        hints.extend(self.attributes.into_iter().filter_map(|attribute| {
            if user.get(&attribute).is_some() {
                return Some(Hint::EmptyAttribute { attribute });
            }
            let similar = most_similar(&attribute, user.names(), &mut budget)?.into();
            Some(Hint::SimilarAttribute { attribute, similar })
        }));
        hints
    }
}
