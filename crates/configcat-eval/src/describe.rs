//! The rules, options and default of a setting as data, for tools that display them.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use crate::{
    compile::{
        Comparison, Condition, Conditions, Document, PercentageOption, Rule, Segment, Setting, Test, Then,
        UserCondition, interner::StringId,
    },
    error::{Checked, EvaluationError},
    segment_faults,
    time::DateTime,
    value::{SettingType, Value},
};

/// The rules, options and default of a setting, in the order in which evaluation tries them. Made
/// by [`Config::describe`](crate::Config::describe).
///
/// A malformed part is `None` or [`Malformed`](ConditionDescription::Malformed). It may be the last
/// of its list, because evaluation does not go past it.
///
/// ```
/// use configcat_eval::{ComparisonDescription, ConditionDescription, Config, ThenDescription, Value};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "i": "a0", "r": [
///         {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}],
///          "s": {"v": {"b": true}, "i": "a1"}}]}}}"#,
/// )?;
/// let setting = config.describe("isNew").unwrap();
/// let [rule] = setting.rules.as_slice() else { panic!() };
/// let ConditionDescription::User { attribute, comparator, comparison, .. } = &rule.conditions[0] else { panic!() };
/// assert_eq!(
///     (attribute.as_str(), *comparator, comparison),
///     ("Email", "ENDS WITH ANY OF", &ComparisonDescription::List(vec!["@example.com".to_owned()]))
/// );
/// let ThenDescription::Served(served) = &rule.then else { panic!() };
/// assert_eq!((&served.value, served.variation_id.as_deref()), (&Some(Value::Bool(true)), Some("a1")));
/// assert_eq!(setting.default.value, Some(Value::Bool(false)));
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SettingDescription {
    /// The type of the setting; `None` if it is malformed.
    pub setting_type: Option<SettingType>,
    /// The targeting rules. Their places are those of
    /// [`SettingTrace::rules`](crate::SettingTrace::rules).
    pub rules: Vec<RuleDescription>,
    /// The percentage options, for users that match no rule.
    pub options: Vec<OptionDescription>,
    /// The attribute whose hash selects a percentage option: `Identifier` unless the config names
    /// another. `None` if it is malformed, or if the setting has neither rules nor options.
    pub options_attribute: Option<String>,
    /// The value for all other users.
    pub default: ServedDescription,
    /// `true` if the setting comes from a document of version 4 or 5. There, percentages may sum to
    /// less than 100, and the other users get the default.
    pub is_legacy: bool,
}

/// A targeting rule: users that meet all its conditions get what it serves.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RuleDescription {
    /// The conditions, all of which must hold.
    pub conditions: Vec<ConditionDescription>,
    /// The value or the options that the rule serves.
    pub then: ThenDescription,
}

/// The THEN part of a targeting rule.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ThenDescription {
    /// One value.
    Served(ServedDescription),
    /// Percentage options, one of which is selected for each user.
    Options(Vec<OptionDescription>),
}

/// A value that is served.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ServedDescription {
    /// The value; `None` if it is malformed.
    pub value: Option<Value>,
    /// The id of its variation, if the config JSON gives one.
    pub variation_id: Option<String>,
}

/// A percentage option.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OptionDescription {
    /// The share of the users in percent.
    pub percentage: i64,
    /// The value that the option serves.
    pub served: ServedDescription,
}

/// A condition of a targeting rule or of a segment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConditionDescription {
    /// A condition on an attribute of the user.
    User {
        /// The name of the attribute.
        attribute: String,
        /// The comparator as the dashboard and the evaluation log name it, such as `IS ONE OF` or
        /// `<`.
        comparator: &'static str,
        /// The code of the comparator in a config JSON of version 6, from 0 to 35.
        comparator_code: u8,
        /// The value that the attribute is compared with.
        comparison: ComparisonDescription,
    },
    /// A condition on a segment.
    Segment {
        /// The index of the segment in its document, from 0.
        index: usize,
        /// The name of the segment.
        name: Arc<str>,
        /// `true` if the user must be in the segment, `false` if outside.
        is_inside: bool,
        /// The conditions of the segment, all of which hold for its users. Shared by all conditions
        /// of the setting on this segment.
        conditions: Arc<[ConditionDescription]>,
        /// `true` if the segment is malformed, so that evaluation may fail where it reaches it. The
        /// faults are those of [`SegmentDescription`].
        has_faults: bool,
    },
    /// A condition on another flag.
    Prerequisite {
        /// The key of the flag.
        key: String,
        /// `true` if the flag must equal the value, `false` if it must differ.
        is_equal: bool,
        /// The value that the value of the flag is compared with; `None` if it is malformed.
        value: Option<Value>,
    },
    /// A condition with a fault, at which evaluation fails.
    Malformed,
}

/// The comparison value of a condition on an attribute.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ComparisonDescription {
    /// A text.
    Text(String),
    /// A list of texts, any of which may match.
    List(Vec<String>),
    /// A number.
    Number(f64),
    /// A moment in time. A number of seconds that is no whole number of milliseconds, or too large,
    /// is a [`Number`](Self::Number).
    Time(DateTime),
    /// A list of so many confidential texts, of which the config has only hashes.
    Hashed(usize),
}

/// A segment of a config. Returned by [`Config::segments`](crate::Config::segments).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SegmentDescription {
    /// The index of the segment in its document, from 0.
    pub index: usize,
    /// The name; `None` if the segment is malformed.
    pub name: Option<String>,
    /// The conditions, all of which hold for the users of the segment.
    pub conditions: Vec<ConditionDescription>,
    /// `true` if a condition of the config refers to the segment.
    pub is_used: bool,
    /// The faults of the segment, which evaluation reports when it reaches them.
    pub faults: Vec<EvaluationError>,
}

/// Describes a segment of that document.
pub(crate) fn segment(
    document: &Document,
    index: usize,
    segment: &Checked<Segment>,
    is_used: bool,
    faults: Vec<EvaluationError>,
) -> SegmentDescription {
    let mut describer = Describer { document, segments: BTreeMap::new() };
    let segment = segment.as_ref().ok();
    let name = segment.map(|segment| segment.name.to_string()).filter(|name| !name.is_empty());
    let conditions = segment.map(|segment| describer.conditions(&segment.conditions)).unwrap_or_default();
    SegmentDescription { index, name, conditions, is_used, faults }
}

/// Describes a setting of that document.
pub(crate) fn describe(setting: &Setting, document: &Document) -> SettingDescription {
    let mut describer = Describer { document, segments: BTreeMap::new() };
    let attribute = setting.targeting.as_ref().and_then(|targeting| targeting.attribute.as_ref().ok());
    SettingDescription {
        setting_type: setting.kind.map(|kind| kind.setting_type),
        rules: setting.rules().iter().map(|rule| describer.rule(rule)).collect(),
        options: describer.options(setting.options()),
        options_attribute: attribute.map(|name| document.attribute(*name).to_string()),
        default: describer.served(&setting.default, setting.variation_id),
        is_legacy: document.is_legacy,
    }
}

struct Describer<'c> {
    document: &'c Document,
    /// The segments so far.
    // Shared, since otherwise a small document with many conditions on one large segment would take
    // gigabytes.
    segments: BTreeMap<i64, DescribedSegment>,
}

#[derive(Clone)]
struct DescribedSegment {
    name: Arc<str>,
    conditions: Arc<[ConditionDescription]>,
    has_faults: bool,
}

impl Describer<'_> {
    fn rule(&mut self, rule: &Checked<Rule>) -> RuleDescription {
        // A malformed THEN part is a value that is missing, so that tools need no third case.
        let malformed = || ThenDescription::Served(ServedDescription::default());
        let Ok(rule) = rule else {
            return RuleDescription {
                conditions: Vec::from([ConditionDescription::Malformed]),
                then: malformed(),
            };
        };
        let then = match &rule.then {
            Then::Served(served) => ThenDescription::Served(self.served(&served.value, served.variation_id)),
            Then::Options(options) => ThenDescription::Options(self.options(options)),
            Then::Invalid(_) => malformed(),
        };
        RuleDescription { conditions: self.conditions(&rule.conditions), then }
    }

    fn conditions(&mut self, conditions: &Checked<Conditions>) -> Vec<ConditionDescription> {
        match conditions {
            Ok(conditions) => conditions.iter().map(|condition| self.condition(condition)).collect(),
            Err(_) => Vec::from([ConditionDescription::Malformed]),
        }
    }

    fn condition(&mut self, condition: &Checked<Condition>) -> ConditionDescription {
        let described = match condition {
            Ok(Condition::User(condition)) => self.user_condition(condition),
            Ok(Condition::Segment(condition)) => condition.negated.ok().and_then(|negated| {
                let DescribedSegment { name, conditions, has_faults } = self.segment(condition.index)?;
                let index = usize::try_from(condition.index).ok()?;
                let is_inside = !negated;
                Some(ConditionDescription::Segment { index, name, is_inside, conditions, has_faults })
            }),
            Ok(Condition::Prerequisite(condition)) => {
                condition.negated.ok().map(|negated| ConditionDescription::Prerequisite {
                    key: condition.key.to_string(),
                    is_equal: !negated,
                    value: condition.value.only(),
                })
            }
            Err(_) => None,
        };
        described.unwrap_or(ConditionDescription::Malformed)
    }

    fn segment(&mut self, index: i64) -> Option<DescribedSegment> {
        if let Some(known) = self.segments.get(&index) {
            return Some(known.clone());
        }
        let document = self.document;
        // A malformed condition of a segment may never be reached, so its faults are no fault of
        // the condition on it; yet tools that prove something must know of them.
        let has_faults = !segment_faults::of_segment(document, document.find_segment(index)?).is_empty();
        let segment = document.segment(index).ok()?;
        let conditions = self.conditions(&segment.conditions).into();
        let described = DescribedSegment { name: Arc::from(&*segment.name), conditions, has_faults };
        self.segments.insert(index, described.clone());
        Some(described)
    }

    fn user_condition(&self, condition: &UserCondition) -> Option<ConditionDescription> {
        // The rest of the condition may be wrong too, so nothing of it is described.
        if matches!(condition.test, Test::Broken(_)) {
            return None;
        }
        Some(ConditionDescription::User {
            attribute: self.document.attribute(condition.attribute).to_string(),
            comparator: condition.comparator?.name(),
            comparator_code: condition.comparator?.code(),
            comparison: self.comparison(&condition.test)?,
        })
    }

    fn comparison(&self, test: &Test) -> Option<ComparisonDescription> {
        let strings = &self.document.strings;
        Some(match test.comparison() {
            Comparison::Missing => return None,
            Comparison::String(text) => ComparisonDescription::Text(strings.get(text).into()),
            Comparison::List(list) => {
                ComparisonDescription::List(strings.list(list).map(Into::into).collect())
            }
            Comparison::Number(number) => ComparisonDescription::Number(number),
            Comparison::Time(seconds) => DateTime::from_unix_seconds(seconds)
                .filter(|time| time.unix_seconds() == seconds)
                .map_or(ComparisonDescription::Number(seconds), ComparisonDescription::Time),
            Comparison::Hashed => ComparisonDescription::Hashed(1),
            Comparison::HashedList(count) => ComparisonDescription::Hashed(count),
        })
    }

    /// Returns the options, except for a malformed one.
    fn options(&self, options: &[Checked<PercentageOption>]) -> Vec<OptionDescription> {
        let described = options.iter().flatten().map(|option| OptionDescription {
            percentage: option.percentage.into(),
            served: self.served(&option.value, option.variation_id),
        });
        described.collect()
    }

    fn served(&self, value: &Checked<Value>, variation_id: Option<StringId>) -> ServedDescription {
        ServedDescription {
            value: value.as_ref().ok().cloned(),
            variation_id: variation_id.map(|id| self.document.strings.get(id).into()),
        }
    }
}
