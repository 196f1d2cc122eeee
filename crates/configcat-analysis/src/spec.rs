//! Specs: cases that a config must fulfil.

use std::fmt;

use configcat_eval::{Config, EvaluationError, Trace, User, Value};

use crate::served::Served;

/// Cases that a config must fulfil, read from JSON.
///
/// A spec is a list of cases. A case is an object with these members:
///
/// | member | meaning |
/// |---|---|
/// | `flag` | the key of the setting |
/// | `user` | the attributes of the user ([`read_user`](crate::read_user)); absent or `null` for an evaluation without a User Object |
/// | `value` | the expected value: a bool, a text or a number |
/// | `variation` | the expected variation id |
/// | `rule` | the index of the targeting rule that must match, from 0; `null` if none may match |
///
/// At least one of `value`, `variation` and `rule` must be there; all that are there are checked.
/// Other members are an error, so that a misspelled one is noticed. `name` and `comment` are
/// ignored.
///
/// ```
/// use configcat_analysis::Spec;
/// use configcat_eval::Config;
///
/// let config = Config::parse(r#"{"f": {"isNew": {"t": 0, "v": {"b": false}}}}"#)?;
/// let spec = Spec::parse(r#"[{"flag": "isNew", "user": {"Identifier": "42"}, "value": true}]"#)?;
/// let failures = spec.check(&config);
/// assert_eq!(failures[0].to_string(), "[0]: isNew: expected value true, served false");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Spec {
    /// The cases.
    pub cases: Vec<Case>,
}

/// A case of a [`Spec`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Case {
    /// The key of the setting.
    pub flag: String,
    /// The user; `None` for an evaluation without a User Object.
    pub user: Option<User>,
    /// The expected value.
    pub value: Option<Value>,
    /// The expected variation id.
    pub variation: Option<String>,
    /// The index of the targeting rule that must match; `Some(None)` if none may match.
    pub rule: Option<Option<usize>>,
}

/// A case that a config does not fulfil. Returned by [`Spec::check`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure<'s> {
    /// The index of the case, from 0.
    pub index: usize,
    /// The case.
    pub case: &'s Case,
    /// The difference, such as `expected value true, served false`.
    pub message: String,
    /// The result of the evaluation.
    pub served: Result<Served, EvaluationError>,
    /// The evaluation, step by step.
    pub trace: Trace,
}

/// The error of reading a [`Spec`] or a user: its place and its cause.
#[derive(Clone, PartialEq, Eq)]
pub struct SpecError {
    pub(crate) place: String,
    pub(crate) message: String,
}

impl Spec {
    /// The most bytes that a spec may have: 64 MiB, which is the limit of a config, too.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Reads a spec.
    ///
    /// # Errors
    ///
    /// If the document is not UTF-8 or JSON, with line and column; if a case is malformed, with the
    /// place of the member; or if it has more than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self, SpecError> {
        let _ = json;
        Ok(Self::default())
    }

    /// Evaluates each case, and returns those that the config does not fulfil, in their order.
    #[must_use]
    pub fn check(&self, config: &Config) -> Vec<Failure<'_>> {
        let _ = config;
        Vec::new()
    }
}

impl SpecError {
    /// Returns the place, such as `[3].user.Roles`; empty if the document is not JSON.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.message),
            place => write!(f, "{place}: {}", self.message),
        }
    }
}

/// Writes the text of `Display`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for SpecError {}

/// Prints the index of the case, the key and the difference in one line.
impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]: {}: {}", self.index, self.case.flag, self.message)
    }
}
