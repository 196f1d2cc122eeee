//! Candidate values of attributes: the comparison values of tests, and their neighbours.

use std::collections::{BTreeMap, BTreeSet};

use configcat_eval::{AttributeValue, DateTime};
use semver::{BuildMetadata, Prerelease, Version};

use crate::logic::{
    flag::{Condition, Flag},
    test::{Test, TextRelation},
};

/// The most candidates for an attribute. The plan limits allow lists of 15,000 items; of these, the
/// items that only one of two configs has come first.
pub(crate) const MAX_VALUES: usize = 640;
/// The most items of a kind that are combined with each other, such as a start with an end.
const MAX_COMBINED: usize = 5;

/// The candidates for each attribute. A candidate `None` is an absent attribute.
pub(crate) type Values = BTreeMap<String, Vec<Option<AttributeValue>>>;

/// Collects the comparison values of tests, by attribute.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    attributes: BTreeMap<String, Comparisons>,
}

/// The comparison values of the tests on one attribute.
#[derive(Debug, Default)]
struct Comparisons {
    texts: Vec<(TextRelation, String)>,
    items: Vec<String>,
    versions: Vec<Version>,
    numbers: Vec<f64>,
    times: Vec<f64>,
    known: BTreeSet<String>,
}

impl Collector {
    /// Collects the comparison values of all conditions of settings.
    pub(crate) fn of<'f>(flags: impl Iterator<Item = &'f Flag>) -> Self {
        let mut collector = Self::default();
        flags.for_each(|flag| collector.flag(flag));
        collector
    }

    pub(crate) fn flag(&mut self, flag: &Flag) {
        flag.rules.iter().flat_map(|rule| &rule.conditions).for_each(|condition| self.condition(condition));
        if !flag.options_attribute.is_empty() {
            self.attribute(&flag.options_attribute);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::User(condition) => self.test(&condition.attribute, &condition.test),
            Condition::Segment { conditions, .. } => {
                conditions.iter().for_each(|condition| self.condition(condition));
            }
            Condition::Prerequisite { .. } | Condition::Malformed => {}
        }
    }

    /// Makes room for an attribute without tests, such as that of percentage options.
    fn attribute(&mut self, name: &str) {
        if !self.attributes.contains_key(name) {
            self.attributes.insert(name.to_owned(), Comparisons::default());
        }
    }

    fn test(&mut self, attribute: &str, test: &Test) {
        self.attribute(attribute);
        let Some(to) = self.attributes.get_mut(attribute) else { return };
        match test {
            Test::Text { relation, items, .. } => {
                for item in items {
                    // Each item once, also if many rules have the same list.
                    if to.known.insert(text_key(*relation, item)) {
                        to.texts.push((*relation, item.clone()));
                    }
                }
            }
            Test::List { items, .. } => {
                for item in items {
                    if to.known.insert(item_key(item)) {
                        to.items.push(item.clone());
                    }
                }
            }
            Test::VersionOneOf { versions, .. } => to.versions.extend(versions.iter().flatten().cloned()),
            Test::Version(_, version) => to.versions.extend(version.clone()),
            Test::Number(_, number) => to.numbers.push(*number),
            Test::Time(_, seconds) => to.times.push(*seconds),
            Test::Hashed { .. } | Test::Unparsable => {}
        }
    }

    /// Puts the items of lists first that only one of two collections has, since a changed list
    /// differs in them.
    pub(crate) fn merged(old: &Self, new: &Self) -> Self {
        let mut merged = Self::default();
        for (one, other) in [(old, new), (new, old)] {
            for (name, comparisons) in &one.attributes {
                let known = other.attributes.get(name).map(|comparisons| &comparisons.known);
                merged.take(name, comparisons, |key| !known.is_some_and(|known| known.contains(key)));
            }
        }
        for (name, comparisons) in old.attributes.iter().chain(&new.attributes) {
            // Those that were taken above are known, and stay first.
            merged.take(name, comparisons, |_| true);
            let Some(to) = merged.attributes.get_mut(name) else { continue };
            to.versions.extend(comparisons.versions.iter().cloned());
            to.numbers.extend(&comparisons.numbers);
            to.times.extend(&comparisons.times);
        }
        merged
    }

    /// Takes the texts and list items that are wanted, each once.
    fn take(&mut self, name: &str, from: &Comparisons, is_wanted: impl Fn(&String) -> bool) {
        let to = self.attributes.entry(name.to_owned()).or_default();
        for (relation, text) in &from.texts {
            let key = text_key(*relation, text);
            if is_wanted(&key) && to.known.insert(key) {
                to.texts.push((*relation, text.clone()));
            }
        }
        for item in &from.items {
            let key = item_key(item);
            if is_wanted(&key) && to.known.insert(key) {
                to.items.push(item.clone());
            }
        }
    }

    /// Returns the candidates: the comparison values in the order of their collection, and then
    /// their neighbours.
    pub(crate) fn values(&self) -> Values {
        self.attributes.iter().map(|(name, comparisons)| (name.clone(), comparisons.values())).collect()
    }

    /// Returns the values that people have most likely: the comparison values, and the next ones
    /// where they are ordered.
    pub(crate) fn plain_values(&self) -> BTreeMap<String, Vec<AttributeValue>> {
        let plain = |comparisons: &Comparisons| comparisons.plain_values();
        self.attributes.iter().map(|(name, comparisons)| (name.clone(), plain(comparisons))).collect()
    }
}

impl Comparisons {
    fn plain_values(&self) -> Vec<AttributeValue> {
        let mut values: Vec<AttributeValue> = Vec::new();
        values.extend(self.texts.iter().map(|(relation, text)| match relation {
            TextRelation::Is => text.into(),
            TextRelation::Contains => format!("a{text}b").into(),
            TextRelation::StartsWith => format!("{text}b").into(),
            TextRelation::EndsWith => format!("a{text}").into(),
        }));
        values.extend(self.items.iter().map(|item| AttributeValue::from([item.as_str()])));
        // Most comparisons of ordered values are with `<` and `>`, so neighbours are needed too.
        let versions = self.versions.iter().flat_map(|version| {
            std::iter::once(version.clone()).chain(neighbours(version).into_iter().take(2))
        });
        values.extend(versions.map(|version| AttributeValue::from(version.to_string())));
        let near = |number: f64, step: f64| [number - step, number, number + step];
        values.extend(self.numbers.iter().flat_map(|number| near(*number, 1.0)).map(number_value));
        values.extend(self.times.iter().flat_map(|time| near(*time, 86_400.0)).filter_map(time_value));
        values
    }

    fn values(&self) -> Vec<Option<AttributeValue>> {
        let mut values = Candidates::default();
        self.texts(&mut values);
        self.lists(&mut values);
        self.versions(&mut values);
        numbers(&self.numbers, &mut values, |number| Some(number_value(number)));
        numbers(&self.times, &mut values, time_value);
        // A value of no particular form, one that compares as text only, and one with much in it.
        let general = ["x", "0", "~", "other"].map(AttributeValue::from);
        let special = [AttributeValue::List(Vec::new()), f64::NAN.into()];
        let values = values.list.into_iter().chain(general).chain(special);
        let mut values: Vec<Option<AttributeValue>> = values.map(Some).collect();
        // Last, since a user with attributes says more.
        values.push(None);
        values
    }

    fn texts(&self, values: &mut Candidates) {
        // Most of the room is for neighbours and combinations.
        for (_, text) in self.texts.iter().take(MAX_VALUES / 4) {
            values.add(text.into());
        }
        for (_, text) in self.texts.iter().take(MAX_VALUES / 16) {
            values.add(format!("{text}x").into());
            values.add(format!("x{text}").into());
            let mut chars = text.chars();
            let shorter = chars.next_back().map(|_| chars.as_str());
            values.add(shorter.unwrap_or_default().into());
            let mut chars = text.chars();
            values.add(chars.next().map(|_| chars.as_str()).unwrap_or_default().into());
        }
        let of = |wanted: TextRelation| {
            let texts = self.texts.iter().filter(move |(relation, _)| *relation == wanted);
            texts.map(|(_, text)| text.as_str()).take(MAX_COMBINED)
        };
        for start in of(TextRelation::StartsWith).chain([""]) {
            for middle in of(TextRelation::Contains).chain([""]) {
                for end in of(TextRelation::EndsWith).chain([""]) {
                    values.add(format!("{start}{middle}{end}").into());
                    // No part may run into the next one, where a longer text is excluded.
                    values.add(format!("{start}~{middle}~{end}").into());
                }
            }
        }
    }

    fn lists(&self, values: &mut Candidates) {
        for item in self.items.iter().take(MAX_VALUES / 4) {
            values.add([item.as_str()].into());
        }
        for (index, first) in self.items.iter().take(MAX_COMBINED).enumerate() {
            for second in self.items.iter().take(index) {
                values.add([first.as_str(), second].into());
            }
        }
        if !self.items.is_empty() {
            values.add(["~"].into());
            values.add(self.items.iter().take(MAX_VALUES).cloned().collect::<Vec<_>>().into());
        }
    }

    fn versions(&self, values: &mut Candidates) {
        for version in &self.versions {
            values.add(version.to_string().into());
        }
        for version in &self.versions {
            for neighbour in neighbours(version) {
                values.add(neighbour.to_string().into());
            }
        }
        if !self.versions.is_empty() {
            values.add("0.0.0-0".into());
            values.add("99999.0.0".into());
        }
    }
}

fn text_key(relation: TextRelation, text: &str) -> String {
    format!("{relation:?} {text}")
}

fn item_key(item: &str) -> String {
    format!("[] {item}")
}

/// Returns the versions next to a version: below and above.
fn neighbours(version: &Version) -> Vec<Version> {
    let Version { major, minor, patch, .. } = *version;
    let mut found = Vec::new();
    let pre = |text: &str| Prerelease::new(text).unwrap_or_default();
    let with =
        |patch: u64, pre: Prerelease| Version { major, minor, patch, pre, build: BuildMetadata::EMPTY };
    if let Some(patch) = patch.checked_add(1) {
        found.push(with(patch, Prerelease::EMPTY));
    }
    if let Some(patch) = patch.checked_sub(1) {
        found.push(with(patch, Prerelease::EMPTY));
    }
    if version.pre.is_empty() {
        // Directly below, and directly above, apart from longer pre-releases.
        found.push(with(patch, pre("0")));
        found.extend(patch.checked_add(1).map(|patch| with(patch, pre("0"))));
        found.push(with(patch, pre("zzz")));
    } else {
        found.push(with(patch, Prerelease::EMPTY));
        found.push(with(patch, pre(&format!("{}.0", version.pre))));
        found.push(with(patch, pre("0")));
    }
    found
}

/// Adds the numbers, those between them, and the nearest ones to each.
fn numbers(numbers: &[f64], values: &mut Candidates, value: impl Fn(f64) -> Option<AttributeValue>) {
    let mut sorted: Vec<f64> = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let mut add = |number: f64| {
        if let Some(value) = value(number) {
            values.add(value);
        }
    };
    for number in &sorted {
        add(*number);
        add(number - 1.0);
        add(number + 1.0);
    }
    for pair in sorted.windows(2) {
        if let [low, high] = pair {
            add(f64::midpoint(*low, *high).floor());
            add(f64::midpoint(*low, *high));
        }
    }
    // The nearest doubles last, because people cannot read them.
    for number in &sorted {
        let next = |towards: f64| next_after(*number, towards);
        values.add(next(f64::NEG_INFINITY).into());
        values.add(next(f64::INFINITY).into());
    }
}

/// Returns the nearest double in one direction.
fn next_after(number: f64, towards: f64) -> f64 {
    // The bits of -0 are not next to those of 0.
    if number == 0.0 {
        return f64::from_bits(1).copysign(towards);
    }
    // The bits of doubles of one sign are in the order of their magnitude.
    let is_away = (towards > number) == (number > 0.0);
    f64::from_bits(if is_away { number.to_bits().wrapping_add(1) } else { number.to_bits().wrapping_sub(1) })
}

/// Returns a number as an integer if it is one, as people write it.
pub(crate) fn number_value(number: f64) -> AttributeValue {
    /// Integers up to 2^53 are exact doubles.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be an integer in range")]
    if number.fract() == 0.0 && number.abs() <= EXACT { (number as i64).into() } else { number.into() }
}

/// Returns a time; `None` if no date-time stands for it.
pub(crate) fn time_value(seconds: f64) -> Option<AttributeValue> {
    /// The range of JavaScript's dates, in milliseconds.
    const LIMIT: f64 = 8.64e15;
    let millis = seconds * 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "in range, and a neighbour is good enough")]
    (millis.abs() <= LIMIT).then(|| DateTime::from_unix_millis(millis as i64).into())
}

/// Different values, in the order in which they were added.
#[derive(Default)]
struct Candidates {
    list: Vec<AttributeValue>,
    known: BTreeSet<String>,
}

impl Candidates {
    fn add(&mut self, value: AttributeValue) {
        if self.list.len() < MAX_VALUES && self.known.insert(format!("{value:?}")) {
            self.list.push(value);
        }
    }
}
