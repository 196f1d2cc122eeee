//! The candidates that are left for attributes.

use std::{collections::BTreeMap, rc::Rc};

use configcat_eval::AttributeValue;

use super::{goal::Wanted, values::Values};
use crate::logic::{flag::UserCondition, test::Test};

/// The candidates that are left for the attributes that goals ask for.
#[derive(Clone, Default)]
pub(super) struct Domains<'a> {
    // Shared, since each step of the search copies the map and changes one attribute.
    by_attribute: BTreeMap<&'a str, Rc<Domain<'a>>>,
}

/// The candidates that are left for one attribute.
#[derive(Clone)]
pub(super) struct Domain<'a> {
    pub(super) candidates: Vec<&'a Option<AttributeValue>>,
    /// The tests that all candidates have passed.
    tests: Vec<(&'a Test, Wanted)>,
}

impl Domain<'_> {
    /// Returns whether another value passes the tests, too.
    pub(super) fn admits(&self, value: &AttributeValue) -> bool {
        self.tests.iter().all(|(test, wanted)| wanted.is(test.holds(value)))
    }
}

impl<'a> Domains<'a> {
    pub(super) fn get(&self, attribute: &str) -> Option<&Domain<'a>> {
        self.by_attribute.get(attribute).map(|domain| &**domain)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, &Domain<'a>)> {
        self.by_attribute.iter().map(|(name, domain)| (*name, &**domain))
    }

    /// Returns the domains with only those candidates of an attribute with which the condition has
    /// the wanted outcome; `None` if no candidate is left.
    pub(super) fn narrowed(
        &self,
        values: &'a Values,
        condition: &'a UserCondition,
        wanted: Wanted,
    ) -> Option<Self> {
        let (attribute, test) = (condition.attribute.as_str(), &condition.test);
        let passes = |candidate: &&'a Option<AttributeValue>| {
            wanted.is(candidate.as_ref().and_then(|value| test.holds(value)))
        };
        let known = self.get(attribute);
        // All candidates of an attribute are tested only the first time.
        let candidates: Vec<_> = match known {
            Some(domain) => domain.candidates.iter().copied().filter(passes).collect(),
            None => values.get(attribute)?.iter().filter(passes).collect(),
        };
        if candidates.is_empty() {
            return None;
        }
        let mut tests = known.map(|domain| domain.tests.clone()).unwrap_or_default();
        tests.push((test, wanted));
        let mut narrowed = self.clone();
        narrowed.by_attribute.insert(attribute, Rc::new(Domain { candidates, tests }));
        Some(narrowed)
    }
}
