//! Lints of attributes, over the whole config.

use std::collections::BTreeMap;

use configcat_eval::User;

use super::{finding::Findings, text};
use crate::{
    diagnostic::Lint,
    logic::{
        flag::Condition,
        test::{Reading, Test},
    },
};

/// The attributes that the conditions of a config ask for.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// The names with their lower-case form.
    by_lower_case: BTreeMap<String, BTreeMap<String, Use>>,
    /// The comparisons with texts, by setting and attribute; those of all segments have no key.
    by_setting: BTreeMap<(Option<String>, String), Comparisons>,
}

/// The first comparison with plain texts, and whether there is one with hashes.
#[derive(Debug, Default)]
struct Comparisons {
    plain: Option<Place>,
    is_hashed: bool,
}

/// The conditions on an attribute.
#[derive(Debug)]
struct Use {
    count: usize,
    first: Place,
}

#[derive(Debug, Clone)]
struct Place {
    key: Option<String>,
    place: String,
}

impl Attributes {
    pub(super) fn add(&mut self, condition: &Condition, place: &str, key: Option<&str>) {
        let Condition::User(condition) = condition else { return };
        let here = || Place { key: key.map(str::to_owned), place: place.to_owned() };
        let names = self.by_lower_case.entry(condition.attribute.to_lowercase()).or_default();
        let used =
            names.entry(condition.attribute.clone()).or_insert_with(|| Use { count: 0, first: here() });
        used.count += 1;
        let of_setting = self.by_setting.entry((here().key, condition.attribute.clone())).or_default();
        match &condition.test {
            // Numbers, versions and times have no confidential comparators, so they do not count.
            Test::Hashed { .. } => of_setting.is_hashed = true,
            test if matches!(test.reading(), Reading::Text | Reading::List) => {
                of_setting.plain.get_or_insert_with(here);
            }
            _ => {}
        }
    }

    pub(super) fn report(self, findings: &mut Findings) {
        for names in self.by_lower_case.values() {
            // One finding for each name, at its first place: the remedy is the same everywhere.
            report_case(names, findings);
        }
        for ((_, name), comparisons) in self.by_setting {
            let (Some(plain), true) = (comparisons.plain, comparisons.is_hashed) else { continue };
            findings.enter(plain.key.as_deref());
            findings.add(
                Lint::HashedAndPlain,
                plain.place,
                format!("attribute '{}' is compared with hashed and with plain values", text::cut(&name)),
                "everyone who has the config can read the plain values".to_owned(),
                "Use confidential comparators in all conditions, if the values are confidential.",
            );
        }
    }
}

/// Reports all names except for the most frequent one, or the predefined one.
fn report_case(names: &BTreeMap<String, Use>, findings: &mut Findings) {
    let predefined = [User::IDENTIFIER, User::EMAIL, User::COUNTRY].into_iter();
    // The SDKs fill the predefined attributes, so another spelling of these is likely a mistake.
    let mut predefined =
        predefined.filter(|known| names.keys().any(|name| name.to_lowercase() == known.to_lowercase()));
    // Reversed, so that of equally frequent names the first one counts.
    let most_frequent = names.iter().rev().max_by_key(|(_, used)| used.count).map(|(name, _)| name.as_str());
    let Some(usual) = predefined.next().or(most_frequent) else { return };
    for (name, used) in names.iter().filter(|(name, _)| *name != usual) {
        findings.enter(used.first.key.as_deref());
        findings.add(
            Lint::AttributesDifferInCase,
            used.first.place.clone(),
            format!("attribute '{}' differs from '{}' in case only", text::cut(name), text::cut(usual)),
            format!("they are two attributes; this one is asked for {} times", used.count),
            "Use one spelling, which the application sets.",
        );
    }
}
