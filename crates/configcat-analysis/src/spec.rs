//! Specs: cases that a config must fulfil.

use std::fmt;

use configcat_eval::{Config, EvaluationError, Trace, User, Value};
use serde_json::Value as Json;

use crate::{
    served::Served,
    spec_error::{SpecError, kind_of},
    user_json::user_of,
};

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
/// | `rule` | the index of the targeting rule that must match, from 0; `null` if no rule may match |
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
    /// The index of the targeting rule that must match; `Some(None)` if no rule may match.
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
        let json = json.as_ref();
        // Before parsing, which takes several times the memory of the text.
        if json.len() > Self::MAX_BYTES {
            return Err(SpecError::new("", format!("the spec has more than {} bytes", Self::MAX_BYTES)));
        }
        // A byte order mark, which editors on Windows write, is skipped as in a config.
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let json: Json = serde_json::from_slice(json).map_err(|error| SpecError::not_json(&error))?;
        let Json::Array(cases) = json else {
            return Err(SpecError::new("", format!("expected a list of cases, found {}", kind_of(&json))));
        };
        let cases = cases
            .into_iter()
            .enumerate()
            .map(|(index, case)| Case::read(case).map_err(|error| error.within(&format!("[{index}]"))));
        Ok(Self { cases: cases.collect::<Result<_, _>>()? })
    }

    /// Evaluates each case, and returns those that the config does not fulfil, in their order.
    #[must_use]
    pub fn check(&self, config: &Config) -> Vec<Failure<'_>> {
        let cases = self.cases.iter().enumerate();
        cases.filter_map(|(index, case)| case.check(index, config)).collect()
    }
}

impl Case {
    fn read(case: Json) -> Result<Self, SpecError> {
        let Json::Object(members) = case else {
            return Err(SpecError::new("", format!("expected an object, found {}", kind_of(&case))));
        };
        let mut flag = None;
        let mut case = Self { flag: String::new(), user: None, value: None, variation: None, rule: None };
        for (name, value) in members {
            // The kind and not the value, which may be as long as the document.
            let wrong = |expected: &str| {
                SpecError::new(&name, format!("expected {expected}, found {}", kind_of(&value)))
            };
            match name.as_str() {
                "flag" => flag = Some(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned()),
                "user" if value.is_null() => {}
                "user" => case.user = Some(user_of(value).map_err(|error| error.within("user"))?),
                "value" => {
                    case.value = Some(expected_value(&value).ok_or_else(|| wrong("a bool, text or number"))?)
                }
                "variation" => {
                    case.variation = Some(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned())
                }
                "rule" if value.is_null() => case.rule = Some(None),
                "rule" => {
                    let rule = value.as_u64().and_then(|rule| usize::try_from(rule).ok());
                    case.rule = Some(Some(rule.ok_or_else(|| wrong("an index from 0, or null"))?));
                }
                "name" | "comment" => {}
                _ => return Err(SpecError::new(&name, "unknown member".to_owned())),
            }
        }
        case.flag = flag.ok_or_else(|| SpecError::new("", "the member flag is missing".to_owned()))?;
        if case.value.is_none() && case.variation.is_none() && case.rule.is_none() {
            let message = "nothing is expected: one of the members value, variation and rule is needed";
            return Err(SpecError::new("", message.to_owned()));
        }
        Ok(case)
    }

    /// Returns the failure of the case; `None` if the config fulfils it.
    fn check(&self, index: usize, config: &Config) -> Option<Failure<'_>> {
        let served = Served::by(config, &self.flag, self.user.as_ref());
        let message = self.difference(&served)?;
        // Explained only for failures, which are few.
        let trace = config.explain(&self.flag, self.user.as_ref());
        Some(Failure { index, case: self, message, served, trace })
    }

    fn difference(&self, served: &Result<Served, EvaluationError>) -> Option<String> {
        let served = match served {
            Ok(served) => served,
            Err(error) => return Some(format!("evaluation failed: {error}")),
        };
        let mut differences = Vec::new();
        if let Some(expected) = self.value.as_ref().filter(|expected| !is_equal(expected, &served.value)) {
            differences.push(format!("expected value {expected}, served {}", served.value));
        }
        if self.variation.is_some() && self.variation != served.variation_id {
            let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
            let (expected, found) = (id(&self.variation), id(&served.variation_id));
            differences.push(format!("expected variation {expected}, served {found}"));
        }
        if let Some(expected) = self.rule.filter(|expected| *expected != served.rule) {
            let rule = |rule: Option<usize>| rule.map_or("no rule".to_owned(), |rule| format!("rule {rule}"));
            differences.push(format!("expected {}, matched {}", rule(expected), rule(served.rule)));
        }
        (!differences.is_empty()).then(|| differences.join("; "))
    }
}

fn expected_value(value: &Json) -> Option<Value> {
    match value {
        Json::Bool(value) => Some((*value).into()),
        Json::String(text) => Some(text.as_str().into()),
        Json::Number(number) => number.as_i64().map(Value::from).or_else(|| number.as_f64().map(Value::from)),
        _ => None,
    }
}

/// Returns whether a value is the expected one. A double may be expected as an integer.
#[expect(clippy::cast_precision_loss, reason = "the document has doubles")]
fn is_equal(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        // JSON does not distinguish 4 from 4.0, and people write 4.
        (Value::Int(expected), Value::Double(value)) => *expected as f64 == *value,
        _ => expected == value,
    }
}

/// Prints the index of the case, the key and the difference in one line.
impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]: {}: {}", self.index, self.case.flag, self.message)
    }
}
