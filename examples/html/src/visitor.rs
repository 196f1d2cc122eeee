//! The user of a page. All attributes are in the query of the address, so a page can be reloaded,
//! bookmarked and shared.

use configcat_eval::{AttributeValue, User};

use crate::{
    fields::{Field, Fields, Kind},
    query::{Pairs, written},
    time,
};

/// Attributes by name, as typed into the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Visitor(pub Pairs);

/// A user that can be chosen.
pub struct Preset {
    /// The name on the link.
    pub name: String,
    /// The text beside it.
    pub about: String,
    /// The attributes.
    pub visitor: Visitor,
}

impl Visitor {
    /// Returns the user of the query; this preset if the query is empty.
    #[must_use]
    pub fn new(query: Pairs, preset: Option<&Preset>) -> Self {
        match preset {
            Some(preset) if query.is_empty() => preset.visitor.clone(),
            _ => Self(query),
        }
    }

    /// Returns the value of an attribute; empty if the user does not have it.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns the User Object; `None` if all fields are empty.
    #[must_use]
    pub fn user(&self, fields: &Fields) -> Option<User> {
        let known = self.attributes(fields);
        if known.is_empty() {
            return None;
        }
        let mut user = User::new(self.get(User::IDENTIFIER));
        for (name, value) in known {
            user = match name {
                User::EMAIL => user.email(value),
                User::COUNTRY => user.country(value),
                _ => user.custom(name, value), // ignores `Identifier`, which `new` has set
            };
        }
        Some(user)
    }

    /// Returns the attributes that are not empty.
    #[must_use]
    pub fn attributes(&self, fields: &Fields) -> Vec<(&str, AttributeValue)> {
        let known = self.0.iter().filter(|(_, text)| !text.trim().is_empty());
        known.map(|(name, text)| (name.as_str(), attribute(text, fields.kind(name)))).collect()
    }

    /// Returns the name to show: of a preset, or one of the typed attributes.
    #[must_use]
    pub fn name(&self, presets: &[Preset], fields: &Fields) -> String {
        if let Some(preset) = presets.iter().find(|preset| preset.visitor == *self) {
            return preset.name.clone();
        }
        if self.attributes(fields).is_empty() {
            return "no user".to_owned();
        }
        let typed = [User::IDENTIFIER, User::EMAIL].map(|name| self.get(name));
        typed.into_iter().find(|text| !text.is_empty()).unwrap_or("a user").to_owned()
    }

    /// Returns the query of a link to another page for the same user.
    #[must_use]
    pub fn query(&self) -> String {
        written(&self.0)
    }
}

/// Returns these users, each with its name and a description, and a preset without a user.
#[must_use]
pub fn presets(users: &[(&str, User)], fields: &Fields) -> Vec<Preset> {
    let mut presets: Vec<Preset> = users
        .iter()
        .map(|(about, user)| {
            let (name, about) = about.split_once(": ").unwrap_or((*about, ""));
            let typed = |field: &Field| Some((field.name.clone(), typed(user.get(&field.name)?)));
            let visitor = Visitor(fields.iter().filter_map(typed).collect());
            Preset { name: name.to_owned(), about: about.to_owned(), visitor }
        })
        .collect();
    presets.push(Preset {
        name: "Nobody".to_owned(),
        about: "no User Object, as before a login".to_owned(),
        visitor: Visitor(Vec::from([(User::IDENTIFIER.to_owned(), String::new())])),
    });
    presets
}

/// Converts typed text to an attribute. Text that is no number and no time stays text, so that the
/// SDK logs its warning.
fn attribute(text: &str, kind: Kind) -> AttributeValue {
    let known = match kind {
        Kind::Text => None,
        Kind::Number => number(text.trim()),
        Kind::Time => time::parsed(text).map(AttributeValue::from),
        Kind::List => Some(text.split(',').map(str::trim).collect::<Vec<_>>().into()),
    };
    known.unwrap_or_else(|| text.into())
}

fn number(text: &str) -> Option<AttributeValue> {
    let whole = || text.parse::<i64>().ok().map(AttributeValue::from);
    let decimal = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(AttributeValue::from);
    whole().or_else(decimal)
}

/// Returns an attribute as it would be typed.
fn typed(value: &AttributeValue) -> String {
    match value {
        AttributeValue::DateTime(time) => time::typed(*time),
        AttributeValue::List(items) => items.join(", "),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::{AttributeValue, Fields, Kind, Visitor, attribute, presets};
    use crate::query::read;
    use configcat_eval::{Config, DateTime, User};
    use console::users::users;

    fn sample() -> Config {
        Config::parse(include_str!("../../flags.json")).unwrap()
    }

    /// Checks that all values are the same for a user and for its attributes as typed text.
    #[test]
    fn presets_are_the_users_of_the_samples() {
        let config = sample();
        let fields = Fields::new(Some(&config), iter::empty());
        for (preset, (about, user)) in presets(&users(), &fields).iter().zip(users()) {
            // As for a request with all attributes in its query.
            let fields = Fields::new(Some(&config), iter::once(&preset.visitor.0));
            let typed = preset.visitor.user(&fields).unwrap();
            for (key, evaluation) in config.evaluate_all(&user) {
                let expected = evaluation.unwrap().value();
                assert_eq!(config.evaluate(key, &typed).unwrap().value(), expected, "{key} for {about}");
            }
            assert_eq!(read(&preset.visitor.query()), preset.visitor.0);
        }
    }

    #[test]
    fn nobody_has_no_attributes() {
        let fields = Fields::new(None, iter::empty());
        assert_eq!(presets(&users(), &fields)[3].visitor.user(&fields), None);
        let visitor = Visitor(read("Email=a%40b&Identifier=&Plan=%20&Roles=x,%20y"));
        assert_eq!(visitor.user(&fields), Some(User::new("").email("a@b").custom("Roles", "x, y")));
    }

    #[test]
    fn typed_text_becomes_an_attribute_of_the_kind_of_its_field() {
        let roles: AttributeValue = ["a", "b"].into();
        for (text, kind, expected) in [
            (" 42", Kind::Number, 42.into()),
            ("4.5", Kind::Number, 4.5.into()),
            ("inf", Kind::Number, "inf".into()),
            ("many", Kind::Number, "many".into()),
            ("42", Kind::Text, "42".into()),
            ("1970-01-01T00:01", Kind::Time, DateTime::from_unix_millis(60_000).into()),
            ("1620086400", Kind::Time, "1620086400".into()),
            ("a , b", Kind::List, roles),
        ] {
            assert_eq!(attribute(text, kind), expected, "{text}");
        }
    }
}
