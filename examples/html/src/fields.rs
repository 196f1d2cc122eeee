//! The fields of the form for a user: an input of the right kind for each attribute that the config
//! uses.

use std::{collections::HashMap, slice};

use configcat_eval::{ComparisonDescription, ConditionDescription, Config, SettingDescription, User};

use crate::{query::Pairs, time};

/// The most suggested values of a field, and their most bytes: about what a list of suggestions
/// shows at once.
const MAX_SUGGESTIONS: usize = 20;
const MAX_SUGGESTION_BYTES: usize = 100;

/// The most conditions and items of lists that are read for the form: about a tenth of a second. A
/// small config has millions of them if many flags use one large segment.
const MAX_READ: usize = 200_000;

/// A field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name of the attribute.
    pub name: String,
    /// The kind of its input.
    pub kind: Kind,
    /// Values that the rules of the config compare the attribute with.
    pub suggestions: Vec<String>,
}

/// The fields of the form in their order, with a map by name, since a config may use thousands of
/// attributes.
#[derive(Debug, Default)]
pub struct Fields {
    list: Vec<Field>,
    places: HashMap<String, usize>,
}

/// The kind of input for an attribute, by the comparators that use it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A date with a time of the day in UTC.
    Time,
    /// Texts separated by commas.
    List,
}

impl Fields {
    /// Collects a field for each attribute that the config uses, and for those in the query.
    pub fn new<'q>(config: Option<&Config>, query: impl Iterator<Item = &'q Pairs>) -> Self {
        let mut fields = Self::default();
        for name in [User::IDENTIFIER, User::EMAIL, User::COUNTRY] {
            fields.add(name, Kind::Text);
        }
        let mut budget = MAX_READ;
        for key in config.into_iter().flat_map(Config::keys) {
            let Some(setting) = config.and_then(|config| config.describe(key)) else { continue };
            fields.add_setting(&setting, &mut budget);
            if budget == 0 {
                break;
            }
        }
        for (name, _) in query.flatten() {
            fields.add(name, Kind::Text);
        }
        fields
    }

    /// Returns the fields in their order.
    pub fn iter(&self) -> slice::Iter<'_, Field> {
        self.list.iter()
    }

    /// Returns the kind of an attribute; text if there is no such field.
    #[must_use]
    pub fn kind(&self, name: &str) -> Kind {
        let field = self.places.get(name).and_then(|place| self.list.get(*place));
        field.map_or(Kind::Text, |field| field.kind)
    }

    fn add_setting(&mut self, setting: &SettingDescription, budget: &mut usize) {
        setting.rules.iter().for_each(|rule| self.add_conditions(&rule.conditions, budget));
        if let Some(name) = &setting.options_attribute {
            self.add(name, Kind::Text);
        }
    }

    fn add_conditions(&mut self, conditions: &[ConditionDescription], budget: &mut usize) {
        for condition in conditions {
            if *budget == 0 {
                return;
            }
            *budget = budget.saturating_sub(cost(condition));
            match condition {
                ConditionDescription::User { attribute, comparator, comparison, .. } => {
                    let kind = match (*comparator, comparison) {
                        ("BEFORE" | "AFTER", _) => Kind::Time,
                        ("ARRAY CONTAINS ANY OF" | "ARRAY NOT CONTAINS ANY OF", _) => Kind::List,
                        (_, ComparisonDescription::Number(_)) => Kind::Number,
                        _ => Kind::Text,
                    };
                    if let Some(field) = self.add(attribute, kind) {
                        field.suggest(comparison);
                    }
                }
                ConditionDescription::Segment { conditions, .. } => self.add_conditions(conditions, budget),
                _ => {}
            }
        }
    }

    /// Adds a field once. Its kind is the first one that is not text.
    fn add(&mut self, name: &str, kind: Kind) -> Option<&mut Field> {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.list.len());
            self.list.push(Field { name: name.to_owned(), kind, suggestions: Vec::new() });
            self.list.len() - 1
        });
        let field = self.list.get_mut(place)?;
        if field.kind == Kind::Text {
            field.kind = kind;
        }
        Some(field)
    }
}

/// Returns the number of items that describing a condition has copied.
fn cost(condition: &ConditionDescription) -> usize {
    match condition {
        ConditionDescription::User { comparison: ComparisonDescription::List(items), .. } => items.len() + 1,
        _ => 1,
    }
}

impl Field {
    fn suggest(&mut self, comparison: &ComparisonDescription) {
        match comparison {
            ComparisonDescription::Text(text) => self.suggest_text(text),
            ComparisonDescription::List(items) => {
                items.iter().take(MAX_SUGGESTIONS).for_each(|item| self.suggest_text(item));
            }
            ComparisonDescription::Number(number) => self.suggest_text(&number.to_string()),
            ComparisonDescription::Time(time) => self.suggest_text(&time::typed(*time)),
            // Nobody knows the values of hashes.
            _ => {}
        }
    }

    fn suggest_text(&mut self, text: &str) {
        let is_known = self.suggestions.iter().any(|known| known == text);
        if !is_known && self.suggestions.len() < MAX_SUGGESTIONS && text.len() <= MAX_SUGGESTION_BYTES {
            self.suggestions.push(text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::{Field, Fields, Kind, MAX_READ};
    use configcat_eval::Config;

    fn fields(config: &str) -> Vec<(String, Kind, String)> {
        let query = Vec::from([("Shoe size".to_owned(), "42".to_owned())]);
        let config = Config::parse(config).unwrap();
        let fields = Fields::new(Some(&config), iter::once(&query));
        let plain = |Field { name, kind, suggestions }: &Field| (name.clone(), *kind, suggestions.join(" "));
        fields.iter().map(plain).collect()
    }

    #[test]
    fn the_form_asks_for_what_the_config_wants_to_know() {
        let expected = [
            ("Identifier", Kind::Text, ""),
            ("Email", Kind::Text, ""), // compared with hashes
            ("Country", Kind::Text, "HU AT CH DE"),
            ("RegisteredAt", Kind::Time, "2024-01-01T00:00 2025-01-01T00:00"),
            ("Orders", Kind::Number, "10"),
            ("AppVersion", Kind::Text, "2.1.0"),
            ("Company", Kind::Text, ""),
            ("Plan", Kind::Text, "pro team"),
            ("Roles", Kind::List, "admin owner"),
            ("Shoe size", Kind::Text, ""),
        ];
        let fields = fields(include_str!("../../flags.json"));
        assert_eq!(fields, expected.map(|(name, kind, values)| (name.to_owned(), kind, values.to_owned())));
    }

    #[test]
    fn a_large_segment_of_many_flags_is_not_read_for_each_of_them() {
        let conditions = vec![r#"{"a": "Email", "c": 29, "s": "x"}"#; 5_000].join(",");
        let rules = vec![r#"{"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}}}"#; 20].join(",");
        let flag = |key: usize| format!(r#""flag{key}": {{"t": 0, "v": {{"b": false}}, "r": [{rules}]}}"#);
        let flags = (0..500).map(flag).collect::<Vec<_>>().join(",");
        let config = format!(r#"{{"s": [{{"n": "S", "r": [{conditions}]}}], "f": {{{flags}}}}}"#);
        let config = Config::parse(config).unwrap();
        let mut budget = MAX_READ;
        let mut fields = Fields::default();
        let read = |key: &&str| {
            fields.add_setting(&config.describe(key).unwrap(), &mut budget);
            budget > 0
        };
        assert_eq!(config.keys().take_while(read).count(), 1, "each has 100,000 conditions");
        assert_eq!(Fields::new(Some(&config), iter::empty()).list.len(), 3);
    }

    #[test]
    fn suggestions_are_few_and_short() {
        let long = "x".repeat(101);
        let many: Vec<_> = (0..50).map(|number| format!("\"{number}\"")).collect();
        let config = format!(
            r#"{{"f": {{"a": {{"t": 0, "v": {{"b": true}}, "r": [
                {{"c": [{{"u": {{"a": "Long", "c": 28, "s": "{long}"}}}}, {{"u": {{"a": "Many", "c": 0, "l": [{}]}}}}],
                 "s": {{"v": {{"b": true}}}}}}]}}}}}}"#,
            many.join(",")
        );
        let fields = fields(&config);
        assert_eq!((&*fields[3].0, &*fields[3].2), ("Long", ""));
        assert_eq!((&*fields[4].0, fields[4].2.split(' ').count()), ("Many", 20));
    }
}
