//! Members of a config that a fetcher needs, and the check that a body is a config.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::endpoint::BaseUrl;
use crate::error::ContentError;

/// Base URL that a config should be fetched from, as the config says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preferences {
    pub(crate) base_url: BaseUrl,
    pub(crate) redirect: RedirectMode,
}

/// Strength of that wish.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RedirectMode {
    No,
    Should,
    Force,
}

/// Parts of a config that a fetcher needs.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    /// `None` if absent or malformed.
    // The flags of such a config may still be right, so malformed preferences are not an error.
    pub(crate) preferences: Option<Preferences>,
    /// `true` if there is at least one setting.
    // A config without settings may be an answer that only redirects, and must not become the
    // fallback if the URL that it names fails.
    pub(crate) has_settings: bool,
}

/// Checks that `body` is a config: a JSON object with an object `f`, or without `f` and with a
/// string `u` in `p`.
///
/// # Errors
///
/// Any other text. That includes a map of settings of version 4, which no CDN has at this URL.
pub(crate) fn read(body: &str) -> Result<Contents, ContentError> {
    let text = body.trim_ascii_start();
    if text.is_empty() {
        return Err(ContentError::Empty);
    }
    // Before parsing, for an error that helps: a login page or an error page is the usual case.
    if !text.starts_with('{') {
        return Err(ContentError::NotAnObject);
    }
    let config: Members<'_> = serde_json::from_str(body).map_err(ContentError::NotJson)?;
    let has_settings = match config.f {
        Some(settings) => has_members(settings).ok_or(ContentError::NotAConfig)?,
        None if config.p.is_some_and(names_url) => false,
        None => return Err(ContentError::NotAConfig),
    };
    Ok(Contents { preferences: config.p.and_then(preferences), has_settings })
}

/// Returns whether a JSON object has members; `None` if the value is not an object.
fn has_members(value: &RawValue) -> Option<bool> {
    let members = value.get().strip_prefix('{')?;
    Some(!members.trim_ascii_start().starts_with('}'))
}

/// Returns whether the preferences hold a URL, well-formed or not.
fn names_url(preferences: &RawValue) -> bool {
    let members: Result<Members<'_>, _> = serde_json::from_str(preferences.get());
    let url = members.ok().and_then(|members| serde_json::from_str::<String>(members.u?.get()).ok());
    url.is_some_and(|url| !url.is_empty())
}

/// Returns the preferences, or `None` if they are malformed.
fn preferences(text: &RawValue) -> Option<Preferences> {
    let members: Members<'_> = serde_json::from_str(text.get()).ok()?;
    let base_url: String = serde_json::from_str(members.u?.get()).ok()?;
    let redirect = match members.r {
        None => RedirectMode::No,
        // As a float: JSON has one kind of number, so `2.0` is 2.
        Some(mode) => match serde_json::from_str::<f64>(mode.get()).ok()? {
            0.0 => RedirectMode::No,
            1.0 => RedirectMode::Should,
            2.0 => RedirectMode::Force,
            _ => return None,
        },
    };
    Some(Preferences { base_url: BaseUrl::parse(&base_url).ok()?, redirect })
}

/// Members of a JSON object with one of these names, as JSON text. All others are skipped.
// Raw, so that a malformed member is not an error of the whole config, and so that megabytes of
// settings are neither copied nor nested on the stack.
#[derive(Default)]
struct Members<'a> {
    f: Option<&'a RawValue>,
    p: Option<&'a RawValue>,
    u: Option<&'a RawValue>,
    r: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(Name(name)) = map.next_key()? {
                    match name {
                        b'f' => members.f = Some(map.next_value()?),
                        b'p' => members.p = Some(map.next_value()?),
                        b'u' => members.u = Some(map.next_value()?),
                        b'r' => members.r = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(members)
            }
        }

        // Not derived: the derived code refuses a member that comes twice, where JSON readers take
        // the last one.
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Name of a member if it is one byte long, else zero.
// Read as bytes: as a string, a lone surrogate in any name would make the whole config invalid.
struct Name(u8);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Name, E> {
                Ok(Name(if let [letter] = name { *letter } else { 0 }))
            }
        }

        // Read raw first, which checks the string: as bytes, `serde_json` accepts control
        // characters that JSON forbids.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        serde_json::Deserializer::from_str(raw).deserialize_bytes(NameVisitor).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Contents, Preferences, RedirectMode, read};
    use crate::endpoint::BaseUrl;
    use crate::error::ContentError;

    #[test]
    fn preferences_are_read() {
        use RedirectMode::{Force, No, Should};
        for (body, redirect) in [
            (r#"{"p":{"u":"https://a.example","r":0,"s":"salt"}}"#, No),
            (r#"{"p":{"u":"https://a.example","r":1}}"#, Should),
            (
                r#" {"f":{"p":{"v":{"b":true}}},"s":[],"p":{"s":null,"r":2.0,"u":"https:\/\/a.example/"}} "#,
                Force,
            ),
            (r#"{"p":{"u":"https://a.example"}}"#, No),
            (r#"{"p":1,"\u0070":{"\u0075":"https://a.example","r":1}}"#, Should),
            (r#"{"\ud800":"\ud800","p":{"\ud800":"\ud800","u":"https://a.example","r":1}}"#, Should),
        ] {
            let base_url = BaseUrl::parse("https://a.example").unwrap();
            assert_eq!(read(body).unwrap().preferences, Some(Preferences { base_url, redirect }), "{body}");
        }
    }

    #[test]
    fn malformed_preferences_count_as_absent() {
        let long = format!(r#"{{"p":{{"u":"https://a.example/{}","r":1}}}}"#, "a".repeat(2048));
        assert_eq!(read(&long).unwrap().preferences, None);
        for body in [
            r#"{"p":null}"#,
            r#"{"p":1e999}"#,
            r#"{"p":"https://a.example"}"#,
            r#"{"p":[{"u":"https://a.example","r":1}]}"#,
            r#"{"p":{"r":1}}"#,
            r#"{"p":{"u":null,"r":1}}"#,
            r#"{"p":{"u":7,"r":1}}"#,
            r#"{"p":{"u":"","r":1}}"#,
            r#"{"p":{"u":"\ud800","r":1}}"#,
            r#"{"p":{"u":"a.example","r":1}}"#,
            r#"{"p":{"u":"https://me:pw@a.example","r":1}}"#,
            r#"{"p":{"u":"https://a.example","r":null}}"#,
            r#"{"p":{"u":"https://a.example","r":"1"}}"#,
            r#"{"p":{"u":"https://a.example","r":3}}"#,
            r#"{"p":{"u":"https://a.example","r":-1}}"#,
            r#"{"p":{"u":"https://a.example","r":0.5}}"#,
            r#"{"u":"https://a.example","r":1}"#,
        ] {
            let body = body.replacen('{', r#"{"f":{},"#, 1);
            assert_eq!(read(&body).unwrap(), Contents { preferences: None, has_settings: false }, "{body}");
        }
    }

    #[test]
    fn a_body_must_be_a_json_object() {
        for body in ["", " \r\n"] {
            assert!(matches!(read(body), Err(ContentError::Empty)), "{body:?}");
        }
        for body in ["[]", "null", "7", r#""{}""#, "<html>", "\u{feff}{}", "\0"] {
            assert!(matches!(read(body), Err(ContentError::NotAnObject)), "{body:?}");
        }
        for body in [
            "{",
            "{}{}",
            r#"{"f":{}"#,
            r#"{"f":{},}"#,
            r#"{f:1}"#,
            "{\"a\":\"\n\"}",
            "{\"\n\":1}",
            r#"{"p":{}"#,
        ] {
            assert!(matches!(read(body), Err(ContentError::NotJson(_))), "{body:?}");
        }
    }

    #[test]
    fn a_config_has_settings_or_redirects() {
        for (body, has_settings) in [
            (r#"{"f":{}}"#, false),
            (r#"{"f": { } ,"p":7}"#, false),
            (r#"{"f":{"a":null}}"#, true),
            (r#"{"\u0066": {"a":{}},"error":"x"}"#, true),
            (r#"{"f":null,"f":{"a":{}}}"#, true),
            (r#"{"p":{"u":"https://a.example"}}"#, false),
            (r#"{"p":{"u":"no URL","r":"no mode"}}"#, false),
        ] {
            assert_eq!(read(body).unwrap().has_settings, has_settings, "{body}");
        }
        for body in [
            "{}",
            r#"{"error":"rate limited"}"#,
            r#"{"f":null}"#,
            r#"{"f":[]}"#,
            r#"{"f":"{}"}"#,
            r#"{"f":{},"f":null}"#,
            r#"{"f":null,"p":{"u":"https://a.example","r":1}}"#,
            r#"{"p":{}}"#,
            r#"{"p":null}"#,
            r#"{"p":"https://a.example"}"#,
            r#"{"p":{"u":null,"r":1}}"#,
            r#"{"p":{"u":7,"r":1}}"#,
            r#"{"p":{"u":"","r":1}}"#,
            r#"{"p":{"u":"\ud800","r":1}}"#,
            r#"{"u":"https://a.example","r":1}"#,
            r#"{"flag":{"t":0,"v":true}}"#,
        ] {
            assert!(matches!(read(body), Err(ContentError::NotAConfig)), "{body}");
        }
    }

    #[test]
    fn deep_and_odd_values_are_accepted() {
        let deep = format!(r#"{{"f":{{"a":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        for body in [&deep, r#"{"f":{"a":-0},"s":1e999,"x":"\udc00","x":123456789012345678901234567890}"#] {
            assert_eq!(read(body).unwrap(), Contents { preferences: None, has_settings: true });
        }
    }
}
