//! The WebAssembly below the npm package `configcat-wasm`.
//!
//! The API of the package is `npm/configcat.js`, on the classes of this crate. Numbers cross the
//! boundary, and texts only once: JavaScript keeps the index of each setting and each value that it
//! has seen, under the address of the value.

mod error;
mod explanation;
mod seed;
mod user;

use configcat_eval::{Config, Evaluation, EvaluationError, Value};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::{
    error::{evaluation_error, parse_error},
    user::RawUser,
};

/// A config.
#[wasm_bindgen]
pub struct RawConfig(Config);

#[wasm_bindgen]
impl RawConfig {
    /// Reads a config JSON, or an override file too.
    pub fn parse(document: &[u8], is_override_file: bool) -> Result<RawConfig, JsValue> {
        let parse = if is_override_file { Config::parse_overrides } else { Config::parse };
        parse(document).map(Self).map_err(|error| parse_error(&error))
    }

    /// Returns all keys. The index of a key is the index of its setting.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys().map(Into::into).collect()
    }

    /// Returns the type of a setting; `undefined` if it is unknown.
    pub fn setting_type(&self, index: usize) -> Option<String> {
        Some(self.0.setting_at(index)?.setting_type()?.to_string())
    }

    /// Evaluates a setting, and returns the address of its value, plus 1 if there are warnings; 0
    /// after an error.
    ///
    /// An address stands for the same value as long as the config lives, and for the same place of
    /// the config: a rule, an option, or a default.
    pub fn evaluate(&self, index: usize, user: &RawUser) -> usize {
        // Addresses are even.
        const { assert!(align_of::<Value>() % 2 == 0) };
        match self.evaluation(index, user) {
            Some(Ok(evaluation)) => address(&Ok(evaluation)) + usize::from(evaluation.has_warnings()),
            _ => 0,
        }
    }

    /// Evaluates all settings in their order, and returns the addresses of their values.
    pub fn evaluate_all(&self, user: &RawUser) -> Vec<usize> {
        self.0.evaluate_all(user.get()).map(|(_, result)| address(&result)).collect()
    }

    /// Evaluates all settings in their order, and returns the values of those at these indexes,
    /// which are in order.
    // Not one by one: with prerequisite flags, that takes more work than all together.
    pub fn values(&self, user: &RawUser, indexes: &[usize]) -> Vec<JsValue> {
        let mut wanted = indexes.iter().copied().peekable();
        let all = self.0.evaluate_all(user.get()).enumerate();
        let wanted = all.filter(|(index, _)| wanted.next_if_eq(index).is_some());
        wanted
            .map(|(_, (_, result))| result.map_or(JsValue::UNDEFINED, |evaluation| to_js(evaluation.value())))
            .collect()
    }

    /// Evaluates a setting, and returns its value.
    pub fn value(&self, index: usize, user: &RawUser) -> Result<JsValue, JsValue> {
        Ok(to_js(self.evaluated(index, user)?.value()))
    }

    /// Evaluates a setting, and returns its value, variation id, matched rule, the text of that
    /// rule, the matched percentage option, and its percentage.
    pub fn details(&self, index: usize, user: &RawUser) -> Result<Vec<JsValue>, JsValue> {
        let evaluation = self.evaluated(index, user)?;
        Ok(vec![
            to_js(evaluation.value()),
            evaluation.variation_id().into(),
            evaluation.matched_rule().into(),
            evaluation.matched_rule_text().into(),
            evaluation.matched_option().into(),
            evaluation.matched_percentage().map(to_number).into(),
        ])
    }

    /// Returns the error of a setting that the config does not have.
    pub fn missing(&self, key: &str) -> JsValue {
        match self.0.explain(key, None).result() {
            Err(error) => evaluation_error(error, self.0.similar_key(key)),
            Ok(_) => JsValue::UNDEFINED,
        }
    }

    /// Returns how a setting is evaluated: the steps as JSON, and the value or the error.
    /// `returned` is the value that the caller returns after an error.
    pub fn explain(&self, key: &str, user: &RawUser, returned: &JsValue) -> Vec<JsValue> {
        let mut trace = self.0.explain(key, user.get());
        if let (Err(_), Some(returned)) = (trace.result(), from_js(returned)) {
            trace = trace.returning(returned);
        }
        let (value, error) = match trace.result() {
            Ok(value) => (to_js(value), JsValue::UNDEFINED),
            Err(error) => (JsValue::UNDEFINED, evaluation_error(error, None)),
        };
        vec![explanation::to_json(&trace).into(), value, error]
    }
}

impl RawConfig {
    /// Evaluates a setting as one of all settings.
    // Not by `Config::evaluate`: with both in it, the module would have the evaluator twice.
    // Inlined, since the caller of JavaScript needs two words of the evaluation.
    #[inline(always)]
    fn evaluation(&self, index: usize, user: &RawUser) -> Option<Result<Evaluation<'_>, EvaluationError>> {
        self.0.evaluate_all(user.get()).nth(index).map(|(_, result)| result)
    }

    fn evaluated(&self, index: usize, user: &RawUser) -> Result<Evaluation<'_>, JsValue> {
        let result = self.evaluation(index, user).ok_or(JsValue::UNDEFINED)?;
        result.map_err(|error| evaluation_error(&error, None))
    }
}

fn address(result: &Result<Evaluation<'_>, EvaluationError>) -> usize {
    result.as_ref().map_or(0, |evaluation| std::ptr::from_ref(evaluation.value()).addr())
}

fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => to_number(*value).into(),
        Value::Double(value) => (*value).into(),
        Value::Text(value) => JsValue::from_str(value),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of JavaScript are doubles, as `JSON.parse` reads them"
)]
fn to_number(int: i64) -> f64 {
    int as f64
}

fn from_js(value: &JsValue) -> Option<Value> {
    let text = || value.as_string().map(Value::from);
    value.as_bool().map(Value::from).or_else(|| value.as_f64().map(Value::from)).or_else(text)
}
