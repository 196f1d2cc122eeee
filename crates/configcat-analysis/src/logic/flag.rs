//! A setting as data to reason about, made from its description.

use std::{collections::BTreeMap, sync::Arc};

use configcat_eval::{
    ConditionDescription, OptionDescription, ServedDescription, Setting, SettingDescription, SettingType,
    ThenDescription, Value,
};

use super::test::Test;

/// A setting, with its conditions as tests.
#[derive(Debug)]
pub(crate) struct Flag {
    pub(crate) setting_type: Option<SettingType>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) options: Vec<OptionDescription>,
    /// The attribute whose hash selects a percentage option.
    pub(crate) options_attribute: String,
    pub(crate) default: ServedDescription,
    pub(crate) is_legacy: bool,
    /// `true` if no part of the setting is malformed; its segments do not count.
    pub(crate) is_sound: bool,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) then: ThenDescription,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    User(UserCondition),
    Segment { index: usize, is_inside: bool, conditions: Arc<[Condition]>, has_faults: bool },
    Prerequisite { key: String, is_equal: bool, value: Option<Value> },
    Malformed,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserCondition {
    pub(crate) attribute: String,
    pub(crate) comparator: &'static str,
    pub(crate) code: u8,
    pub(crate) test: Test,
}

impl Flag {
    pub(crate) fn new(setting: &Setting<'_>) -> Self {
        let description = setting.describe();
        let SettingDescription { setting_type, options, options_attribute, default, is_legacy, .. } =
            description;
        // Shared, since many conditions may refer to one large segment.
        let mut segments = Segments::new();
        let rules = description.rules.into_iter().map(|rule| Rule {
            conditions: rule
                .conditions
                .iter()
                .map(|condition| Condition::new(condition, is_legacy, &mut segments))
                .collect(),
            then: rule.then,
        });
        Self {
            setting_type,
            rules: rules.collect(),
            options,
            options_attribute: options_attribute.unwrap_or_default(),
            default,
            is_legacy,
            is_sound: setting.faults().is_empty(),
        }
    }
}

impl Condition {
    fn size(&self) -> usize {
        match self {
            Self::User(condition) => condition.test.size(),
            Self::Segment { conditions, .. } => conditions.iter().map(Self::size).sum::<usize>() + 1,
            Self::Prerequisite { .. } | Self::Malformed => 1,
        }
    }

    /// Returns whether the condition can hold only for a User Object.
    pub(crate) fn needs_user(&self) -> bool {
        // A prerequisite flag may have a value without a User Object.
        matches!(self, Self::User(_) | Self::Segment { .. })
    }

    pub(crate) fn is_hashed(&self) -> bool {
        match self {
            Self::User(condition) => condition.test.is_hashed(),
            Self::Segment { conditions, .. } => conditions.iter().any(Self::is_hashed),
            Self::Prerequisite { .. } | Self::Malformed => false,
        }
    }
}

impl Rule {
    pub(crate) fn served(&self) -> Option<&ServedDescription> {
        match &self.then {
            ThenDescription::Served(served) => Some(served),
            _ => None,
        }
    }

    /// Returns a measure of the work of comparing the rule.
    pub(crate) fn size(&self) -> usize {
        self.conditions.iter().map(Condition::size).sum::<usize>() + 1
    }

    /// Returns the percentage options; empty if the rule serves one value.
    pub(crate) fn options(&self) -> &[OptionDescription] {
        match &self.then {
            ThenDescription::Options(options) => options,
            _ => &[],
        }
    }
}

/// The segments of a setting that are converted already, so that conditions share them.
pub(crate) type Segments = BTreeMap<usize, Arc<[Condition]>>;

impl Condition {
    pub(crate) fn new(condition: &ConditionDescription, is_legacy: bool, segments: &mut Segments) -> Self {
        match condition {
            ConditionDescription::User { attribute, comparator, comparator_code, comparison } => {
                let test = Test::new(*comparator_code, comparison, is_legacy);
                // A comparator that is not known here gives no proofs and no users.
                test.map_or(Self::Malformed, |test| {
                    let attribute = attribute.clone();
                    Self::User(UserCondition { attribute, comparator, code: *comparator_code, test })
                })
            }
            ConditionDescription::Segment { index, is_inside, conditions, has_faults, .. } => {
                let shared = segments.entry(*index).or_insert_with(|| {
                    // A segment has conditions on the user only.
                    let inner = |condition| Self::new(condition, is_legacy, &mut Segments::new());
                    conditions.iter().map(inner).collect()
                });
                let (index, is_inside, has_faults) = (*index, *is_inside, *has_faults);
                Self::Segment { index, is_inside, conditions: shared.clone(), has_faults }
            }
            ConditionDescription::Prerequisite { key, is_equal, value } => {
                Self::Prerequisite { key: key.clone(), is_equal: *is_equal, value: value.clone() }
            }
            _ => Self::Malformed,
        }
    }
}

/// The values that evaluation may give where it ends: at a rule, or behind all rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome<'f> {
    pub(crate) options: &'f [OptionDescription],
    /// The value without options; also behind the options of a setting, for users without the
    /// attribute.
    pub(crate) served: Option<&'f ServedDescription>,
    /// `true` if evaluation fails at a malformed condition.
    pub(crate) is_malformed: bool,
}

impl Flag {
    /// Returns whether each list of percentage options gives each user an option or the default.
    pub(crate) fn is_complete(&self) -> bool {
        let lists = self.rules.iter().map(Rule::options).chain([self.options.as_slice()]);
        let sum = |options: &[OptionDescription]| {
            options.iter().fold(0_i64, |sum, option| sum.saturating_add(option.percentage))
        };
        // Versions 4 and 5 give the default to users beyond the sum (specification, 2.2).
        self.is_legacy || lists.into_iter().all(|options| options.is_empty() || sum(options) >= 100)
    }

    /// Returns the keys of the prerequisite flags, as often as they occur.
    pub(crate) fn prerequisites(&self) -> impl Iterator<Item = &str> {
        let conditions = self.rules.iter().flat_map(|rule| &rule.conditions);
        conditions.filter_map(|condition| match condition {
            Condition::Prerequisite { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }

    /// Returns whether evaluation may fail for some user: at a malformed part, also of a segment,
    /// or beyond the sum of percentages. Failures of prerequisite flags do not count here.
    pub(crate) fn may_fail(&self) -> bool {
        let mut conditions = self.rules.iter().flat_map(|rule| &rule.conditions);
        // A condition on a segment that is no object is malformed, and no fault of the setting.
        let has_faults = |condition: &Condition| {
            matches!(condition, Condition::Segment { has_faults: true, .. } | Condition::Malformed)
        };
        !self.is_sound || !self.is_complete() || conditions.any(has_faults)
    }

    /// Returns whether a condition compares with hashes.
    pub(crate) fn is_hashed(&self) -> bool {
        self.rules.iter().flat_map(|rule| &rule.conditions).any(Condition::is_hashed)
    }

    /// Returns the outcome of a rule, or the one behind all rules.
    pub(crate) fn outcome(&self, rule: usize) -> Outcome<'_> {
        match self.rules.get(rule) {
            Some(rule) => Outcome {
                options: rule.options(),
                served: rule.served(),
                is_malformed: rule
                    .conditions
                    .iter()
                    .any(|condition| matches!(condition, Condition::Malformed)),
            },
            // Users without the attribute of the options get the default, so both are outcomes.
            None => Outcome { options: &self.options, served: Some(&self.default), is_malformed: false },
        }
    }
}
