//! Evaluation, written once for the silent and for the tracing observer.

mod frame;
mod matching;

use alloc::sync::Arc;
use core::num::NonZeroU32;

use self::{
    frame::{Frame, Owner},
    matching::Readings,
};

use crate::{
    AttributeValue, Config, SettingType, User, Value,
    compile::{
        Condition, Kind, Options, PrerequisiteCondition, Rule, SegmentCondition, Setting, Targeting, Then,
        TypedValues, UserCondition,
    },
    config::Slot,
    display::UserConditionText,
    error::{Checked, ErrorKind, Fault, checked},
    hash,
    observe::{Fact, Observer, Obstacle, Verdict, Warning},
    texts::TextId,
};

/// How deep prerequisite flags may depend on each other: far beyond any real config, far below what a
/// stack of 1 MiB holds.
const MAX_DEPTH: u32 = 200;
/// How many rules and conditions of prerequisite flags and segments one evaluation may go through. Without a
/// limit, a chain of flags that each refer twice to the next one doubles the work with every link.
const MAX_NESTED_STEPS: u32 = 200_000;

/// What a setting evaluates to, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'c> {
    pub(crate) value: &'c Value,
    /// Of the document that the setting comes from.
    pub(crate) variation_id: Option<TextId>,
    /// Which rule and which option it comes from, counted from 1.
    rule: Option<NonZeroU32>,
    option: Option<NonZeroU32>,
}

impl<'c> Outcome<'c> {
    /// What is served by that rule and that option, or its fault.
    #[inline]
    fn new(
        value: &'c Checked<Value>,
        variation_id: Option<TextId>,
        rule: Option<u32>,
        option: Option<u32>,
    ) -> Checked<Self> {
        let number = |index: Option<u32>| NonZeroU32::new(index?.wrapping_add(1));
        Ok(Self { value: checked(value)?, variation_id, rule: number(rule), option: number(option) })
    }

    /// The index of the rule that it comes from.
    pub(crate) fn rule(&self) -> Option<usize> {
        self.rule.map(|number| number.get() as usize - 1)
    }

    /// The index of the percentage option that it comes from.
    pub(crate) fn option(&self) -> Option<usize> {
        self.option.map(|number| number.get() as usize - 1)
    }

    /// The value of a setting that has no other.
    #[inline]
    pub(crate) fn plain(value: &'c Value, setting: &Setting) -> Self {
        Self { value, variation_id: setting.variation_id, rule: None, option: None }
    }
}

/// Evaluates one setting for one user; gives the observer back.
#[inline]
pub(crate) fn evaluate<'c, 'u, O: Observer<'c, 'u>>(
    config: &'c Config,
    slot: &'c Slot,
    user: Option<&'u User>,
    observer: O,
) -> (Checked<Outcome<'c>>, O) {
    let mut evaluator = Evaluator { config, user, observer, readings: Readings::default(), nested_steps: 0 };
    let outcome = evaluator.setting::<false>(&Frame { slot, dependent: None, depth: 0 });
    (outcome, evaluator.observer)
}

struct Evaluator<'c, 'u, O> {
    config: &'c Config,
    user: Option<&'u User>,
    observer: O,
    readings: Readings<'u>,
    /// How many rules and conditions of prerequisite flags and segments there were so far.
    nested_steps: u32,
}

impl<'c, 'u, O: Observer<'c, 'u>> Evaluator<'c, 'u, O> {
    #[inline(always)]
    fn setting<const NESTED: bool>(&mut self, frame: &Frame<'_, 'c>) -> Checked<Outcome<'c>> {
        self.select::<NESTED>(frame).map_err(|fault| frame.slot.place(fault))
    }

    #[inline(always)]
    fn select<const NESTED: bool>(&mut self, frame: &Frame<'_, 'c>) -> Checked<Outcome<'c>> {
        let setting = frame.setting();
        let Some(targeting) = setting.targeting.as_deref() else {
            return Outcome::new(&setting.default, setting.variation_id, None, None);
        };
        let rules = checked(&targeting.rules).map_err(|fault| fault.within("r"))?;
        // A document of less than 4 GiB has fewer rules than that, and fewer options.
        for (index, rule) in (0_u32..).zip(rules.iter()) {
            let outcome = match checked(rule) {
                Ok(rule) => self.rule::<NESTED>(frame, targeting, index, rule),
                Err(fault) => Err(fault),
            };
            match outcome {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => {}
                Err(fault) => return Err(fault.at("r", index as usize)),
            }
        }
        let options = checked(&targeting.options).map_err(|fault| fault.within("p"))?;
        if !options.is_empty() {
            if let Some(outcome) = self.percentage_options(frame, targeting, options, None)? {
                return Ok(outcome);
            }
        }
        Outcome::new(&setting.default, setting.variation_id, None, None)
    }

    /// `None` if the rule does not match, or is ignored.
    #[inline(always)]
    fn rule<const NESTED: bool>(
        &mut self,
        frame: &Frame<'_, 'c>,
        targeting: &'c Targeting,
        index: u32,
        rule: &'c Rule,
    ) -> Checked<Option<Outcome<'c>>> {
        self.step::<NESTED>()?;
        self.observer.note(Fact::RuleBegins { rule });
        let conditions = checked(&rule.conditions).map_err(|fault| fault.within("c"))?;
        let verdict = self.conditions::<NESTED>(frame, conditions, Owner(None))?;
        self.observer.note(Fact::RuleEnds(verdict));
        if verdict != Verdict::Holds(true) {
            return Ok(None);
        }
        match &rule.then {
            Then::Served(served) => {
                let outcome = Outcome::new(&served.value, served.variation_id, Some(index), None);
                outcome.map(Some).map_err(|fault| fault.within("s"))
            }
            Then::Options(options) => self.percentage_options(frame, targeting, options, Some(index)),
            Then::Invalid(invalid) => Err(invalid.fault.copy()),
        }
    }

    /// Whether all conditions hold; ends with the first one that does not.
    #[inline(always)]
    fn conditions<const NESTED: bool>(
        &mut self,
        frame: &Frame<'_, 'c>,
        conditions: &'c [Checked<Condition>],
        owner: Owner<'c>,
    ) -> Checked<Verdict> {
        let document = frame.document();
        for (index, condition) in conditions.iter().enumerate() {
            self.step::<NESTED>()?;
            let condition = checked(condition).map_err(|fault| owner.place(fault, index))?;
            let verdict = match condition {
                Condition::User(condition_) => {
                    self.observer.note(Fact::ConditionBegins { condition, document, found: true });
                    self.user_condition(frame, condition_, owner)
                        .map_err(|fault| owner.place_within(fault, "u", index))?
                }
                Condition::Segment(segment) => {
                    self.observer.note(Fact::ConditionBegins { condition, document, found: true });
                    self.segment_condition(frame, segment)
                        .map_err(|fault| owner.place_within(fault, "s", index))?
                }
                Condition::Prerequisite(prerequisite) => {
                    let slot = self.config.link(frame.slot, prerequisite.link);
                    self.observer.note(Fact::ConditionBegins { condition, document, found: slot.is_some() });
                    self.prerequisite_condition(frame, prerequisite, slot)
                        .map_err(|fault| owner.place_within(fault, "p", index))?
                }
            };
            self.observer.note(Fact::ConditionEnds(verdict));
            if verdict != Verdict::Holds(true) {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Holds(true))
    }

    #[inline(always)]
    fn user_condition(
        &mut self,
        frame: &Frame<'_, 'c>,
        condition: &'c UserCondition,
        owner: Owner<'c>,
    ) -> Checked<Verdict> {
        let Some(user) = self.user else {
            return Ok(self.no_user(frame));
        };
        let document = frame.document();
        let value = document.attribute_of(user, condition.attribute);
        let Some(value) = value.filter(|value| !value.is_empty_text()) else {
            return Ok(self.attribute_missing(frame, condition));
        };
        if condition.converts_to_text(value) {
            self.warn(frame, Warning::ConvertedToText(UserConditionText { condition, document }, value));
        }
        match condition.holds(value, &mut self.readings, frame.slot, owner.0)? {
            Some(holds) => Ok(Verdict::Holds(holds)),
            None => Ok(self.attribute_invalid(frame, condition, value)),
        }
    }

    #[cold]
    #[inline(never)]
    fn attribute_missing(&mut self, frame: &Frame<'_, 'c>, condition: &'c UserCondition) -> Verdict {
        let document = frame.document();
        self.warn(frame, Warning::AttributeMissing(UserConditionText { condition, document }));
        self.cannot_evaluate(Obstacle::AttributeMissing(document.attribute(condition.attribute)))
    }

    #[cold]
    #[inline(never)]
    fn attribute_invalid(
        &mut self,
        frame: &Frame<'_, 'c>,
        condition: &'c UserCondition,
        value: &'u AttributeValue,
    ) -> Verdict {
        let text = UserConditionText { condition, document: frame.document() };
        self.warn(frame, Warning::AttributeInvalid(text, value));
        self.cannot_evaluate(Obstacle::AttributeInvalid(text, value))
    }

    #[inline(never)]
    fn segment_condition(
        &mut self,
        frame: &Frame<'_, 'c>,
        condition: &'c SegmentCondition,
    ) -> Checked<Verdict> {
        if self.user.is_none() {
            return Ok(self.no_user(frame));
        }
        let segment = frame.document().segment(condition.index)?;
        let rooted = |fault: Arc<Fault>| match usize::try_from(condition.index) {
            Ok(index) => fault.at("s", index).rooted(),
            Err(_) => fault,
        };
        if segment.name.is_empty() {
            return Err(rooted(Fault::missing("segment name")));
        }
        self.observer.note(Fact::SegmentBegins { name: &segment.name });
        let conditions = checked(&segment.conditions).map_err(|fault| rooted(fault.within("r")))?;
        let users = self.conditions::<true>(frame, conditions, Owner(Some(segment))).map_err(rooted)?;
        let verdict = match users {
            Verdict::Holds(inside) => Verdict::Holds(inside != negation(condition.negated)?),
            Verdict::CannotEvaluate => users,
        };
        self.observer.note(Fact::SegmentEnds { users });
        Ok(verdict)
    }

    #[inline(never)]
    fn prerequisite_condition(
        &mut self,
        frame: &Frame<'_, 'c>,
        condition: &'c PrerequisiteCondition,
        slot: Option<&'c Slot>,
    ) -> Checked<Verdict> {
        let key = &condition.key;
        let slot =
            slot.ok_or_else(|| Fault::new(ErrorKind::PrerequisiteNotFound { key: key.as_ref().into() }))?;
        let kind = slot.setting.kind().map_err(|fault| slot.place(fault))?;
        let expected = condition.value.comparable(kind).ok_or_else(|| {
            Fault::new(ErrorKind::PrerequisiteTypeMismatch {
                key: key.clone(),
                comparison_value: condition.value.only(),
            })
        })?;
        if frame.depends_on(slot) {
            let mut path = frame.path();
            path.push(key.clone());
            return Err(Fault::new(ErrorKind::CircularDependency { path: path.into() }));
        }
        if frame.depth >= MAX_DEPTH {
            return Err(Fault::new(ErrorKind::TooComplex));
        }
        self.observer.note(Fact::PrerequisiteBegins { key });
        let prerequisite = Frame { slot, dependent: Some(frame), depth: frame.depth + 1 };
        let value = self.setting::<true>(&prerequisite)?.value;
        let verdict = Verdict::Holds(equal(value, &expected) != negation(condition.negated)?);
        self.observer.note(Fact::PrerequisiteEnds { value });
        Ok(verdict)
    }

    /// `None` if there is no user or no such attribute; then a rule with these options is ignored.
    #[inline(never)]
    fn percentage_options(
        &mut self,
        frame: &Frame<'_, 'c>,
        targeting: &'c Targeting,
        options: &'c Options,
        rule: Option<u32>,
    ) -> Checked<Option<Outcome<'c>>> {
        let Some(user) = self.user else {
            self.no_user(frame);
            self.observer.note(Fact::OptionsSkipped { rule, obstacle: Obstacle::NoUser });
            return Ok(None);
        };
        let attribute = *checked(&targeting.attribute).map_err(|fault| fault.within("a"))?;
        let value = frame.document().attribute_of(user, attribute);
        let attribute = frame.document().attribute(attribute);
        let Some(value) = value else {
            self.warn(frame, Warning::AttributeMissingForOptions(attribute));
            let obstacle = Obstacle::AttributeMissing(attribute);
            self.observer.note(Fact::OptionsSkipped { rule, obstacle });
            return Ok(None);
        };
        let bucket = hash::percentage_bucket(&frame.setting().key, value);
        self.observer.note(Fact::OptionsHashed { rule, attribute, bucket });
        let mut sum = 0_u32;
        for (index, option) in (0_u32..).zip(options.iter()) {
            let option = checked(option).map_err(|fault| fault.at("p", index as usize))?;
            sum = sum.saturating_add(option.percentage);
            if bucket < sum {
                self.observer.note(Fact::OptionSelected { rule, index, option });
                return Outcome::new(&option.value, option.variation_id, rule, Some(index))
                    .map(Some)
                    .map_err(|fault| fault.at("p", index as usize));
            }
        }
        if frame.document().is_legacy {
            return Ok(None);
        }
        Err(Fault::new(ErrorKind::PercentagesIncomplete).within("p"))
    }

    /// Counts a rule or condition that is there because of another setting's.
    #[inline(always)]
    fn step<const NESTED: bool>(&mut self) -> Checked<()> {
        self.nested_steps += u32::from(NESTED);
        if NESTED && self.nested_steps > MAX_NESTED_STEPS {
            return Err(Fault::new(ErrorKind::TooComplex));
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn no_user(&mut self, frame: &Frame<'_, 'c>) -> Verdict {
        self.warn(frame, Warning::NoUser);
        self.cannot_evaluate(Obstacle::NoUser)
    }

    fn cannot_evaluate(&mut self, obstacle: Obstacle<'c, 'u>) -> Verdict {
        self.observer.note(Fact::Obstacle(obstacle));
        Verdict::CannotEvaluate
    }

    #[cold]
    #[inline(never)]
    fn warn(&mut self, frame: &Frame<'_, 'c>, warning: Warning<'c, 'u>) {
        self.observer.note(Fact::Warning { key: &frame.setting().key, warning });
    }
}

/// Whether the comparator of a segment or prerequisite condition negates.
fn negation(comparator: Result<bool, i64>) -> Checked<bool> {
    comparator.map_err(|code| Fault::new(ErrorKind::UnknownComparator(code)))
}

impl TypedValues {
    /// The value that a prerequisite flag of this type can be compared to.
    fn comparable(&self, kind: Kind) -> Option<Value> {
        match kind {
            Kind { inferred: true, setting_type: SettingType::Int } => {
                self.of_type(SettingType::Int).xor(self.of_type(SettingType::Double))
            }
            Kind { setting_type, .. } => self.of_type(setting_type),
        }
    }
}

/// Whether values are the same, where an integer that was written without a type may be compared to a double.
#[expect(clippy::cast_precision_loss, reason = "every other SDK compares doubles here")]
fn equal(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Int(int), Value::Double(double)) => *int as f64 == *double,
        _ => value == expected,
    }
}
