//! Conclusions from the conditions of a rule, all of which hold.

use std::collections::BTreeMap;

use configcat_eval::{ThenDescription, User, Value};

use super::{
    facts::Facts,
    flag::{Condition, Flag, Rule},
};

/// The conditions of a rule or segment, all of which hold.
#[derive(Debug, Default, Clone)]
pub(crate) struct RuleFacts<'a> {
    attributes: BTreeMap<&'a str, Facts<'a>>,
    /// Segments, each with whether the user is inside.
    segments: Vec<(usize, bool)>,
    prerequisites: Vec<(&'a str, bool, &'a Value)>,
    /// `true` if no condition can hold without a User Object.
    needs_user: bool,
}

impl<'a> RuleFacts<'a> {
    pub(crate) fn of(conditions: &'a [Condition]) -> Self {
        let mut facts = Self::default();
        conditions.iter().for_each(|condition| facts.add(condition));
        facts
    }

    fn add(&mut self, condition: &'a Condition) {
        match condition {
            Condition::User(condition) => {
                self.needs_user = true;
                self.attributes.entry(&condition.attribute).or_default().add(&condition.test);
            }
            Condition::Segment { index, is_inside, conditions, .. } => {
                self.needs_user = true;
                self.segments.push((*index, *is_inside));
                // The conditions of a segment that the user is outside of may hold one by one.
                if *is_inside {
                    conditions.iter().for_each(|condition| self.add(condition));
                }
            }
            Condition::Prerequisite { key, is_equal, value: Some(value) } => {
                self.prerequisites.push((key, *is_equal, value));
            }
            Condition::Prerequisite { .. } | Condition::Malformed => {}
        }
    }

    /// Returns a measure of the work of one deduction.
    pub(crate) fn size(&self) -> usize {
        let of_attributes = self.attributes.values().map(Facts::size).sum::<usize>();
        of_attributes + self.segments.len() + self.prerequisites.len() + 1
    }

    /// Returns the reason why the conditions never hold together, with its attribute or flag;
    /// `None` if they may.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let on_attribute = self
            .attributes
            .iter()
            .find_map(|(name, facts)| facts.contradiction().map(|reason| format!("'{name}': {reason}")));
        on_attribute.or_else(|| self.contradicting_segments()).or_else(|| self.contradicting_flags())
    }

    fn contradicting_segments(&self) -> Option<String> {
        let is_opposite = |(index, is_inside): &&(usize, bool)| self.segments.contains(&(*index, !is_inside));
        self.segments
            .iter()
            .find(is_opposite)
            .map(|(index, _)| format!("the user must be in segment {index}, and outside of it"))
    }

    fn contradicting_flags(&self) -> Option<String> {
        let contradicts = |(key, is_equal, value): &(&str, bool, &Value), other: &(&str, bool, &Value)| {
            // The type of the flag decides about values of two types, and is not known here.
            *key == other.0
                && value.setting_type() == other.2.setting_type()
                && *is_equal
                && (*value == other.2) != other.1
        };
        let has_contrary =
            |one: &&(&str, bool, &Value)| self.prerequisites.iter().any(|other| contradicts(one, other));
        let found = self.prerequisites.iter().find(has_contrary);
        found.map(|(key, ..)| format!("flag '{key}' cannot have the values of both conditions"))
    }

    /// Returns whether the condition holds whenever these hold.
    fn imply(&self, condition: &Condition) -> bool {
        match condition {
            Condition::User(condition) => {
                let facts = self.attributes.get(condition.attribute.as_str());
                facts.is_some_and(|facts| facts.imply(&condition.test))
            }
            Condition::Segment { index, is_inside, conditions, .. } => {
                self.segments.contains(&(*index, *is_inside))
// An empty segment has each User Object in it, but not the absence of one.
                    || (*is_inside
                        && self.needs_user
                        && conditions.iter().all(|condition| self.imply(condition)))
            }
            Condition::Prerequisite { key, is_equal, value: Some(value) } => {
                self.prerequisites.iter().any(|(known, known_is_equal, known_value)| {
                    let is_other =
                        value.setting_type() == known_value.setting_type() && value != *known_value;
                    let is_same = *is_equal == *known_is_equal && value == *known_value;
                    known == key && (is_same || (*known_is_equal && !is_equal && is_other))
                })
            }
            Condition::Prerequisite { .. } | Condition::Malformed => false,
        }
    }

    /// Returns whether a rule matches whenever these conditions hold.
    pub(crate) fn imply_all(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| self.imply(condition))
    }

    /// Returns whether evaluation ends at an earlier rule of the flag for each user that meets
    /// these conditions.
    pub(crate) fn end_at(&self, flag: &Flag, rule: &Rule) -> bool {
        let ends = match &rule.then {
            ThenDescription::Options(_) if flag.options_attribute == User::IDENTIFIER => {
                // Each User Object has an identifier.
                self.needs_user || rule.conditions.iter().any(Condition::needs_user)
            }
            // Without the attribute, the rule is skipped.
            ThenDescription::Options(_) => self.attributes.contains_key(flag.options_attribute.as_str()),
            _ => true,
        };
        ends && self.imply_all(&rule.conditions)
    }

    /// Returns these facts for each text that an attribute may have, if there are only a few.
    pub(crate) fn cases(&self) -> Option<Vec<Self>> {
        /// Enough for lists that people read.
        const MAX_TEXTS: usize = 64;
        self.attributes.iter().find_map(|(name, facts)| {
            let texts = facts.texts().filter(|texts| (2..=MAX_TEXTS).contains(&texts.len()))?;
            let case = |text: &&'a str| {
                let mut case = self.clone();
                case.attributes.insert(*name, facts.with_text(text));
                case
            };
            Some(texts.iter().map(case).collect())
        })
    }
}
