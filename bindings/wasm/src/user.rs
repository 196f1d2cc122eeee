//! Users, made attribute by attribute.

use configcat_eval::{AttributeValue, DateTime, User};
use wasm_bindgen::prelude::wasm_bindgen;

/// A user, or no user as long as no attribute is set.
#[wasm_bindgen]
#[derive(Default)]
pub struct RawUser(Option<User>);

#[wasm_bindgen]
impl RawUser {
    /// Returns no user.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute to a text. The first attribute that is set is the identifier.
    pub fn text(&mut self, name: String, value: String) {
        self.set(name, value.into());
    }

    /// Sets an attribute to a number of JavaScript.
    pub fn number(&mut self, name: String, value: f64) {
        self.set(name, value.into());
    }

    /// Sets an attribute to a `bigint` in the range of `i64`.
    pub fn signed(&mut self, name: String, value: i64) {
        self.set(name, value.into());
    }

    /// Sets an attribute to a `bigint` in the range of `u64`.
    pub fn unsigned(&mut self, name: String, value: u64) {
        self.set(name, value.into());
    }

    /// Sets an attribute to a date-time.
    pub fn date(&mut self, name: String, unix_millis: i64) {
        self.set(name, DateTime::from_unix_millis(unix_millis).into());
    }

    /// Sets an attribute to a list of texts.
    pub fn list(&mut self, name: String, items: Vec<String>) {
        self.set(name, items.into());
    }
}

impl RawUser {
    pub(crate) fn get(&self) -> Option<&User> {
        self.0.as_ref()
    }

    // Not inlined: six copies would take 10 kB of the module.
    #[inline(never)]
    fn set(&mut self, name: String, value: AttributeValue) {
        self.0 = Some(match (self.0.take(), &*name) {
            (None, _) => User::new(value),
            (Some(user), User::EMAIL) => user.email(value),
            (Some(user), User::COUNTRY) => user.country(value),
            (Some(user), _) => user.custom(name, value),
        });
    }
}
