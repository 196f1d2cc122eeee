//! The users that a command evaluates for: the options `--user` and `--set`.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::Args;
use configcat_eval::{AttributeValue, DateTime, User};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value as Json;

use crate::{failure::Failure, flags::not_json, snippet::Problem, source::Source};

/// The options that name users.
#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    /// File of a user, an object of attributes such as {"Identifier": "42", "Age": 32}, or of many
    /// users, one a line; `-` for standard input
    #[arg(long, value_name = "FILE")]
    user: Option<PathBuf>,
    /// Attribute of the user, in addition to those of the file: NAME=TEXT for a text, NAME:=JSON
    /// for a number or a list, as in --set Age:=32 --set 'Roles:=["admin"]'
    #[arg(long, value_name = "NAME=TEXT")]
    set: Vec<Attribute>,
}

/// An attribute and its name.
#[derive(Debug, Clone)]
struct Attribute(String, AttributeValue);

impl UserArgs {
    /// Returns all users; without options no user, for whom flags can be evaluated too.
    pub(crate) fn all(&self) -> Result<Vec<Option<User>>, Failure> {
        match &self.user {
            Some(path) => read(&Source::read(path)?, &self.set),
            None if self.set.is_empty() => Ok(vec![None]),
            None => Ok(vec![Some(user(&self.set))]),
        }
    }

    /// Returns the user; fails if there are many.
    pub(crate) fn one(&self) -> Result<Option<User>, Failure> {
        let mut users = self.all()?;
        match (users.pop(), users.len()) {
            (Some(user), 0) => Ok(user),
            (_, others) => Err(Failure::new(format_args!("expected one user, found {}", others + 1))),
        }
    }
}

impl FromStr for Attribute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=TEXT or NAME:=JSON")?;
        let (name, value) = match name.strip_suffix(':') {
            None => (name, value.into()),
            Some(name) => {
                let json =
                    serde_json::from_str(value).map_err(|cause| format!("{value} is not JSON: {cause}"))?;
                (name, attribute(&json)?)
            }
        };
        if name.is_empty() { Err("the name is missing".to_owned()) } else { Ok(Self(name.to_owned(), value)) }
    }
}

/// Returns the user with these attributes; the last of each name counts.
fn user(attributes: &[Attribute]) -> User {
    let of = |wanted| attributes.iter().rev().find(|Attribute(name, _)| name == wanted);
    let of = |wanted| of(wanted).map(|Attribute(_, value)| value.clone());
    let user = User::new(of(User::IDENTIFIER).unwrap_or_else(|| "".into()));
    let user = user.email(of(User::EMAIL)).country(of(User::COUNTRY));
    // Custom attributes of the three predefined names are ignored.
    attributes.iter().fold(user, |user, Attribute(name, value)| user.custom(name, value.clone()))
}

/// Reads users, one after the other: objects of attributes, or `null` for no User Object.
fn read(source: &Source, more: &[Attribute]) -> Result<Vec<Option<User>>, Failure> {
    let mut values = serde_json::Deserializer::from_str(&source.text).into_iter::<Option<Members>>();
    let mut users = Vec::new();
    loop {
        let start = values.byte_offset();
        let members = match values.next() {
            None => break,
            Some(Ok(members)) => members.unwrap_or_default().0,
            Some(Err(cause)) if cause.is_data() => return Err(no_user(source, start, &cause)),
            Some(Err(cause)) => return Err(not_json(source, &cause)),
        };
        let json = source.text.get(start..values.byte_offset()).unwrap_or_default();
        let mut attributes = Vec::with_capacity(members.len() + more.len());
        for (name, json) in &members {
            let value = attribute(json).map_err(|cause| wrong_attribute(source, start, name, &cause))?;
            attributes.push(Attribute(name.clone(), value));
        }
        attributes.extend_from_slice(more);
        let is_none = json.trim_ascii() == "null" && more.is_empty();
        users.push((!is_none).then(|| user(&attributes)));
    }
    if users.is_empty() {
        let failure = Failure::new(format_args!("{} has no user", source.name));
        return Err(failure.help(r#"write an object of attributes, such as {"Identifier": "42"}"#));
    }
    Ok(users)
}

/// Returns the failure of a value that is no object.
fn no_user(source: &Source, start: usize, cause: &serde_json::Error) -> Failure {
    let end = source.offset(cause.line(), cause.column());
    let spaces = |text: &str| text.len() - text.trim_start().len();
    let start = start + source.text.get(start..).map_or(0, spaces);
    let excerpt = source.excerpt(start..end.max(start + 1), "expected an object of attributes");
    let problem = Problem::error(format_args!("{} has a value that is no user", source.name)).at(excerpt);
    problem.help("write one object a line, without a list around them").into()
}

/// Returns the failure of a member with a value that no attribute can have.
fn wrong_attribute(source: &Source, start: usize, name: &str, cause: &str) -> Failure {
    let member = Json::from(name).to_string();
    let offset = source.text.get(start..).and_then(|rest| rest.find(&member)).unwrap_or(0);
    let excerpt = source.excerpt(start + offset..start + offset + member.len(), cause);
    Problem::error(format_args!("{} has a wrong attribute", source.name)).at(excerpt).into()
}

/// Returns an attribute from its JSON.
fn attribute(json: &Json) -> Result<AttributeValue, String> {
    let expected =
        "expected a text, a number, a bool, a list of texts, or {\"$datetime\": \"2026-01-31T12:00:00Z\"}";
    let value = match json {
        Json::Bool(value) => Some((*value).into()),
        Json::String(text) => Some(text.into()),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Some(int.into()),
            (_, Some(int)) => Some(int.into()),
            _ => number.as_f64().map(Into::into),
        },
        Json::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            items.map(Into::into)
        }
        Json::Object(members) => match (members.get("$datetime"), members.get("$number")) {
            (Some(time), _) => time.as_str().and_then(rfc3339).map(Into::into),
            // Numbers that JSON does not have.
            (_, Some(number)) => match number.as_str() {
                Some("NaN") => Some(f64::NAN.into()),
                Some("Infinity") => Some(f64::INFINITY.into()),
                Some("-Infinity") => Some(f64::NEG_INFINITY.into()),
                _ => None,
            },
            _ => None,
        },
        Json::Null => None,
    };
    value.ok_or_else(|| expected.to_owned())
}

fn rfc3339(text: &str) -> Option<DateTime> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(DateTime::from_unix_millis(time.timestamp_millis()))
}

/// The members of an object in their order, which the evaluation log keeps.
#[derive(Default)]
struct Members(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(member) = map.next_entry()? {
            members.0.push(member);
        }
        Ok(members)
    }
}
