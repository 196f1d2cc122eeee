//! A second evaluator, as simple as possible: it interprets the config JSON for every evaluation
//! anew.
//!
//! It searches lists item by item and compares hashes as hex, without any optimization, so that it
//! can be compared with the compiled evaluator. The fuzz targets include it by its path.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers are checked to fit before they are converted"
)]

pub(crate) mod conditions;
mod fields;
mod legacy;

use std::cell::Cell;

use configcat_eval::{Config, ErrorKind, EvaluationError, User, Value};
use serde_json::Value as Json;
use sha1::{Digest, Sha1};

use self::fields::{Fault, Object, hex, integer, list, number, object, optional, required, text};

/// Value, variation id, index of the rule and of the percentage option.
pub(crate) type Served = (Value, Option<String>, Option<usize>, Option<usize>);

const MAX_DEPTH: usize = 200;
/// The number of conditions that an evaluation may go through: each costs the compiled evaluator
/// 128 of its budget, or more.
const MAX_CONDITIONS: u64 = Config::MAX_WORK / 128;
/// Fewer conditions than these take more than the budget only where they are on long texts.
const FEW_CONDITIONS: u64 = 1000;

/// A document of version 6, or turned into one.
pub(crate) struct Naive {
    settings: Object,
    segments: Vec<Json>,
    salt: Option<String>,
    pub(crate) is_legacy: bool,
    /// The number of conditions that the last evaluation went through.
    conditions: Cell<u64>,
}

impl Naive {
    /// Takes a document of any version; `None` if it is no config.
    pub(crate) fn new(document: &Json) -> Option<Self> {
        if let Some(settings) = legacy::settings(document) {
            return Some(Self {
                settings,
                segments: Vec::new(),
                salt: None,
                is_legacy: true,
                conditions: Cell::new(0),
            });
        }
        let only_redirects =
            document["f"].is_null() && document["p"]["u"].as_str().is_some_and(|url| !url.is_empty());
        (document["f"].is_object() || only_redirects).then(|| Self {
            settings: document["f"].as_object().cloned().unwrap_or_default(),
            segments: document["s"].as_array().cloned().unwrap_or_default(),
            salt: document["p"]["s"].as_str().map(str::to_owned),
            is_legacy: false,
            conditions: Cell::new(0),
        })
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.settings.keys()
    }

    pub(crate) fn evaluate(&self, key: &str, user: Option<&User>) -> Result<Served, Fault> {
        if !self.settings.contains_key(key) {
            return Err("SettingNotFound");
        }
        self.conditions.set(0);
        Run { config: self, user, path: Vec::new() }.setting(key)
    }

    /// Returns whether the last evaluation went through so many conditions that the compiled one
    /// may be too complex.
    pub(crate) fn was_long(&self) -> bool {
        self.conditions.get() > FEW_CONDITIONS
    }
}

/// Returns the name of the kind of an error.
pub(crate) fn kind(error: &EvaluationError) -> String {
    let kind: &ErrorKind = error.kind();
    format!("{kind:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// One evaluation.
struct Run<'n> {
    config: &'n Naive,
    user: Option<&'n User>,
    /// The keys from the setting that was asked for to the one at hand.
    path: Vec<String>,
}

impl Run<'_> {
    fn setting(&mut self, key: &str) -> Result<Served, Fault> {
        self.path.push(key.to_owned());
        let served = self.select(key);
        self.path.pop();
        served
    }

    fn select(&mut self, key: &str) -> Result<Served, Fault> {
        let setting = object(self.config.settings.get(key))?;
        let setting_type = setting_type(setting)?;
        for (index, rule) in list(setting, "r")?.iter().enumerate() {
            let rule = object(Some(rule))?;
            if self.conditions(list(rule, "c")?, key)? != Some(true) {
                continue;
            }
            let served = optional(rule, "s").map(|served| object(Some(served))).transpose()?;
            let options = optional(rule, "p").map(|_| list(rule, "p")).transpose()?;
            match (served, options) {
                (Some(served), None) => {
                    let (value, id) = serve(served, setting_type)?;
                    return Ok((value, id, Some(index), None));
                }
                (None, Some(options)) if !options.is_empty() => {
                    if let Some((value, id, option)) = self.options(setting, options, setting_type)? {
                        return Ok((value, id, Some(index), Some(option)));
                    }
                }
                _ => return Err("InvalidThenPart"),
            }
        }
        let options = list(setting, "p")?;
        if !options.is_empty() {
            if let Some((value, id, option)) = self.options(setting, options, setting_type)? {
                return Ok((value, id, None, Some(option)));
            }
        }
        let (value, id) = serve(setting, setting_type)?;
        Ok((value, id, None, None))
    }

    /// Returns whether all conditions hold; `None` if one before that cannot be evaluated.
    fn conditions(&mut self, conditions: &[Json], context: &str) -> Result<Option<bool>, Fault> {
        for condition in conditions {
            self.step()?;
            let condition = object(Some(condition))?;
            let kinds = ["u", "s", "p"].map(|kind| optional(condition, kind).map(|it| object(Some(it))));
            let [user, segment, prerequisite] = kinds.map(Option::transpose);
            let holds = match (user?, segment?, prerequisite?) {
                (Some(user), None, None) => self.user_condition(user, context)?,
                (None, Some(segment), None) => self.segment_condition(segment)?,
                (None, None, Some(prerequisite)) => Some(self.prerequisite_condition(prerequisite)?),
                _ => return Err("InvalidCondition"),
            };
            if holds != Some(true) {
                return Ok(holds);
            }
        }
        Ok(Some(true))
    }

    fn user_condition(&self, condition: &Object, context: &str) -> Result<Option<bool>, Fault> {
        let name = text(condition, "a")?;
        let comparator = integer(condition, "c")?;
        let value = self.user.and_then(|user| user.get(name)).filter(|value| **value != "".into());
        let Some(value) = value else { return Ok(None) };
        let salt = self.config.salt.as_deref();
        let is_legacy = self.config.is_legacy;
        conditions::Test { condition, comparator, value, salt, context, is_legacy }.holds()
    }

    fn segment_condition(&mut self, condition: &Object) -> Result<Option<bool>, Fault> {
        let index = integer(condition, "s")?;
        let comparator = integer(condition, "c")?;
        if self.user.is_none() {
            return Ok(None);
        }
        let segment = usize::try_from(index).ok().and_then(|index| self.config.segments.get(index));
        let segment = object(Some(segment.ok_or("SegmentNotFound")?))?;
        let name =
            segment.get("n").and_then(Json::as_str).filter(|name| !name.is_empty()).ok_or("Missing")?;
        let mut all = Some(true);
        for condition in list(segment, "r")? {
            self.step()?;
            all = self.user_condition(object(Some(condition))?, name)?;
            if all != Some(true) {
                break;
            }
        }
        all.map(|all| negated(all, comparator)).transpose()
    }

    fn prerequisite_condition(&mut self, condition: &Object) -> Result<bool, Fault> {
        let key = text(condition, "f")?;
        let comparator = integer(condition, "c")?;
        let comparison = object(condition.get("v"))?;
        let prerequisite = self.config.settings.get(key).ok_or("PrerequisiteNotFound")?;
        let setting_type = setting_type(object(Some(prerequisite))?)?;
        let expected = typed_value(comparison, setting_type).map_err(|_| "PrerequisiteTypeMismatch")?;
        if self.path.iter().any(|known| known == key) {
            return Err("CircularDependency");
        }
        if self.path.len() > MAX_DEPTH {
            return Err("TooDeep");
        }
        let (value, ..) = self.setting(key)?;
        negated(value == expected, comparator)
    }

    /// Value, variation id and index of the option that the user falls into; `None` without user or
    /// attribute.
    fn options(
        &self,
        setting: &Object,
        options: &[Json],
        setting_type: i64,
    ) -> Result<Option<(Value, Option<String>, usize)>, Fault> {
        let Some(user) = self.user else { return Ok(None) };
        let name = optional(setting, "a").map_or(Ok("Identifier"), |_| text(setting, "a"))?;
        let Some(value) = user.get(name) else { return Ok(None) };
        let key = self.path.last().map_or("", String::as_str);
        let hash = hex(&Sha1::digest(format!("{key}{}", conditions::text_of(value))));
        let bucket = i64::from_str_radix(&hash[..7], 16).unwrap() % 100;
        let mut sum = 0_i64;
        for (index, option) in options.iter().enumerate() {
            let option = object(Some(option))?;
            let percentage = integer(option, "p")?;
            if percentage < 0 {
                return Err("NegativePercentage");
            }
            sum = sum.saturating_add(percentage);
            if bucket < sum {
                let (value, id) = serve(option, setting_type)?;
                return Ok(Some((value, id, index)));
            }
        }
        if self.config.is_legacy { Ok(None) } else { Err("PercentagesIncomplete") }
    }

    fn step(&mut self) -> Result<(), Fault> {
        let conditions = self.config.conditions.get() + 1;
        self.config.conditions.set(conditions);
        if conditions > MAX_CONDITIONS { Err("TooComplex") } else { Ok(()) }
    }
}

/// Returns the result of a comparison by comparator 0, or the opposite by comparator 1.
fn negated(holds: bool, comparator: i64) -> Result<bool, Fault> {
    match comparator {
        0 => Ok(holds),
        1 => Ok(!holds),
        _ => Err("UnknownComparator"),
    }
}

fn setting_type(setting: &Object) -> Result<i64, Fault> {
    let code = integer(setting, "t")?;
    if (0..=3).contains(&code) { Ok(code) } else { Err("UnknownSettingType") }
}

/// Value and variation id of what is served.
fn serve(served: &Object, setting_type: i64) -> Result<(Value, Option<String>), Fault> {
    let value = typed_value(object(served.get("v"))?, setting_type)?;
    Ok((value, served.get("i").and_then(Json::as_str).map(str::to_owned)))
}

fn typed_value(value: &Object, setting_type: i64) -> Result<Value, Fault> {
    Ok(match setting_type {
        0 => required(value, "b")?.as_bool().ok_or("Malformed")?.into(),
        1 => text(value, "s")?.into(),
        2 => integer(value, "i")?.into(),
        _ => number(value, "d")?.into(),
    })
}
