//! Comparison of an attribute with a user condition.

use std::cmp::Ordering;

use configcat_eval::AttributeValue;
use semver::Version;
use serde_json::Value as Json;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::fields::{Fault, Object, hex, number, required, text};

/// A condition, and what it compares and hashes with.
pub(super) struct Test<'t> {
    pub(super) condition: &'t Object,
    pub(super) comparator: i64,
    pub(super) value: &'t AttributeValue,
    pub(super) salt: Option<&'t str>,
    pub(super) context: &'t str,
    pub(super) is_legacy: bool,
}

impl Test<'_> {
    /// Returns whether the condition holds; `None` if the value does not have the form that the
    /// comparator needs.
    pub(super) fn holds(&self) -> Result<Option<bool>, Fault> {
        if !(0..=if self.is_legacy { 17 } else { 35 }).contains(&self.comparator) {
            return Err("UnknownComparator");
        }
        match self.comparator {
            4..=9 => version_of(self.value).map(|version| self.version(&version)).transpose(),
            10..=15 => number_of(self.value).map_or(Ok(None), |number| self.number(number)),
            18 | 19 => time_of(self.value).map_or(Ok(None), |time| self.number(time)),
            26 | 27 | 34 | 35 => list_of(self.value).map(|list| self.list(&list)).transpose(),
            0..=3 | 16 | 17 | 20..=25 | 28..=33 => self.text(&text_of(self.value)).map(Some),
            other => unreachable!("comparator {other}"),
        }
    }

    fn text(&self, value: &str) -> Result<bool, Fault> {
        let any = |holds: &dyn Fn(&str) -> bool| Ok(self.items()?.into_iter().any(holds));
        let found = match self.comparator {
            0 | 1 => any(&|item| value == item),
            2 | 3 => any(&|item| value.contains(item)),
            16 | 17 if self.is_legacy => any(&|item| hex(&Sha1::digest(value)) == item),
            28 | 29 => Ok(value == text(self.condition, "s")?),
            30 | 31 => any(&|item| value.starts_with(item)),
            32 | 33 => any(&|item| value.ends_with(item)),
            // Comparison values are looked at before the salt.
            16 | 17 => self
                .items()?
                .into_iter()
                .try_fold(false, |found, item| Ok(found | (self.hashed(value.as_bytes())? == item)))
                .and_then(|found| self.hashed(b"").map(|_| found)),
            20 | 21 => text(self.condition, "s").and_then(|hash| Ok(self.hashed(value.as_bytes())? == hash)),
            22..=25 => self.hashed_slices(value.as_bytes()),
            other => unreachable!("comparator {other}"),
        };
        Ok(found? != (self.comparator % 2 == 1))
    }

    /// STARTS WITH ANY OF and ENDS WITH ANY OF over hashes of slices.
    fn hashed_slices(&self, value: &[u8]) -> Result<bool, Fault> {
        let items = self.items()?;
        self.hashed(b"")?;
        for item in items {
            let (length, hash) = item.split_once('_').ok_or("InvalidHashedItem")?;
            let length: i64 = trim(length).parse().map_err(|_| "InvalidHashedItem")?;
            if !(0..1 << 53).contains(&length) || hash.is_empty() {
                return Err("InvalidHashedItem");
            }
            let length = length as usize;
            if length > value.len() {
                continue;
            }
            let slice = if self.comparator < 24 { &value[..length] } else { &value[value.len() - length..] };
            if self.hashed(slice)? == hash {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn list(&self, value: &[String]) -> Result<bool, Fault> {
        let items = self.items()?;
        let mut found = false;
        for element in value {
            let element =
                if self.comparator < 30 { self.hashed(element.as_bytes())? } else { element.clone() };
            found |= items.contains(&element.as_str());
        }
        if self.comparator < 30 {
            self.hashed(b"")?;
        }
        Ok(found != (self.comparator % 2 == 1))
    }

    fn version(&self, value: &Version) -> Result<bool, Fault> {
        if self.comparator < 6 {
            let items = self.items()?.into_iter().map(trim).filter(|item| !item.is_empty());
            let Ok(items) = items.map(Version::parse).collect::<Result<Vec<_>, _>>() else {
                return Ok(false);
            };
            let found = items.iter().any(|item| value.cmp_precedence(item) == Ordering::Equal);
            return Ok(found != (self.comparator == 5));
        }
        let Ok(other) = Version::parse(trim(text(self.condition, "s")?)) else { return Ok(false) };
        let ordering = value.cmp_precedence(&other);
        Ok(match self.comparator {
            6 => ordering.is_lt(),
            7 => ordering.is_le(),
            8 => ordering.is_gt(),
            _ => ordering.is_ge(),
        })
    }

    fn number(&self, value: f64) -> Result<Option<bool>, Fault> {
        // Older versions have numbers as text, where what is no number makes the rule not match.
        let other = if self.is_legacy {
            let Some(other) = parse_number(trim(text(self.condition, "d")?)) else { return Ok(None) };
            other
        } else {
            number(self.condition, "d")?
        };
        Ok(Some(match self.comparator {
            10 => value == other,
            11 => value != other,
            12 | 18 => value < other,
            13 => value <= other,
            14 | 19 => value > other,
            _ => value >= other,
        }))
    }

    /// Returns the comparison value, if it is a list of texts.
    fn items(&self) -> Result<Vec<&str>, Fault> {
        let list = required(self.condition, "l")?.as_array().ok_or("Malformed")?;
        list.iter().map(Json::as_str).collect::<Option<_>>().ok_or("Malformed")
    }

    fn hashed(&self, value: &[u8]) -> Result<String, Fault> {
        Ok(salted(value, self.salt.ok_or("Missing")?, self.context))
    }
}

/// Returns the hash of a value in a confidential comparison.
pub(crate) fn salted(value: &[u8], salt: &str, context: &str) -> String {
    hex(&Sha256::digest([value, salt.as_bytes(), context.as_bytes()].concat()))
}

pub(crate) fn text_of(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Int(int) => int.to_string(),
        AttributeValue::UInt(int) => int.to_string(),
        AttributeValue::Float(float) => javascript(*float),
        AttributeValue::Float32(float) => ryu_js::Buffer::new().format(*float).to_owned(),
        AttributeValue::DateTime(time) => javascript(time.unix_millis() as f64 / 1000.0),
        AttributeValue::List(items) => serde_json::to_string(items).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Returns a number as JavaScript prints it.
fn javascript(number: f64) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

fn version_of(value: &AttributeValue) -> Option<Version> {
    let AttributeValue::Text(text) = value else { return None };
    Version::parse(trim(text)).ok()
}

fn number_of(value: &AttributeValue) -> Option<f64> {
    match value {
        AttributeValue::Int(int) => Some(*int as f64),
        AttributeValue::UInt(int) => Some(*int as f64),
        AttributeValue::Float(float) => Some(*float),
        AttributeValue::Float32(float) => Some((*float).into()),
        AttributeValue::Text(text) => parse_number(trim(text)),
        _ => None,
    }
}

fn parse_number(text: &str) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let text = text.replacen(',', ".", 1);
    if text.to_ascii_lowercase().contains(['i', 'n']) { None } else { text.parse().ok() }
}

/// Unix seconds.
fn time_of(value: &AttributeValue) -> Option<f64> {
    match value {
        AttributeValue::DateTime(time) => Some(time.unix_millis() as f64 / 1000.0),
        _ => number_of(value),
    }
}

fn list_of(value: &AttributeValue) -> Option<Vec<String>> {
    match value {
        AttributeValue::List(items) => Some(items.clone()),
        AttributeValue::Text(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Trims the white space of JavaScript.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}
