//! Errors as JavaScript has them: an `Error` with a kind and a place.

use configcat_eval::{ErrorKind, EvaluationError, ParseError};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen(raw_module = "./error.js")]
extern "C" {
    /// Makes the error. `line` and `column` are 0 for an error without them.
    #[wasm_bindgen(js_name = toError)]
    fn to_error(kind: &str, message: &str, place: &str, line: usize, column: usize) -> JsValue;
}

pub(crate) fn parse_error(error: &ParseError) -> JsValue {
    let (kind, line, column) = match error {
        ParseError::NotUtf8 { line, column, .. } => ("NotUtf8", *line, *column),
        ParseError::Utf16 => ("Utf16", 0, 0),
        ParseError::NotJson(cause) => ("NotJson", cause.line(), cause.column()),
        ParseError::NotAnObject => ("NotAnObject", 0, 0),
        ParseError::NotAConfig { .. } => ("NotAConfig", 0, 0),
        ParseError::NoFlags { .. } => ("NoFlags", 0, 0),
        ParseError::FlagsNotAnObject { .. } => ("FlagsNotAnObject", 0, 0),
        ParseError::FlagsAndConfig => ("FlagsAndConfig", 0, 0),
        ParseError::TooLarge => ("TooLarge", 0, 0),
        // The enum is not exhaustive. A test of `xtask/src/wasm.rs` finds a variant without a name.
        _ => ("Other", 0, 0),
    };
    to_error(kind, &error.to_string(), "", line, column)
}

/// Returns the error of an evaluation. `similar` is the key that the caller may have meant.
pub(crate) fn evaluation_error(error: &EvaluationError, similar: Option<&str>) -> JsValue {
    let mut message = error.to_string();
    if let Some(similar) = similar {
        message += &format!("; did you mean '{similar}'?");
    }
    to_error(kind_name(error.kind()), &message, error.place(), 0, 0)
}

fn kind_name(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SettingNotFound { .. } => "SettingNotFound",
        ErrorKind::Malformed { .. } => "Malformed",
        ErrorKind::TooLong { .. } => "TooLong",
        ErrorKind::Missing { .. } => "Missing",
        ErrorKind::UnknownSettingType(_) => "UnknownSettingType",
        ErrorKind::UnknownComparator(_) => "UnknownComparator",
        ErrorKind::InvalidHashedItem => "InvalidHashedItem",
        ErrorKind::InvalidCondition => "InvalidCondition",
        ErrorKind::InvalidThenPart => "InvalidThenPart",
        ErrorKind::SegmentNotFound(_) => "SegmentNotFound",
        ErrorKind::PrerequisiteNotFound { .. } => "PrerequisiteNotFound",
        ErrorKind::PrerequisiteTypeMismatch { .. } => "PrerequisiteTypeMismatch",
        ErrorKind::CircularDependency { .. } => "CircularDependency",
        ErrorKind::TooComplex => "TooComplex",
        ErrorKind::TooDeep => "TooDeep",
        ErrorKind::NegativePercentage(_) => "NegativePercentage",
        ErrorKind::PercentagesIncomplete => "PercentagesIncomplete",
        _ => "Other",
    }
}
