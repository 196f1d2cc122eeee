//! Errors of reading specs and users.

use std::fmt;

use serde_json::Value as Json;

/// The error of reading a [`Spec`](crate::Spec) or a user: its place and its cause.
#[derive(Clone, PartialEq, Eq)]
pub struct SpecError {
    place: String,
    message: String,
}

/// Returns the kind of a JSON value, for messages.
pub(crate) fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

impl SpecError {
    pub(crate) fn new(place: &str, message: String) -> Self {
        Self { place: place.to_owned(), message }
    }

    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        Self::new("", format!("not valid JSON: {error}"))
    }

    /// Adds an outer part to the front of the place.
    // Each caller adds its part, so that readers of values need not know where they are.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        self.place = match self.place.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }

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
