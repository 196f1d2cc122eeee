//! Users made from candidates, and their evaluation by both configs.

use std::collections::BTreeSet;

use configcat_eval::{AttributeValue, Config, EvaluationError, User};

use super::{
    domains::{Domain, Domains},
    values::number_value,
};
use crate::{logic::flags::Flags, served::Served, user::UserBuilder};

/// The most evaluations for one setting, and for one pair of rules with percentage options.
// A change of 1 % is met by one of 100 users, so 1,000 users miss it once in 23,000 times.
const MAX_EVALUATIONS: u32 = 3_000;
const MAX_OF_PERCENTAGES: u32 = 1_000;
/// The most users for one way to meet all requirements, if no hash decides.
const MAX_OF_WAY: u32 = 24;

/// A user that gets different results from two configs.
pub(crate) struct Difference {
    pub(crate) user: Option<User>,
    pub(crate) old: Result<Served, EvaluationError>,
    pub(crate) new: Result<Served, EvaluationError>,
}

/// Evaluates users with both configs, and keeps the first one with different results.
pub(super) struct Finder<'a> {
    key: &'a str,
    old: &'a Config,
    new: &'a Config,
    /// The attributes whose hash selects a percentage option.
    hashed: BTreeSet<&'a str>,
    evaluations: u32,
    found: Option<Difference>,
    /// A difference of the variation id only.
    other_variation: Option<Difference>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(key: &'a str, old: &'a Flags<'a>, new: &'a Flags<'a>) -> Self {
        let flags = old.iter().chain(new.iter());
        let hashed = flags.filter(|flag| {
            !flag.options.is_empty() || flag.rules.iter().any(|rule| !rule.options().is_empty())
        });
        Self {
            key,
            old: old.config,
            new: new.config,
            hashed: hashed.map(|flag| flag.options_attribute.as_str()).collect(),
            evaluations: MAX_EVALUATIONS,
            found: None,
            other_variation: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.found.is_some() || self.evaluations == 0
    }

    /// Returns what was found. A difference of the value is preferred.
    pub(super) fn found(self) -> Option<Difference> {
        self.found.or(self.other_variation)
    }

    /// Tries no user, and users without other attributes than the identifier.
    pub(super) fn try_simple_users(&mut self) {
        self.try_user(None);
        self.try_user(Some(User::new("1")));
        self.try_user(Some(User::new("")));
    }

    /// Tries users with the candidates that are left.
    pub(super) fn try_users(&mut self, domains: &Domains<'a>) {
        // Candidates come in the order of how well people understand them.
        let first = |domain: &Domain<'a>| domain.candidates.first().copied().and_then(Option::as_ref);
        let base: Vec<(&str, Option<&AttributeValue>)> =
            domains.iter().map(|(name, domain)| (name, first(domain))).collect();
        let build = |others: &[(&str, Option<AttributeValue>)]| {
            let mut user = UserBuilder::default();
            for (name, value) in &base {
                user.set(name, value.cloned());
            }
            for (name, value) in others {
                user.set(name, value.clone());
            }
            user.build()
        };
        self.try_user(Some(build(&[])));
        let mut left = MAX_OF_WAY;
        // All candidates meet the requirements, as far as known here. One attribute is varied at a
        // time.
        for (name, domain) in domains.iter() {
            for candidate in domain.candidates.iter().skip(1).take(4) {
                if self.is_done() || left == 0 {
                    break;
                }
                left -= 1;
                self.try_user(Some(build(&[(name, (*candidate).clone())])));
            }
        }
        // Which option a user gets cannot be computed backwards from a hash, only tried.
        let hashed = self.hashed.clone();
        if hashed.is_empty() {
            return;
        }
        for number in 0..MAX_OF_PERCENTAGES {
            if self.is_done() {
                return;
            }
            let vary = |name: &&'a str| (*name, varied(domains.get(name), number));
            let others: Vec<_> = hashed.iter().map(vary).collect();
            self.try_user(Some(build(&others)));
        }
    }

    fn try_user(&mut self, user: Option<User>) {
        if self.is_done() {
            return;
        }
        self.evaluations -= 1;
        let old = self.old.evaluate(self.key, user.as_ref());
        let new = self.new.evaluate(self.key, user.as_ref());
        let (is_other_value, is_other_variation) = match (&old, &new) {
            (Ok(old), Ok(new)) => (old.value() != new.value(), old.variation_id() != new.variation_id()),
            // An application gets its default from both, whatever the errors are.
            (Err(_), Err(_)) => return,
            _ => (true, true),
        };
        if !is_other_value && (!is_other_variation || self.other_variation.is_some()) {
            return;
        }
        let (old, new) = (old.map(|found| Served::from(&found)), new.map(|found| Served::from(&found)));
        let difference = Some(Difference { user, old, new });
        if is_other_value {
            self.found = difference;
        } else {
            self.other_variation = difference;
        }
    }
}

/// Returns the value number `number` of an attribute that is hashed.
fn varied(domain: Option<&Domain<'_>>, number: u32) -> Option<AttributeValue> {
    let Some(domain) = domain else { return Some(number.to_string().into()) };
    let mut candidates =
        domain.candidates.iter().cycle().skip(number as usize % domain.candidates.len().max(1));
    let candidate = candidates.next().copied().and_then(Option::as_ref);
    let base = candidate.map(ToString::to_string).unwrap_or_default();
    let texts = [format!("{number}{base}"), format!("{base}{number}"), format!("{base}.{number}")];
    let texts = texts.into_iter().map(AttributeValue::from);
    let near = candidate.and_then(AttributeValue::as_number).map(|base| {
        let number = f64::from(number);
        let steps = [number, -number, number / 1024.0, -number / 1024.0];
        steps.map(|step| number_value(base + step))
    });
    let mut varied = texts.chain(near.into_iter().flatten()).filter(|value| domain.admits(value));
    varied.next().or_else(|| candidate.cloned())
}
