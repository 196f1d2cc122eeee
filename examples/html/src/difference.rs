//! Differences of two configs, for people.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use configcat_eval::{ChangeKind, ConditionDescription, Config, ServedDescription, SettingDescription};
use maud::{Markup, html};

/// The number of listed differences between two configs. Each page repeats the list, and a config
/// may have thousands of flags.
const MAX_DIFFERENCES: usize = 50;

/// The characters of a listed value: about one line.
const MAX_VALUE: usize = 100;

/// The number of segments and of prerequisite flags that a difference names: about one line.
const MAX_NAMES: usize = 3;

/// One difference, of one flag or of the config as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The key of the flag.
    pub key: Option<String>,
    /// The difference in words.
    pub what: String,
}

/// Returns the entry for the first config.
#[must_use]
pub fn first(config: &Config) -> Vec<Change> {
    Vec::from([Change { key: None, what: format!("the first config, with {} flags", config.keys().count()) }])
}

/// Returns the flags that differ, with the difference.
#[must_use]
pub fn differences(before: &Config, after: &Config) -> Vec<Change> {
    let changed: HashSet<&str> = after.changes(before).map(|change| change.key).collect();
    let what = |key: &str, kind: ChangeKind| match (kind, before.describe(key), after.describe(key)) {
        (ChangeKind::Added, ..) => "was added".to_owned(),
        (ChangeKind::Removed, ..) => "was removed".to_owned(),
        (_, Some(old), Some(new)) => difference(old, new, &changed),
        _ => "changed".to_owned(),
    };
    let mut all = after.changes(before);
    // Describes only those that are shown: a description copies each segment that it uses.
    let shown = all.by_ref().take(MAX_DIFFERENCES);
    let mut changes: Vec<_> = shown
        .map(|change| Change { key: Some(change.key.to_owned()), what: what(change.key, change.kind) })
        .collect();
    let more = all.count();
    if more > 0 {
        changes.push(Change { key: None, what: format!("and {more} more") });
    }
    if changes.is_empty() {
        changes.push(Change { key: None, what: "a new config without differences".to_owned() });
    }
    changes
}

/// Shows differences as a list.
#[must_use]
pub fn list(changes: &[Change]) -> Markup {
    html! {
        ul {
            @for Change { key, what } in changes {
                li { @if let Some(key) = key { strong { (key) } " " } (what) }
            }
        }
    }
}

/// Returns how a flag differs: by its own parts first, then by segments and prerequisite flags.
fn difference(mut old: SettingDescription, mut new: SettingDescription, changed: &HashSet<&str>) -> String {
    let segments = segments(&old, &new);
    // Their rules are then the same if only the conditions of segments differ.
    [&mut old, &mut new].into_iter().for_each(forget_segments);
    let shown = |served: &ServedDescription| {
        served
            .value
            .as_ref()
            .map_or_else(|| "an invalid value".to_owned(), |value| shortened(&value.to_string()))
    };
    let mut what = Vec::new();
    if old.setting_type != new.setting_type {
        what.push("type changed".to_owned());
    }
    if old.default != new.default {
        what.push(format!("for all other users {} → {}", shown(&old.default), shown(&new.default)));
    }
    if old.rules != new.rules {
        what.push("targeting rules changed".to_owned());
    }
    if (&old.options, &old.options_attribute) != (&new.options, &new.options_attribute) {
        what.push("percentage options changed".to_owned());
    }
    what.extend(segments.into_iter().map(|name| format!("the segment {} changed", shortened(&name))));
    let needed = conditions(&new).filter_map(|condition| match condition {
        ConditionDescription::Prerequisite { key, .. } => Some(&**key).filter(|key| changed.contains(key)),
        _ => None,
    });
    let needed: BTreeSet<&str> = needed.collect();
    what.extend(needed.iter().take(MAX_NAMES).map(|key| format!("needs {}, which changed", shortened(key))));
    if what.is_empty() {
        // These are in no description.
        what.push("the salt of its hashes or the version of the config changed".to_owned());
    }
    what.join(", ")
}

fn conditions(setting: &SettingDescription) -> impl Iterator<Item = &ConditionDescription> {
    setting.rules.iter().flat_map(|rule| &rule.conditions)
}

/// Returns the names of segments that both settings use, with other conditions.
fn segments(old: &SettingDescription, new: &SettingDescription) -> BTreeSet<Arc<str>> {
    let of = |setting| {
        conditions(setting).filter_map(|condition| match condition {
            ConditionDescription::Segment { name, conditions, .. } => {
                Some((name.clone(), conditions.clone()))
            }
            _ => None,
        })
    };
    let before: HashMap<_, _> = of(old).collect();
    let differs = |(name, conditions): &(_, _)| before.get(name).is_some_and(|before| before != conditions);
    of(new).filter(differs).map(|(name, _)| name).take(MAX_NAMES).collect()
}

fn forget_segments(setting: &mut SettingDescription) {
    for condition in setting.rules.iter_mut().flat_map(|rule| &mut rule.conditions) {
        if let ConditionDescription::Segment { conditions, .. } = condition {
            *conditions = Arc::from([]);
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUE, differences, shortened};
    use configcat_eval::Config;

    fn config(flags: &str) -> Config {
        Config::parse(format!(r#"{{"f": {{{flags}}}}}"#)).unwrap()
    }

    #[test]
    fn differences_are_told_by_flag() {
        let before = config(
            r#""same": {"t": 0, "v": {"b": true}}, "value": {"t": 2, "v": {"i": 1}}, "gone": {"t": 0, "v": {"b": true}},
               "rules": {"t": 1, "v": {"s": "a"}, "r": [{"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"s": "b"}}}]}"#,
        );
        let after = config(
            r#""new": {"t": 0, "v": {"b": true}}, "same": {"t": 0, "v": {"b": true}}, "value": {"t": 2, "v": {"i": 2}},
               "rules": {"t": 1, "v": {"s": "z"}, "p": [{"p": 100, "v": {"s": "b"}}]}"#,
        );
        let told: Vec<_> =
            differences(&before, &after).into_iter().map(|c| (c.key.unwrap(), c.what)).collect();
        let expected = [
            ("new", "was added"),
            ("value", "for all other users 1 → 2"),
            ("rules", "for all other users a → z, targeting rules changed, percentage options changed"),
            ("gone", "was removed"),
        ];
        assert_eq!(told, expected.map(|(key, what)| (key.to_owned(), what.to_owned())));
        let same = differences(&before, &before);
        assert_eq!((same.len(), same[0].key.as_ref()), (1, None));
    }

    #[test]
    fn segments_and_prerequisite_flags_are_named() {
        let config = |on: bool, country: &str, salt: &str| {
            let rule = |condition: &str| {
                format!(
                    r#"{{"t": 0, "v": {{"b": false}}, "r": [{{"c": [{condition}], "s": {{"v": {{"b": true}}}}}}]}}"#
                )
            };
            let text = format!(
                r#"{{"p": {{"s": "{salt}"}}, "s": [{{"n": "Beta", "r": [{{"a": "Country", "c": 28, "s": "{country}"}}]}}],
                    "f": {{"on": {{"t": 0, "v": {{"b": {on}}}}}, "beta": {}, "needs": {}, "hash": {}}}}}"#,
                rule(r#"{"s": {"s": 0, "c": 0}}"#),
                rule(r#"{"p": {"f": "on", "c": 0, "v": {"b": true}}}"#),
                rule(&format!(r#"{{"u": {{"a": "Email", "c": 20, "s": "{}"}}}}"#, "0".repeat(64))),
            );
            Config::parse(text).unwrap()
        };
        let told = differences(&config(false, "HU", "a"), &config(true, "AT", "b"));
        let told: Vec<_> = told.into_iter().map(|change| (change.key.unwrap(), change.what)).collect();
        let expected = [
            ("on", "for all other users false → true"),
            ("beta", "the segment Beta changed"),
            ("needs", "needs on, which changed"),
            ("hash", "the salt of its hashes or the version of the config changed"),
        ];
        assert_eq!(told, expected.map(|(key, what)| (key.to_owned(), what.to_owned())));
    }

    #[test]
    fn long_values_are_shortened() {
        let long = "ö".repeat(MAX_VALUE);
        assert_eq!(shortened(&long), long);
        assert_eq!(shortened(&format!("{long}xy")), format!("{long}…"));
    }
}
