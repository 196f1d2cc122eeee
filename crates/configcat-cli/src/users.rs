//! The users that a command evaluates for: the options `--user` and `--set`.

use std::{path::PathBuf, str::FromStr};

use clap::Args;
use configcat_analysis::read_user;
use configcat_eval::User;
use serde_json::{Value as Json, value::RawValue};

use crate::{failure::Failure, flags::not_json, locate::Locator, snippet::Problem, source::Source};

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

/// A member of the JSON object of a user, such as `"Age":32`.
#[derive(Debug, Clone)]
pub(crate) struct Attribute(String);

impl UserArgs {
    /// Returns all users; without options, one evaluation without a User Object.
    pub(crate) fn all(&self) -> Result<Vec<Option<User>>, Failure> {
        match &self.user {
            Some(path) => self.read(&Source::read(path)?),
            // Without any option, people want the value for everybody else.
            None if self.set.is_empty() => Ok(vec![None]),
            None => Ok(vec![Some(user("{}", &self.set)?)]),
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

    /// Returns so many users, alike except for one attribute, which is a text from 1 up.
    pub(crate) fn varied(&self, name: &str, count: usize) -> Result<Vec<User>, Failure> {
        let varied = |number: usize| {
            let mut attributes = self.set.clone();
            attributes.push(Attribute::new(name, &Json::from(number.to_string())));
            user("{}", &attributes)
        };
        // Last, so that the varied attribute wins over one of the same name.
        (1..=count).map(varied).collect()
    }

    /// Returns whether there is a file of users.
    pub(crate) fn has_file(&self) -> bool {
        self.user.is_some()
    }

    /// Reads users, one after the other: objects of attributes, or `null` for no User Object.
    fn read(&self, source: &Source) -> Result<Vec<Option<User>>, Failure> {
        let mut users = Vec::new();
        let mut values = serde_json::Deserializer::from_str(&source.text).into_iter::<&RawValue>();
        // A stream of values is one object in many lines, and lines of objects, too.
        while let Some(value) = values.next() {
            let json = value.map_err(|cause| not_json(source, &cause))?.get();
            let start = values.byte_offset() - json.len();
            let wrong = |message: &str, place: &str, label: &str| {
                let range = Locator::new(json).find(place).mark(json);
                let excerpt = source.excerpt(start + range.start..start + range.end, label);
                Problem::error(format_args!("{} {message}", source.name)).at(excerpt)
            };
            if json == "null" {
                users.push(if self.set.is_empty() { None } else { Some(user("{}", &self.set)?) });
            } else if json.starts_with('{') {
                // Without the options, so that the place of an error is in the file.
                read_user(json)
                    .map_err(|error| wrong("has a wrong attribute", error.place(), &error.to_string()))?;
                users.push(Some(user(json, &self.set)?));
            } else {
                let problem = wrong("has a value that is no user", "", "expected an object of attributes");
                return Err(problem.help("write one object a line, without a list around them").into());
            }
        }
        if users.is_empty() {
            let failure = Failure::new(format_args!("{} has no user", source.name));
            return Err(failure.help(r#"write an object of attributes, such as {"Identifier": "42"}"#));
        }
        Ok(users)
    }
}

impl Attribute {
    fn new(name: &str, json: &Json) -> Self {
        Self(format!("{}:{json}", Json::from(name)))
    }
}

impl FromStr for Attribute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=TEXT or NAME:=JSON")?;
        let attribute = match name.strip_suffix(':') {
            // Text is the default: all comparators accept numbers as text.
            None => Self::new(name, &value.into()),
            Some(name) => Self::new(name, &serde_json::from_str(value).map_err(|cause| cause.to_string())?),
        };
        match read_user(&format!("{{{}}}", attribute.0)) {
            // Read once here, so that a mistake is an error of the argument.
            Ok(_) if name.trim_end_matches(':').is_empty() => Err("the name is missing".to_owned()),
            Ok(_) => Ok(attribute),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Returns the user of a JSON object, with these members in addition. The last of equal names
/// counts.
fn user(object: &str, more: &[Attribute]) -> Result<User, Failure> {
    // Joined as text: a `User` cannot be changed, and members keep their order.
    let members = object.trim_end().strip_suffix('}').unwrap_or(object).trim_end();
    let mut object = members.to_owned();
    for Attribute(member) in more {
        if !object.ends_with('{') {
            object.push(',');
        }
        object += member;
    }
    object.push('}');
    read_user(&object).map_err(Failure::new)
}
