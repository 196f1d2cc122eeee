//! Target that checks the claims of `configcat-analysis` with the naive evaluator.

use std::collections::BTreeSet;

use configcat_analysis::{Diagnostic, Lint, Population, Witness, compare, lint};
use configcat_eval::{Config, User};
use serde_json::{Value as Json, json};

use crate::{
    choices::Choices,
    documents,
    naive::{Naive, Served},
    users,
};

/// The users of claims about percentages, besides the others: each of the 100 parts has some.
const USERS_OF_PERCENTAGES: u32 = 300;

/// The users that each claim is checked with, besides those of the input.
const USERS: usize = 40;

/// Takes the first two bytes as a change, and the others as decisions on a document and users. The
/// second document comes from the same decisions, of which one is changed: so both mostly differ in
/// one place.
pub fn analysis(input: &[u8]) {
    let [at, by, decisions @ ..] = input else { return };
    let mut changed = decisions.to_vec();
    let count = changed.len().max(1);
    if let Some(byte) = changed.get_mut(usize::from(*at) % count) {
        *byte = byte.wrapping_add(*by);
    }
    let mut choices = Choices::new(decisions);
    let users: Vec<User> = (0..3).map(|_| users::user(&mut choices)).collect();
    let mut old = documents::document(&mut choices);
    let mut choices = Choices::new(&changed);
    (0..3).for_each(|_| _ = users::user(&mut choices));
    let mut new = documents::document(&mut choices);
    // From the end, since the documents need decisions from the start.
    let last: Vec<u8> = decisions.iter().rev().copied().collect();
    // Half of the inputs, since independent conditions find other faults.
    if last.first().is_some_and(|byte| byte % 2 == 1) {
        documents::align_conditions(&mut Choices::new(&last), &mut old);
        documents::align_conditions(&mut Choices::new(&last), &mut new);
    }
    if last.get(1).is_some_and(|byte| byte % 4 == 3) {
        documents::align_percentages(&mut Choices::new(&last), &mut old);
        documents::align_percentages(&mut Choices::new(&last), &mut new);
    }
    check(&old, &new, &users);
}

fn check(old: &Json, new: &Json, users: &[User]) {
    let (Ok(old_config), Ok(new_config)) = (Config::parse(old.to_string()), Config::parse(new.to_string()))
    else {
        return;
    };
    let population = Population::new([&old_config, &new_config]);
    let users: Vec<Option<User>> =
        users.iter().cloned().chain(population.users(1).take(USERS)).map(Some).chain([None]).collect();
    let (Some(old_naive), Some(new_naive)) = (Naive::new(old), Naive::new(new)) else { return };
    let pair = Pair { old: old_naive, new: new_naive, documents: (old, new) };
    pair.check_changes(&old_config, &new_config, &users);
    for (document, config) in [(old, &old_config), (new, &new_config)] {
        for found in lint(config) {
            Claim { document, found: &found }.check(&users);
        }
    }
}

struct Pair<'d> {
    old: Naive,
    new: Naive,
    documents: (&'d Json, &'d Json),
}

/// Users with different identifiers.
fn identified() -> Vec<Option<User>> {
    (0..USERS_OF_PERCENTAGES).map(|number| Some(User::new(number.to_string()))).collect()
}

/// Value and variation id, or nothing.
fn result(naive: &Naive, key: &str, user: Option<&User>) -> Option<(configcat_eval::Value, Option<String>)> {
    naive.evaluate(key, user).ok().map(|(value, id, ..)| (value, id))
}

impl Pair<'_> {
    fn check_changes(&self, old: &Config, new: &Config, users: &[Option<User>]) {
        let comparison = compare(old, new);
        let changed: BTreeSet<&str> = comparison.changes.iter().map(|change| change.key.as_str()).collect();
        for key in new.keys().filter(|key| !changed.contains(key)) {
            self.check_same(key, users, "is unchanged");
        }
        for change in &comparison.changes {
            let key = change.key.as_str();
            match &change.witness {
                Witness::User { user, old, new } => {
                    let user = user.as_ref();
                    _ = (self.old.evaluate(key, user), self.new.evaluate(key, user));
                    // Both evaluators have limits, and each document its own costs.
                    if self.old.was_long() || self.new.was_long() {
                        continue;
                    }
                    let (naive_old, naive_new) = (result(&self.old, key, user), result(&self.new, key, user));
                    assert_ne!(naive_old, naive_new, "{key} for {user:?}: {:?}", self.documents);
                    let told = [old, new].map(|result| {
                        result.as_ref().ok().map(|served| (served.value.clone(), served.variation_id.clone()))
                    });
                    assert_eq!(told, [naive_old, naive_new], "{key} for {user:?}: {:?}", self.documents);
                }
                Witness::Equal => {
                    self.check_same(key, users, "is equal");
                    self.check_same(key, &identified(), "is equal");
                }
                _ => {}
            }
        }
    }

    fn check_same(&self, key: &str, users: &[Option<User>], claim: &str) {
        for user in users {
            let (old, new) = (result(&self.old, key, user.as_ref()), result(&self.new, key, user.as_ref()));
            // Both evaluators have limits, and each document its own costs.
            if self.old.was_long() || self.new.was_long() {
                return;
            }
            assert_eq!(old, new, "{key} {claim}, but not for {user:?}: {:?}", self.documents);
        }
    }
}

/// The claim of a diagnostic.
struct Claim<'d> {
    document: &'d Json,
    found: &'d Diagnostic,
}

impl Claim<'_> {
    fn check(&self, users: &[Option<User>]) {
        let place = Place::new(self.found);
        let is_legacy = Naive::new(self.document).is_some_and(|naive| naive.is_legacy);
        match (self.found.lint, &place.key) {
            (Lint::RuleUnreachable | Lint::ConditionsContradict, Some(key)) => {
                self.never(key, users, |served| match place.rule {
                    Some(rule) => served.2 == Some(rule),
                    None => served.2.is_none() && served.3.is_some(),
                });
            }
            (Lint::ConditionNeverTrue | Lint::InvalidComparisonValue, Some(key)) if is_legacy => {
                self.never(key, users, |served| served.2 == place.rule);
            }
            (Lint::InvalidComparisonValue, _) if self.found.message.contains("date") => {}
            (Lint::ConditionNeverTrue | Lint::InvalidComparisonValue, _) => {
                self.never_holds(&place, false, users)
            }
            (Lint::ConditionAlwaysTrue, _) if !is_legacy => self.never_holds(&place, true, users),
            (Lint::ConditionsContradict, None) => {
                let segment = json!({"s": {"s": place.segment, "c": 0}});
                self.condition_never_holds(segment, users);
            }
            (Lint::SameForEverybody, Some(key)) => {
                let naive = Naive::new(self.document).unwrap();
                let identified = identified();
                let all = users.iter().chain(&identified);
                let mut values: Vec<_> = all
                    .filter_map(|user| {
                        let value = result(&naive, key, user.as_ref()).map(|it| it.0);
                        (!naive.was_long()).then_some(value)
                    })
                    .collect();
                values.dedup();
                // No value is a failure, which is another value for its user.
                let is_same = matches!(values[..], [] | [Some(_)]);
                assert!(is_same, "{:?}: {values:?} in {}", self.found, self.document);
            }
            _ => {}
        }
    }

    /// Checks that no user is served this.
    fn never(&self, key: &str, users: &[Option<User>], is_claimed: impl Fn(&Served) -> bool) {
        let naive = Naive::new(self.document).unwrap();
        for user in users {
            let served = naive.evaluate(key, user.as_ref());
            assert!(
                !served.as_ref().is_ok_and(&is_claimed),
                "{:?}: but {user:?} gets {served:?} in {}",
                self.found,
                self.document
            );
        }
    }

    /// Checks that the condition at the place never holds; or, if it is reversed, never fails.
    fn never_holds(&self, place: &Place, is_reversed: bool, users: &[Option<User>]) {
        let condition = match (&place.key, place.rule, place.condition) {
            (Some(key), Some(rule), Some(condition)) => {
                self.document["f"][key]["r"][rule]["c"][condition].clone()
            }
            (None, ..) => {
                json!({"u": self.document["s"][place.segment.unwrap()]["r"][place.condition.unwrap()]})
            }
            _ => panic!("{:?}", self.found),
        };
        if !is_reversed {
            return self.condition_never_holds(condition, users);
        }
        let mut reversed = condition;
        for kind in ["s", "p"] {
            if let Some(comparator) = reversed[kind].get_mut("c") {
                *comparator = json!(1 - comparator.as_f64().unwrap() as i64);
                return self.condition_never_holds(reversed, users);
            }
        }
        // Outside of a segment are all users that fail its condition.
        let mut document = self.document.clone();
        let segments = document["s"].as_array().cloned().unwrap_or_default();
        let segments: Vec<Json> =
            segments.into_iter().chain([json!({"n": "reversed", "r": [reversed["u"]]})]).collect();
        let outside = json!({"s": {"s": segments.len() - 1, "c": 1}});
        document["s"] = segments.into();
        Claim { document: &document, found: self.found }.condition_never_holds(outside, users);
    }

    fn condition_never_holds(&self, condition: Json, users: &[Option<User>]) {
        let mut document = self.document.clone();
        // A key of its own, since the condition may be about the setting at hand.
        document["f"]["probe"] =
            json!({"t": 0, "v": {"b": false}, "r": [{"c": [condition], "s": {"v": {"b": true}}}]});
        let claim = Claim { document: &document, found: self.found };
        claim.never("probe", users, |served| served.0 == true.into());
    }
}

/// A place of a diagnostic, in parts.
struct Place {
    key: Option<String>,
    segment: Option<usize>,
    rule: Option<usize>,
    condition: Option<usize>,
}

impl Place {
    fn new(found: &Diagnostic) -> Self {
        let rest = match &found.key {
            Some(key) => found.place.strip_prefix(&format!("f.{key}")).unwrap_or_default(),
            None => &found.place,
        };
        let index = |name: &str| -> Option<usize> {
            let (_, rest) = rest.split_once(&format!("{name}["))?;
            rest.split_once(']')?.0.parse().ok()
        };
        match &found.key {
            Some(key) => {
                Self { key: Some(key.clone()), segment: None, rule: index(".r"), condition: index(".c") }
            }
            None => Self { key: None, segment: index("s"), rule: None, condition: index(".r") },
        }
    }
}
