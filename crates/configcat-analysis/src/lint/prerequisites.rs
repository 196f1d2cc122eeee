//! Prerequisite flags: their possible values, and flags that depend on each other.

use std::collections::{BTreeMap, HashMap};

use configcat_eval::{
    ConditionDescription, Config, ServedDescription, SettingDescription, ThenDescription, Value,
};

use super::{finding::Findings, text};
use crate::diagnostic::Lint;

/// The most different values of a flag that are looked at.
const MAX_VALUES: usize = 32;
/// The most keys of a circle in a message.
const MAX_KEYS: usize = 10;

/// The values that flags may have, each computed once.
pub(super) struct Possible<'c> {
    config: &'c Config,
    /// `None` for a flag that is missing, or has too many values.
    by_key: HashMap<String, Option<Vec<Value>>>,
}

impl<'c> Possible<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self { config, by_key: HashMap::new() }
    }

    /// Returns whether the flag always, or never, has the value (or does not have it); `None` if
    /// that depends on the user, or on a switch.
    pub(super) fn always(&mut self, key: &str, value: &Value, is_equal: bool) -> Option<bool> {
        // A flag without rules is a switch for all users, which may be turned any time.
        if !self.config.setting(key)?.has_targeting() {
            return None;
        }
        let values = self.of(key)?;
        // Values of different types are compared by a type that is not known here.
        if values.is_empty() || values.iter().any(|other| other.setting_type() != value.setting_type()) {
            return None;
        }
        // Evaluation may also fail, which is neither true nor false.
        let equal = values.iter().filter(|other| *other == value).count();
        match equal {
            0 => Some(!is_equal),
            count if count == values.len() => Some(is_equal),
            _ => None,
        }
    }

    /// Returns the possible values as text.
    pub(super) fn text(&mut self, key: &str) -> String {
        let values = self.of(key).unwrap_or_default().iter();
        let values: Vec<String> =
            values.map(|value| format!("'{}'", text::cut(&value.to_string()))).collect();
        format!("the flag serves only {}", values.join(", "))
    }

    fn of(&mut self, key: &str) -> Option<&[Value]> {
        let config = self.config;
        let of = || possible_values(&config.describe(key)?);
        self.by_key.entry(key.to_owned()).or_insert_with(of).as_deref()
    }
}

/// Returns the different values that a setting serves anywhere; `None` if there are too many.
pub(super) fn possible_values(setting: &SettingDescription) -> Option<Vec<Value>> {
    let mut values: Vec<Value> = Vec::new();
    // Also those of rules that no user reaches: more values lead to fewer claims.
    let of_rules = setting.rules.iter().flat_map(|rule| -> Vec<&ServedDescription> {
        match &rule.then {
            ThenDescription::Served(served) => vec![served],
            ThenDescription::Options(options) => options.iter().map(|option| &option.served).collect(),
            _ => Vec::new(),
        }
    });
    let of_options = setting.options.iter().map(|option| &option.served);
    for served in of_rules.chain(of_options).chain([&setting.default]) {
        let value = served.value.as_ref().filter(|value| !values.contains(value));
        values.extend(value.cloned());
        if values.len() > MAX_VALUES {
            return None;
        }
    }
    Some(values)
}

/// The conditions that close a circle of flags.
pub(super) struct Circles {
    /// The place of the condition, and the keys along the circle, by the key of the setting.
    by_key: BTreeMap<String, Vec<(String, Vec<String>)>>,
}

impl Circles {
    pub(super) fn report(&self, key: &str, findings: &mut Findings) {
        for (place, path) in self.by_key.get(key).into_iter().flatten() {
            let shown = path.iter().take(MAX_KEYS).map(|key| format!("'{}'", text::cut(key)));
            let mut shown = shown.collect::<Vec<_>>().join(" -> ");
            if path.len() > MAX_KEYS {
                shown.push_str(" -> …");
            }
            findings.add(
                Lint::PrerequisiteCycle,
                place.clone(),
                format!("the flag depends on itself: {shown}"),
                "evaluation fails when it comes to a flag again".to_owned(),
                "Remove one of the conditions.",
            );
        }
    }
}

/// A flag whose prerequisite flags are being followed.
struct Visit {
    index: usize,
    /// The conditions that are not followed yet.
    links: std::vec::IntoIter<(usize, String)>,
}

/// Finds the circles of prerequisite flags, each at the condition that closes it.
pub(super) fn circles(config: &Config) -> Circles {
    let mut by_key: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
    let key_at = |index: usize| config.setting_at(index).map_or("", |setting| setting.key());
    let mut is_done = vec![false; config.settings().len()];
    for start in 0..is_done.len() {
        // Each flag is followed once, from wherever it is met first.
        // Not recursive, since a chain of flags may be as long as the document. The flags of the
        // list are those from the first one to the current one.
        let mut path: Vec<Visit> = Vec::new();
        let mut on_path: HashMap<usize, usize> = HashMap::new();
        let mut next = Some(start);
        loop {
            if let Some(index) = next.take().filter(|index| is_done.get(*index) == Some(&false)) {
                on_path.insert(index, path.len());
                path.push(Visit { index, links: links(config, index).into_iter() });
            }
            let Some(visit) = path.last_mut() else { break };
            let Some((to, place)) = visit.links.next() else {
                if let Some(done) = is_done.get_mut(visit.index) {
                    *done = true;
                }
                on_path.remove(&visit.index);
                path.pop();
                continue;
            };
            let from = visit.index;
            match on_path.get(&to) {
                Some(at) => {
                    // Only the flags of the circle, without those that lead to it.
                    let circle = path.iter().skip(*at).map(|visit| key_at(visit.index).to_owned());
                    let keys = circle.chain([key_at(to).to_owned()]).take(MAX_KEYS + 1).collect();
                    by_key.entry(key_at(from).to_owned()).or_default().push((place, keys));
                }
                None => next = Some(to),
            }
        }
    }
    Circles { by_key }
}

/// Returns the indices of the prerequisite flags of a setting, with the places of the conditions.
fn links(config: &Config, index: usize) -> Vec<(usize, String)> {
    let Some(setting) = config.setting_at(index).filter(|setting| setting.has_targeting()) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    for (rule, description) in setting.describe().rules.iter().enumerate() {
        for (at, condition) in description.conditions.iter().enumerate() {
            let ConditionDescription::Prerequisite { key, .. } = condition else { continue };
            let place = format!("f.{}.r[{rule}].c[{at}].p", setting.key());
            links.extend(config.setting(key).map(|flag| (flag.index(), place)));
        }
    }
    links
}
