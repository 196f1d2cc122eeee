//! The user of a page. All attributes are in the query of the address, so a page can be reloaded,
//! bookmarked and shared.

use std::{collections::HashMap, slice};

use configcat::{
    AttributeValue, Config, User,
    describe::{ConditionDescription, SettingDescription},
    time::DateTime,
};
use console::users::users;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Attributes by name, as typed into the form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Visitor(pub(crate) Vec<(String, String)>);

/// A field of the form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The fields of the form in their order, with a map by name, since a config may use thousands of
/// attributes.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    list: Vec<Field>,
    places: HashMap<String, usize>,
}

/// The kind of input for an attribute, by the comparators that use it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Text,
    /// A date such as `2021-05-04`.
    Date,
    /// Texts separated by commas.
    List,
}

/// A user that can be chosen.
pub(crate) struct Preset {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) visitor: Visitor,
}

impl Fields {
    /// Collects a field for each attribute that the config uses, and for those in the query.
    pub(crate) fn new(config: Option<&Config>, query: &[(String, String)]) -> Self {
        let mut fields = Self::default();
        for name in [User::IDENTIFIER, User::EMAIL, User::COUNTRY] {
            fields.add(name, Kind::Text);
        }
        let describe =
            |config: &Config| -> Vec<_> { config.keys().filter_map(|key| config.describe(key)).collect() };
        config.map(describe).iter().flatten().for_each(|setting| fields.add_setting(setting));
        query.iter().for_each(|(name, _)| fields.add(name, Kind::Text));
        fields
    }

    pub(crate) fn iter(&self) -> slice::Iter<'_, Field> {
        self.list.iter()
    }

    fn kind(&self, name: &str) -> Kind {
        let field = self.places.get(name).and_then(|place| self.list.get(*place));
        field.map_or(Kind::Text, |field| field.kind)
    }

    fn add_setting(&mut self, setting: &SettingDescription) {
        setting.rules.iter().for_each(|rule| self.add_conditions(&rule.conditions));
        setting.options_attribute.iter().for_each(|name| self.add(name, Kind::Text));
    }

    fn add_conditions(&mut self, conditions: &[ConditionDescription]) {
        for condition in conditions {
            match condition {
                ConditionDescription::User { attribute, comparator, .. } => {
                    let kind = match *comparator {
                        "BEFORE" | "AFTER" => Kind::Date,
                        "ARRAY CONTAINS ANY OF" | "ARRAY NOT CONTAINS ANY OF" => Kind::List,
                        _ => Kind::Text,
                    };
                    self.add(attribute, kind);
                }
                ConditionDescription::Segment { conditions, .. } => self.add_conditions(conditions),
                _ => {}
            }
        }
    }

    /// Adds a field once. Its kind is the first one that is not text.
    fn add(&mut self, name: &str, kind: Kind) {
        match self.places.get(name).and_then(|place| self.list.get_mut(*place)) {
            None => {
                self.places.insert(name.to_owned(), self.list.len());
                self.list.push(Field { name: name.to_owned(), kind });
            }
            Some(field) if field.kind == Kind::Text => field.kind = kind,
            Some(_) => {}
        }
    }
}

impl Visitor {
    /// Returns the user of the query; the first preset if the query is empty.
    pub(crate) fn new(query: Vec<(String, String)>, fields: &Fields) -> Self {
        let first = || presets(fields).into_iter().next().map(|preset| preset.visitor);
        if query.is_empty() { first().unwrap_or(Self(query)) } else { Self(query) }
    }

    /// Returns the value of an attribute; empty if the user does not have it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns the User Object; `None` if all fields are empty.
    pub(crate) fn user(&self, fields: &Fields) -> Option<User> {
        let known: Vec<_> = self.0.iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        if known.is_empty() {
            return None;
        }
        let mut user = User::new(self.get(User::IDENTIFIER));
        for (name, text) in known {
            let value = attribute(text, fields.kind(name));
            user = match name.as_str() {
                User::EMAIL => user.email(value),
                User::COUNTRY => user.country(value),
                _ => user.custom(name, value), // ignores `Identifier`, which `new` has set
            };
        }
        Some(user)
    }

    /// Returns the query of a link to another page for the same user.
    pub(crate) fn query(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// Encodes a text as a part of an address.
pub(crate) fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// Returns the users of the samples, and a preset without a user.
pub(crate) fn presets(fields: &Fields) -> Vec<Preset> {
    let mut presets: Vec<Preset> = users()
        .into_iter()
        .map(|(about, user)| {
            let (name, about) = about.split_once(": ").unwrap_or((about, ""));
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

/// Converts typed text to an attribute. An invalid date stays text, so that the SDK logs its
/// warning.
fn attribute(text: &str, kind: Kind) -> AttributeValue {
    match kind {
        Kind::Text => text.into(),
        Kind::Date => match format!("{text}T00:00:00Z").parse::<Timestamp>() {
            Ok(time) => time.into(),
            Err(_) => text.into(),
        },
        Kind::List => text.split(',').map(str::trim).collect::<Vec<_>>().into(),
    }
}

/// Returns an attribute as it would be typed.
fn typed(value: &AttributeValue) -> String {
    match value {
        AttributeValue::DateTime(time) => date(*time),
        AttributeValue::List(items) => items.join(", "),
        _ => value.to_string(),
    }
}

fn date(time: DateTime) -> String {
    let text = time.to_string();
    text.split_once('T').map(|(date, _)| date.to_owned()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Field, Fields, Kind, Visitor, presets};
    use configcat::{Config, User};
    use console::users::users;

    fn sample() -> Config {
        Config::parse(include_str!("../../flags.json")).unwrap()
    }

    #[test]
    fn the_form_asks_for_what_the_config_wants_to_know() {
        let fields = Fields::new(Some(&sample()), &[("Shoe size".to_owned(), "42".to_owned())]);
        let kinds: Vec<_> = fields.iter().map(|Field { name, kind }| (name.as_str(), *kind)).collect();
        let expected = [
            ("Identifier", Kind::Text),
            ("Email", Kind::Text),
            ("Country", Kind::Text),
            ("RegisteredAt", Kind::Date),
            ("Orders", Kind::Text),
            ("AppVersion", Kind::Text),
            ("Company", Kind::Text),
            ("Plan", Kind::Text),
            ("Roles", Kind::List),
            ("Shoe size", Kind::Text),
        ];
        assert_eq!(kinds, expected);
    }

    /// Checks that all values are the same for a user and for its attributes as typed text.
    #[test]
    fn presets_are_the_users_of_the_samples() {
        let config = sample();
        let fields = Fields::new(Some(&config), &[]);
        for (preset, (about, user)) in presets(&fields).iter().zip(users()) {
            // As for a request with all attributes in its query.
            let fields = Fields::new(Some(&config), &preset.visitor.0);
            let typed = preset.visitor.user(&fields).unwrap();
            for (key, evaluation) in config.evaluate_all(&user) {
                let expected = evaluation.unwrap().value();
                assert_eq!(config.evaluate(key, &typed).unwrap().value(), expected, "{key} for {about}");
            }
            assert_eq!(Visitor::new(query(&preset.visitor.query()), &fields), preset.visitor);
        }
    }

    fn query(query: &str) -> Vec<(String, String)> {
        let uri = format!("/?{query}").parse().unwrap();
        axum::extract::Query::try_from_uri(&uri).unwrap().0
    }

    #[test]
    fn nobody_has_no_attributes() {
        let fields = Fields::new(None, &[]);
        assert_eq!(presets(&fields)[3].visitor.user(&fields), None);
        let visitor = Visitor(query("Email=a%40b&Identifier=&Plan=%20&Roles=x,%20y"));
        assert_eq!(visitor.user(&fields), Some(User::new("").email("a@b").custom("Roles", "x, y")));
    }
}
