//! `cargo xtask conformance DIR`: runs a bundle of cases over the evaluator.
//!
//! A bundle is `cases.jsonl`, a case a line, beside the configs and logs that the cases name. Every
//! member of a case that is not there is not checked, and unknown members are ignored.

use std::{
    collections::HashMap,
    env,
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

use configcat_eval::{AttributeValue, Config, DateTime, Evaluation, Trace, User, Value};
use serde_json::Value as Json;

use crate::workspace::in_workspace;

/// Returns the folder of the bundle: the one that `CONFIGCAT_CONFORMANCE` names, else the one
/// beside the repository if there is one.
pub(crate) fn bundle() -> Option<PathBuf> {
    let named = env::var_os("CONFIGCAT_CONFORMANCE").map(PathBuf::from);
    named.or_else(|| Some(in_workspace("../shared/conformance")).filter(|beside| beside.is_dir()))
}

/// The most failing cases that are printed.
const SHOWN: usize = 20;

/// Runs the bundle and prints the outcome. Returns `true` if every case passed.
pub(crate) fn run(dir: &Path) -> Result<bool, Box<dyn Error>> {
    let cases = fs::read_to_string(dir.join("cases.jsonl"))?;
    let mut bundle = Bundle { dir: dir.to_owned(), configs: HashMap::new() };
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for (index, line) in cases.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let outcome = match serde_json::from_str(line) {
            Ok(case) => bundle.check(&case),
            Err(cause) => Err(Failure::Bundle(cause.into())),
        };
        let Err(failure) = outcome else {
            passed += 1;
            continue;
        };
        failed += 1;
        if failed <= SHOWN {
            println!("FAILED line {}: {line}\n{failure}", index + 1);
        }
    }
    if failed > SHOWN {
        println!("… and {} more", failed - SHOWN);
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

struct Bundle {
    dir: PathBuf,
    configs: HashMap<String, Config>,
}

/// Why a case failed.
enum Failure {
    /// The case, or a file that it names, cannot be read.
    Bundle(Box<dyn Error>),
    /// The result is not the expected one.
    Mismatch { what: &'static str, expected: String, came: String },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(cause) => write!(f, "  unreadable: {cause}"),
            Self::Mismatch { what, expected, came } => {
                write!(f, "  {what} expected: {expected}\n  {what} came:     {came}")
            }
        }
    }
}

impl<T: Into<Box<dyn Error>>> From<T> for Failure {
    fn from(cause: T) -> Self {
        Self::Bundle(cause.into())
    }
}

impl Bundle {
    fn check(&mut self, case: &Json) -> Result<(), Failure> {
        let key = text(case, "key")?;
        let user = user(&case["user"])?;
        let log = match case.get("log") {
            Some(_) => Some(fs::read_to_string(self.dir.join(text(case, "log")?))?),
            None => None,
        };
        let config = self.config(text(case, "config")?)?;
        let result = config.evaluate(key, user.as_ref());
        let evaluation = match (&result, case.get("error")) {
            (Ok(evaluation), None) => Some(evaluation),
            (Err(_), Some(_)) => None,
            (Ok(evaluation), Some(error)) => return mismatch("error", error, evaluation.value()),
            (Err(error), None) => return mismatch("result", &case["value"], error),
        };
        if let (Err(error), Some(expected)) = (&result, case["error"].as_str()) {
            if !error.to_string().contains(expected) {
                return mismatch("error", expected, error);
            }
        }
        if let Some(evaluation) = evaluation {
            check_evaluation(case, evaluation)?;
        }
        let Some(log) = log else { return Ok(()) };
        let trace = config.explain(key, user.as_ref());
        let trace = match case.get("default").and_then(value) {
            Some(default) if trace.result().is_err() => trace.returning(default),
            _ => trace,
        };
        check_log(&trace, log.trim_end_matches('\n'))
    }

    fn config(&mut self, path: &str) -> Result<&Config, Failure> {
        if !self.configs.contains_key(path) {
            let config = Config::parse(fs::read(self.dir.join(path))?)?;
            self.configs.insert(path.to_owned(), config);
        }
        self.configs.get(path).ok_or_else(|| "no such config".into())
    }
}

fn check_evaluation(case: &Json, evaluation: &Evaluation<'_>) -> Result<(), Failure> {
    if let Some(expected) = case.get("value") {
        if !is_value(evaluation, expected) {
            return mismatch("value", expected, evaluation.value());
        }
    }
    if let Some(expected) = case.get("variation_id") {
        if expected.as_str() != evaluation.variation_id() {
            return mismatch("variation id", expected, format!("{:?}", evaluation.variation_id()));
        }
    }
    let matched = [("rule", evaluation.matched_rule()), ("option", evaluation.matched_option())];
    for (what, index) in matched {
        if let Some(expected) = case.get(what) {
            if expected.as_bool() != Some(index.is_some()) {
                return mismatch(what, expected, format!("{index:?}"));
            }
        }
    }
    Ok(())
}

/// Returns whether the value is the expected one, of its own type. A double may be written as an
/// integer.
fn is_value(evaluation: &Evaluation<'_>, expected: &Json) -> bool {
    match evaluation.value() {
        Value::Double(double) => expected.as_f64() == Some(*double),
        other => value(expected).as_ref() == Some(other),
    }
}

/// Compares warnings and evaluation log, a record after another.
fn check_log(trace: &Trace, expected: &str) -> Result<(), Failure> {
    let mut came = String::new();
    for warning in trace.warnings() {
        came += &format!("WARNING [{}] {warning}\n", warning.id());
    }
    came += &format!("INFO [5000] {trace}");
    if came == expected { Ok(()) } else { mismatch("log", format!("\n{expected}"), format!("\n{came}")) }
}

fn mismatch(what: &'static str, expected: impl ToString, came: impl ToString) -> Result<(), Failure> {
    Err(Failure::Mismatch { what, expected: expected.to_string(), came: came.to_string() })
}

fn text<'a>(case: &'a Json, member: &str) -> Result<&'a str, Failure> {
    case[member].as_str().ok_or_else(|| format!("{member} is missing or no text").into())
}

fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Bool(value) => (*value).into(),
        Json::String(value) => value.as_str().into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number.as_f64()?.into(),
        },
        _ => return None,
    })
}

fn user(json: &Json) -> Result<Option<User>, Failure> {
    let Some(attributes) = json.as_object() else { return Ok(None) };
    let identifier = match attributes.get(User::IDENTIFIER) {
        Some(identifier) => attribute(identifier)?,
        None => "".into(),
    };
    let mut user = User::new(identifier);
    for (name, json) in attributes {
        let value = attribute(json)?;
        user = match name.as_str() {
            User::EMAIL => user.email(value),
            User::COUNTRY => user.country(value),
            _ => user.custom(name, value),
        };
    }
    Ok(Some(user))
}

fn attribute(json: &Json) -> Result<AttributeValue, Failure> {
    let unknown = || Failure::from(format!("unknown attribute value {json}"));
    Ok(match json {
        Json::String(text) => text.into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), _, _) => int.into(),
            (_, Some(int), _) => int.into(),
            (_, _, float) => float.ok_or_else(unknown)?.into(),
        },
        Json::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            items.ok_or_else(unknown)?.into()
        }
        Json::Object(special) => match (special.get("$number"), special.get("$datetime")) {
            (Some(number), _) => match number.as_str() {
                Some("NaN") => f64::NAN.into(),
                Some("Infinity") => f64::INFINITY.into(),
                Some("-Infinity") => f64::NEG_INFINITY.into(),
                _ => return Err(unknown()),
            },
            (_, Some(time)) => time.as_str().and_then(rfc3339).ok_or_else(unknown)?.into(),
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    })
}

fn rfc3339(text: &str) -> Option<DateTime> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(DateTime::from_unix_millis(time.timestamp_millis()))
}
