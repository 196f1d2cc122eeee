//! Users from JSON.

use configcat_eval::{AttributeValue, DateTime, User};
use serde_json::{Map, Number, Value as Json};

use crate::{
    spec_error::{SpecError, kind_of},
    user::UserBuilder,
};

/// Reads a user from a JSON object of attributes.
///
/// A value is a text, a bool (which is the text `true` or `false`), an integer, another number, a
/// list of texts, `{"$number": "NaN"}` (or `"Infinity"`, `"-Infinity"`), or
/// `{"$datetime": "2026-01-31T12:00:00Z"}`. A value `null` sets nothing. `Identifier`, `Email` and
/// `Country` are the predefined attributes. Without `Identifier`, the identifier is empty.
///
/// # Errors
///
/// If the text is not JSON, not an object, or has a value of another kind.
///
/// ```
/// use configcat_analysis::read_user;
/// use configcat_eval::User;
///
/// let user = read_user(r#"{"Identifier": "42", "Age": 7, "Roles": ["admin"]}"#)?;
/// assert_eq!(user, User::new("42").custom("Age", 7).custom("Roles", ["admin"]));
/// assert_eq!(read_user(r#"{"Age": {}}"#).unwrap_err().place(), "Age");
/// # Ok::<(), configcat_analysis::SpecError>(())
/// ```
pub fn read_user(json: &str) -> Result<User, SpecError> {
    let json = serde_json::from_str(json).map_err(|error| SpecError::not_json(&error))?;
    user_of(json)
}

/// Returns the user of a JSON object.
pub(crate) fn user_of(json: Json) -> Result<User, SpecError> {
    let Json::Object(attributes) = json else {
        return Err(SpecError::new(
            "",
            format!("expected an object of attributes, found {}", kind_of(&json)),
        ));
    };
    let mut user = UserBuilder::default();
    // Set first, since the evaluation log shows it first.
    user.set(User::IDENTIFIER, None);
    for (name, value) in attributes {
        let value = attribute(value).map_err(|error| error.within(&name))?;
        user.set(&name, value);
    }
    Ok(user.build())
}

fn attribute(value: Json) -> Result<Option<AttributeValue>, SpecError> {
    Ok(Some(match value {
        Json::Null => return Ok(None),
        Json::Bool(value) => value.into(),
        Json::String(text) => text.into(),
        Json::Number(number) => number_of(&number),
        Json::Array(items) => list(items)?,
        Json::Object(members) => special(&members)?,
    }))
}

fn number_of(number: &Number) -> AttributeValue {
    let int = number.as_i64().map(AttributeValue::from);
    // As an integer where possible, since integers above 2^53 are not exact as doubles.
    let int = int.or_else(|| number.as_u64().map(AttributeValue::from));
    int.unwrap_or_else(|| number.as_f64().unwrap_or(f64::NAN).into())
}

fn list(items: Vec<Json>) -> Result<AttributeValue, SpecError> {
    let text = |(index, item)| match item {
        Json::String(text) => Ok(text),
        other => {
            Err(SpecError::new(&format!("[{index}]"), format!("expected a text, found {}", kind_of(&other))))
        }
    };
    Ok(items.into_iter().enumerate().map(text).collect::<Result<Vec<String>, _>>()?.into())
}

/// Returns the value of an object with one special member.
fn special(members: &Map<String, Json>) -> Result<AttributeValue, SpecError> {
    let wrong = || {
        let message = "expected a text, bool, number, list of texts, {\"$datetime\": …} or {\"$number\": …}";
        SpecError::new("", message.to_owned())
    };
    let mut members = members.iter();
    let (Some((name, Json::String(text))), None) = (members.next(), members.next()) else {
        return Err(wrong());
    };
    match (name.as_str(), text.as_str()) {
        ("$number", "NaN") => Ok(f64::NAN.into()),
        ("$number", "Infinity") => Ok(f64::INFINITY.into()),
        ("$number", "-Infinity") => Ok(f64::NEG_INFINITY.into()),
        ("$datetime", text) => match unix_millis(text) {
            Some(millis) => Ok(DateTime::from_unix_millis(millis).into()),
            None => {
                let message = format!("{text:?} is no date-time such as 2026-01-31T12:00:00Z (RFC 3339)");
                Err(SpecError::new("$datetime", message))
            }
        },
        _ => Err(wrong()),
    }
}

/// Returns the Unix milliseconds of a date-time (RFC 3339); what is finer is cut.
fn unix_millis(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?,
        None => ("0", rest),
    };
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let (sign, zone) = zone.split_at_checked(1)?;
            let [hours, minutes] = numbers(zone, ':', [2, 2])?;
            let minutes = hours * 60 + minutes;
            match sign {
                "+" => minutes,
                "-" => -minutes,
                _ => return None,
            }
        }
    };
    let is_valid = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        // Leap seconds are the last ones of a minute.
        && second <= 60;
    let seconds =
        days_from_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60;
    is_valid.then_some(seconds * 1000 + millis)
}

/// Returns numbers with these counts of digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn days_of(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_epoch(next_year, next_month, 1) - days_from_epoch(year, month, 1)
}

/// Returns the day counted from the Unix epoch, in the proleptic Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years from March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{read_user, unix_millis};

    #[test]
    fn date_times_are_those_of_rfc_3339() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2023-08-31T16:00:00Z", Some(1_693_497_600_000)),
            ("2023-08-31T18:00:00.1239+02:00", Some(1_693_497_600_123)),
            ("2024-02-29t23:59:59.9z", Some(1_709_251_199_900)),
            ("1969-12-31T23:59:59-00:00", Some(-1000)),
            ("0000-03-01T00:00:00Z", Some(-62_162_035_200_000)),
            ("2023-02-29T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-01-01T24:00:00Z", None),
            ("2023-01-01T00:00:00", None),
            ("2023-01-01", None),
            ("2023-1-01T00:00:00Z", None),
            ("é", None),
        ];
        for (text, expected) in table {
            assert_eq!(unix_millis(text), expected, "{text}");
        }
    }

    #[test]
    fn attributes_have_the_types_of_their_values() {
        let json = r#"{"Identifier": 7, "Email": "e", "Country": null, "a": true, "b": 1.5, "c": ["x"],
            "d": {"$number": "NaN"}, "e": {"$datetime": "1970-01-01T00:00:01Z"}, "f": 18446744073709551615}"#;
        let user = read_user(json).unwrap();
        assert_eq!(
            format!(
                "{:?}",
                ["Identifier", "Email", "Country", "a", "b", "c", "d", "e", "f"].map(|name| user.get(name))
            ),
            "[Some(Int(7)), Some(Text(\"e\")), None, Some(Text(\"true\")), Some(Float(1.5)), Some(List([\"x\"])), \
             Some(Float(NaN)), Some(DateTime(DateTime { unix_millis: 1000 })), Some(UInt(18446744073709551615))]"
        );
    }

    #[test]
    fn errors_name_the_place() {
        let table = [
            ("{", "not valid JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "expected an object of attributes, found a list"),
            (r#"{"a": [1]}"#, "a[0]: expected a text, found a number"),
            (
                r#"{"a": {"$datetime": "x"}}"#,
                "a.$datetime: \"x\" is no date-time such as 2026-01-31T12:00:00Z (RFC 3339)",
            ),
        ];
        for (json, expected) in table {
            assert_eq!(read_user(json).unwrap_err().to_string(), expected);
        }
    }
}
