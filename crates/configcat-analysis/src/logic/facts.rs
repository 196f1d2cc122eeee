//! Conclusions from tests that all hold for one attribute. Everything here is a proof: in doubt,
//! nothing follows.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

use super::{
    bounds::Bounds,
    test::{Reading, Relation, Test, TextRelation},
};

/// The most comparisons of items for one deduction; beyond it, nothing follows.
// Two lists of 300 items; and a hostile document of 64 MiB takes seconds, not hours.
const MAX_WORK: usize = 100_000;

/// Tests on one attribute, all of which hold.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts<'a> {
    tests: Vec<&'a Test>,
    /// The only texts that the attribute can have; `None` if any.
    texts: Option<Vec<&'a str>>,
}

impl<'a> Facts<'a> {
    pub(crate) fn add(&mut self, test: &'a Test) {
        if let Test::Text { relation: TextRelation::Is, negated: false, items } = test {
            match &mut self.texts {
                Some(known) if known.len() * items.len() <= MAX_WORK => {
                    known.retain(|text| items.iter().any(|item| item == text));
                }
                Some(_) => {}
                None => {
                    // Empty text counts as absent.
                    let items = items.iter().map(String::as_str).filter(|item| !item.is_empty());
                    self.texts = Some(items.collect());
                    for test in std::mem::take(&mut self.tests) {
                        self.narrow(test);
                        self.tests.push(test);
                    }
                }
            }
        } else {
            self.narrow(test);
        }
        self.tests.push(test);
    }

    /// Removes the texts that do not pass a test.
    fn narrow(&mut self, test: &Test) {
        if let Some(texts) = &mut self.texts {
            // Without narrowing, there are more texts, from which less follows.
            if texts.len() * test.size() <= MAX_WORK {
                texts.retain(|text| admits_text(test, text));
            }
        }
    }

    /// Returns the only texts that the attribute can have; `None` if any.
    pub(crate) fn texts(&self) -> Option<&[&'a str]> {
        self.texts.as_deref()
    }

    /// Returns the facts for one of these texts.
    pub(crate) fn with_text(&self, text: &'a str) -> Self {
        Self { tests: self.tests.clone(), texts: Some(vec![text]) }
    }

    /// Returns a measure of the work of one deduction.
    pub(crate) fn size(&self) -> usize {
        self.tests.iter().map(|test| test.size()).sum::<usize>() + 1
    }

    /// Returns the reason why no value passes all tests; `None` if one may.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        if self.tests.iter().any(|test| test.is_never()) {
            return Some("one of the conditions is never true");
        }
        if self.has_two_forms() {
            return Some("no value has the forms that both comparators need");
        }
        // All items of a positive list were removed by other tests.
        if self.texts.as_ref().is_some_and(Vec::is_empty) {
            return Some("no item of the list meets the other conditions on the attribute");
        }
        if self.bounds().is_empty() {
            return Some("no number meets both conditions");
        }
        if self.version_bounds().is_empty() {
            return Some("no version meets both conditions");
        }
        if self.size().saturating_mul(self.size()) > MAX_WORK {
            return None;
        }
        let is_excluded = |positive: &Test| {
            let excludes =
                |negative: &Test| negative.negation().is_some_and(|it| positive.implies_alone(&it));
            self.tests.iter().any(|negative| excludes(negative))
        };
        if self.tests.iter().any(|test| is_excluded(test)) {
            return Some("one condition excludes all that the other one admits");
        }
        let is_apart = |one: &Test, other: &Test| are_apart(one, other);
        let mut pairs = self.tests.iter().enumerate();
        pairs
            .any(|(index, one)| self.tests.iter().take(index).any(|other| is_apart(one, other)))
            .then_some("no text begins, or ends, with an item of both lists")
    }

    /// Returns whether every value that passes all tests passes another one too.
    pub(crate) fn imply(&self, test: &Test) -> bool {
        let reads = |reading| self.tests.iter().any(|known| known.reading() == reading);
        // The attribute is there, since a test on it holds, and has the form that the tests read.
        let is_readable = match test.reading() {
            Reading::Text => !self.tests.is_empty(),
            Reading::Time => reads(Reading::Time) || reads(Reading::Number),
            reading => reads(reading),
        };
        if !is_readable || test.is_hashed() || test.is_never() {
            return false;
        }
        // Such a test fails only for values that it cannot read, and this one is readable.
        if test.is_never_false() || self.tests.iter().any(|known| known.implies_alone(test)) {
            return true;
        }
        match test {
            Test::Text { .. } => {
                let texts = self.texts.as_ref();
                texts.is_some_and(|texts| texts.iter().all(|text| admits_text(test, text)))
            }
            Test::Number(relation, other) | Test::Time(relation, other) => {
                self.bounds().imply(*relation, other)
            }
            Test::Version(relation, Some(other)) => {
                self.version_bounds().imply(*relation, &Precedence(other.clone()))
            }
            _ => false,
        }
    }

    /// Returns whether two tests need values of different forms.
    // An attribute has one value, and all tests read the same one.
    fn has_two_forms(&self) -> bool {
        // A version is no number, and neither of them begins with a bracket, as a list does. A time
        // may be a number.
        let form = |test: &Test| match test.reading() {
            Reading::Text => None,
            Reading::Version => Some(0),
            Reading::Number | Reading::Time => Some(1),
            Reading::List => Some(2),
        };
        let mut forms = self.tests.iter().filter_map(|test| form(test));
        forms.next().is_some_and(|first| forms.any(|other| other != first))
    }

    fn bounds(&self) -> Bounds<f64> {
        let mut bounds = Bounds::default();
        for test in &self.tests {
            if let Test::Number(relation, number) | Test::Time(relation, number) = test {
                bounds.add(*relation, number);
            }
        }
        bounds
    }

    fn version_bounds(&self) -> Bounds<Precedence> {
        let mut bounds = Bounds::default();
        for test in &self.tests {
            if let Test::Version(relation, Some(version)) = test {
                bounds.add(*relation, &Precedence(version.clone()));
            }
        }
        if !bounds.is_any() {
            bounds.add(Relation::GreaterOrEqual, &Precedence(lowest_version()));
        }
        bounds
    }
}

/// Returns whether a text passes a test, if that reads the attribute as text; for other tests
/// `true`.
fn admits_text(test: &Test, text: &str) -> bool {
    match test {
        Test::Text { relation, negated, items } => relation.holds(text, items) != *negated,
        _ => true,
    }
}

/// Returns whether no text begins with an item of both lists, or ends with one.
fn are_apart(one: &Test, other: &Test) -> bool {
    let (
        Test::Text { relation, negated: false, items },
        Test::Text { relation: other_relation, negated: false, items: others },
    ) = (one, other)
    else {
        return false;
    };
    // Two texts may both be contained in a third one, but only one can be its start.
    let is_anchored = matches!(relation, TextRelation::StartsWith | TextRelation::EndsWith);
    let may_meet =
        |item: &String, other: &String| relation.holds_for(item, other) || relation.holds_for(other, item);
    is_anchored
        && relation == other_relation
        && !items.iter().any(|item| others.iter().any(|other| may_meet(item, other)))
}

impl Test {
    /// Returns whether the condition holds for no value.
    pub(crate) fn is_never(&self) -> bool {
        match self {
            Self::Text { relation, negated: false, items } => match relation {
                // Empty text counts as absent.
                TextRelation::Is => items.iter().all(String::is_empty),
                _ => items.is_empty(),
            },
            Self::Text { relation, negated: true, items } => {
                *relation != TextRelation::Is && items.iter().any(String::is_empty)
            }
            Self::List { negated, items } => !negated && items.is_empty(),
            Self::VersionOneOf { negated, versions } => match versions {
                None => true,
                Some(versions) => !negated && versions.is_empty(),
            },
            Self::Version(relation, version) => match version {
                None => true,
                Some(version) => {
                    *relation == Relation::Less && version.cmp_precedence(&lowest_version()).is_le()
                }
            },
            // JSON has no infinite numbers, so each comparison has a number that passes it.
            Self::Number(..) | Self::Time(..) | Self::Hashed { .. } => false,
            Self::Unparsable => true,
        }
    }

    /// Returns whether the condition holds for every value that has the form that it needs.
    pub(crate) fn is_never_false(&self) -> bool {
        match self {
            Self::Text { relation, negated: true, items } => match relation {
                TextRelation::Is => items.iter().all(String::is_empty),
                _ => items.is_empty(),
            },
            Self::Text { relation, negated: false, items } => {
                *relation != TextRelation::Is && items.iter().any(String::is_empty)
            }
            Self::List { negated, items } => *negated && items.is_empty(),
            Self::VersionOneOf { negated, versions } => {
                *negated && versions.as_ref().is_some_and(Vec::is_empty)
            }
            Self::Version(relation, Some(version)) => {
                *relation == Relation::GreaterOrEqual && version.cmp_precedence(&lowest_version()).is_le()
            }
            Self::Version(_, None)
            | Self::Number(..)
            | Self::Time(..)
            | Self::Hashed { .. }
            | Self::Unparsable => false,
        }
    }

    /// Returns the test that holds if and only if this one fails.
    fn negation(&self) -> Option<Self> {
        match self {
            Self::Text { relation, negated, items } => {
                Some(Self::Text { relation: *relation, negated: !negated, items: items.clone() })
            }
            Self::List { negated, items } => Some(Self::List { negated: !negated, items: items.clone() }),
            Self::VersionOneOf { negated, versions: Some(versions) } => {
                Some(Self::VersionOneOf { negated: !negated, versions: Some(versions.clone()) })
            }
            _ => None,
        }
    }

    /// Returns whether every value that passes this test passes the other one.
    fn implies_alone(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Text { relation, negated, items },
                Self::Text { relation: other_relation, negated: other_negated, items: others },
            ) => match (negated, other_negated) {
                (false, false) => texts_imply((*relation, items), (*other_relation, others)),
                (true, true) => texts_imply((*other_relation, others), (*relation, items)),
                _ => false,
            },
            (Self::List { negated, items }, Self::List { negated: other_negated, items: others }) => {
                match (negated, other_negated) {
                    (false, false) => items.iter().all(|item| others.contains(item)),
                    (true, true) => others.iter().all(|item| items.contains(item)),
                    _ => false,
                }
            }
            (
                Self::VersionOneOf { negated, versions: Some(versions) },
                Self::VersionOneOf { negated: other_negated, versions: Some(others) },
            ) => {
                let has = |list: &[Version], version: &Version| {
                    list.iter().any(|other| other.cmp_precedence(version).is_eq())
                };
                match (negated, other_negated) {
                    (false, false) => versions.iter().all(|version| has(others, version)),
                    (true, true) => others.iter().all(|version| has(versions, version)),
                    (false, true) => !versions.iter().any(|version| has(others, version)),
                    (true, false) => false,
                }
            }
            (
                Self::VersionOneOf { negated: false, versions: Some(versions) },
                Self::Version(relation, Some(other)),
            ) => versions.iter().all(|version| relation.admits(version.cmp_precedence(other))),
            _ => false,
        }
    }

    /// Returns a measure of the work of comparing the test.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text { items, .. } | Self::List { items, .. } => items.len() + 1,
            Self::VersionOneOf { versions, .. } => versions.as_ref().map_or(1, |versions| versions.len() + 1),
            _ => 1,
        }
    }
}

/// Returns whether every text that stands in the first relation to some item stands in the second
/// relation to some other item.
fn texts_imply(
    (relation, items): (TextRelation, &[String]),
    (other_relation, others): (TextRelation, &[String]),
) -> bool {
    use TextRelation::{Contains, EndsWith, Is, StartsWith};
    // What holds for an item holds for each text that has the item at that place.
    let carries_over = match relation {
        Is => true,
        StartsWith => matches!(other_relation, StartsWith | Contains),
        EndsWith => matches!(other_relation, EndsWith | Contains),
        Contains => other_relation == Contains,
    };
    carries_over && items.iter().all(|item| other_relation.holds(item, others))
}

/// A version, compared without build metadata.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Precedence(pub(crate) Version);

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0.cmp_precedence(&other.0))
    }
}

/// Returns `0.0.0-0`, the lowest version (SemVer 2.0, 11).
fn lowest_version() -> Version {
    let pre = Prerelease::new("0").unwrap_or_default();
    Version { major: 0, minor: 0, patch: 0, pre, build: BuildMetadata::EMPTY }
}
