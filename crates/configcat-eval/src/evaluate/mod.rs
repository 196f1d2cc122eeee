//! Evaluation, written once for the silent and for the tracing observer.

mod matching;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::cell::Cell;

use self::matching::Readings;

use crate::{
    Config, SettingType, User, Value,
    compile::{
        Condition, Document, Kind, Options, PrerequisiteCondition, Rule, SegmentCondition, Setting,
        Targeting, Then, TypedValues, UserCondition,
    },
    config::Slot,
    display::UserConditionText,
    error::{Checked, ErrorKind, Fault, checked},
    hash::{self, Salt},
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
    pub(crate) rule: Option<u32>,
    pub(crate) option: Option<u32>,
}

impl<'c> Outcome<'c> {
    /// What is served by that rule and that option, or its fault.
    #[inline]
    fn new(
        value: &'c Checked<Value>,
        variation_id: Option<TextId>,
        rule: Option<usize>,
        option: Option<usize>,
    ) -> Checked<Self> {
        // A document of less than 4 GiB has fewer of both than that.
        let index = |index: Option<usize>| index.and_then(|index| u32::try_from(index).ok());
        Ok(Self { value: checked(value)?, variation_id, rule: index(rule), option: index(option) })
    }

    /// The value of a setting that has no other.
    #[inline]
    pub(crate) fn plain(value: &'c Value, setting: &Setting) -> Self {
        Self { value, variation_id: setting.variation_id, rule: None, option: None }
    }
}

/// Evaluates one setting for one user.
#[inline]
pub(crate) fn evaluate<'c, 'u, O: Observer<'c, 'u>>(
    config: &'c Config,
    slot: &'c Slot,
    user: Option<&'u User>,
    observer: &mut O,
) -> Checked<Outcome<'c>> {
    let mut evaluator = Evaluator { config, user, observer, readings: Readings::default(), nested_steps: 0 };
    evaluator.setting(&Frame::new(slot, None))
}

struct Evaluator<'c, 'u, 'o, O> {
    config: &'c Config,
    user: Option<&'u User>,
    observer: &'o mut O,
    readings: Readings<'u>,
    /// How many rules and conditions of prerequisite flags and segments there were so far.
    nested_steps: u32,
}

/// The setting under evaluation, and those that it is a prerequisite of.
struct Frame<'f, 'c> {
    slot: &'c Slot,
    dependent: Option<&'f Frame<'f, 'c>>,
    depth: u32,
    /// Whether these were warned of: once is enough for a setting.
    warned_of_user: Cell<bool>,
    warned_of_attribute: Cell<bool>,
}

impl<'f, 'c> Frame<'f, 'c> {
    fn new(slot: &'c Slot, dependent: Option<&'f Self>) -> Self {
        Self {
            slot,
            dependent,
            depth: dependent.map_or(0, |dependent| dependent.depth + 1),
            warned_of_user: Cell::new(false),
            warned_of_attribute: Cell::new(false),
        }
    }

    fn setting(&self) -> &'c Setting {
        &self.slot.setting
    }

    fn document(&self) -> &'c Document {
        &self.slot.document
    }

    /// The keys from the setting that was asked for to this one.
    fn path(&self) -> Vec<Arc<str>> {
        let mut path = self.dependent.map_or_else(Vec::new, Frame::path);
        path.push(self.setting().key.clone());
        path
    }

    fn depends_on(&self, slot: &Slot) -> bool {
        core::ptr::eq(self.slot, slot) || self.dependent.is_some_and(|dependent| dependent.depends_on(slot))
    }
}

/// What conditions belong to: it is the place of their faults, and the context of their hashes.
#[derive(Clone, Copy)]
enum Owner<'c> {
    /// A rule of the setting of this key.
    Rule(&'c str),
    /// The segment of this name.
    Segment(&'c str),
}

impl Owner<'_> {
    fn place(self, fault: Box<Fault>, index: usize) -> Box<Fault> {
        match self {
            Self::Rule(_) => fault.at("c", index),
            Self::Segment(_) => fault.at("r", index),
        }
    }

    fn place_within(self, fault: Box<Fault>, member: &str, index: usize) -> Box<Fault> {
        match self {
            Self::Rule(_) => self.place(fault.within(member), index),
            Self::Segment(_) => self.place(fault, index),
        }
    }
}

impl<'c, 'u, O: Observer<'c, 'u>> Evaluator<'c, 'u, '_, O> {
    fn setting(&mut self, frame: &Frame<'_, 'c>) -> Checked<Outcome<'c>> {
        self.select(frame).map_err(|fault| fault.within(&frame.setting().key).within("f").rooted())
    }

    #[inline]
    fn select(&mut self, frame: &Frame<'_, 'c>) -> Checked<Outcome<'c>> {
        let setting = frame.setting();
        let Some(targeting) = setting.targeting.as_deref() else {
            return Outcome::new(&setting.default, setting.variation_id, None, None);
        };
        if let Some(fault) = &targeting.kind_fault {
            return Err(fault.copy());
        }
        let rules = checked(&targeting.rules).map_err(|fault| fault.within("r"))?;
        for (index, rule) in rules.iter().enumerate() {
            let outcome = checked(rule).and_then(|rule| self.rule(frame, targeting, index, rule));
            if let Some(outcome) = outcome.map_err(|fault| fault.at("r", index))? {
                return Ok(outcome);
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
    #[inline]
    fn rule(
        &mut self,
        frame: &Frame<'_, 'c>,
        targeting: &'c Targeting,
        index: usize,
        rule: &'c Rule,
    ) -> Checked<Option<Outcome<'c>>> {
        self.step(frame.depth > 0)?;
        self.observer.note(Fact::RuleBegins { rule });
        let conditions = checked(&rule.conditions).map_err(|fault| fault.within("c"))?;
        let verdict = self.conditions(frame, conditions, Owner::Rule(&frame.setting().key))?;
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
    #[inline]
    fn conditions(
        &mut self,
        frame: &Frame<'_, 'c>,
        conditions: &'c [Checked<Condition>],
        owner: Owner<'c>,
    ) -> Checked<Verdict> {
        let document = frame.document();
        for (index, condition) in conditions.iter().enumerate() {
            self.step(frame.depth > 0 || matches!(owner, Owner::Segment(_)))?;
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

    #[inline]
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
        let text = UserConditionText { condition, document };
        let attribute = document.attribute(condition.attribute);
        let Some(value) = user.attribute(attribute).filter(|value| !value.is_empty_text()) else {
            self.warn(frame, Warning::AttributeMissing(text));
            return Ok(self.cannot_evaluate(Obstacle::AttributeMissing(attribute)));
        };
        if condition.converts_to_text(value) {
            self.warn(frame, Warning::ConvertedToText(text, value));
        }
        let salt = || {
            let (Owner::Rule(context) | Owner::Segment(context)) = owner;
            Some(Salt { document: document.salt.as_deref()?, context })
        };
        match condition.holds(value, &mut self.readings, &document.texts, salt)? {
            Some(holds) => Ok(Verdict::Holds(holds)),
            None => {
                self.warn(frame, Warning::AttributeInvalid(text, value));
                Ok(self.cannot_evaluate(Obstacle::AttributeInvalid(text, value)))
            }
        }
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
        let rooted = |fault: Box<Fault>| match usize::try_from(condition.index) {
            Ok(index) => fault.at("s", index).rooted(),
            Err(_) => fault,
        };
        if segment.name.is_empty() {
            return Err(rooted(Fault::missing("segment name")));
        }
        self.observer.note(Fact::SegmentBegins { name: &segment.name });
        let conditions = checked(&segment.conditions).map_err(|fault| rooted(fault.within("r")))?;
        let users = self.conditions(frame, conditions, Owner::Segment(&segment.name)).map_err(rooted)?;
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
        let kind = slot.setting.kind().map_err(|fault| fault.within(key).within("f").rooted())?;
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
        let value = self.setting(&Frame::new(slot, Some(frame)))?.value;
        let verdict = Verdict::Holds(equal(value, &expected) != negation(condition.negated)?);
        self.observer.note(Fact::PrerequisiteEnds { value });
        Ok(verdict)
    }

    /// `None` if there is no user or no such attribute; then a rule with these options is ignored.
    #[inline]
    fn percentage_options(
        &mut self,
        frame: &Frame<'_, 'c>,
        targeting: &'c Targeting,
        options: &'c Options,
        rule: Option<usize>,
    ) -> Checked<Option<Outcome<'c>>> {
        let Some(user) = self.user else {
            self.no_user(frame);
            self.observer.note(Fact::OptionsSkipped { rule, obstacle: Obstacle::NoUser });
            return Ok(None);
        };
        let attribute = checked(&targeting.attribute).map_err(|fault| fault.within("a"))?;
        let attribute = frame.document().attribute(*attribute);
        let Some(value) = user.attribute(attribute) else {
            if !frame.warned_of_attribute.replace(true) {
                self.warn(frame, Warning::AttributeMissingForOptions(attribute));
            }
            let obstacle = Obstacle::AttributeMissing(attribute);
            self.observer.note(Fact::OptionsSkipped { rule, obstacle });
            return Ok(None);
        };
        let bucket = hash::percentage_bucket(&frame.setting().key, value);
        self.observer.note(Fact::OptionsHashed { rule, attribute, bucket });
        let mut sum = 0_u32;
        for (index, option) in options.iter().enumerate() {
            let option = checked(option).map_err(|fault| fault.at("p", index))?;
            sum = sum.saturating_add(option.percentage);
            if bucket < sum {
                self.observer.note(Fact::OptionSelected { rule, index, option });
                return Outcome::new(&option.value, option.variation_id, rule, Some(index))
                    .map(Some)
                    .map_err(|fault| fault.at("p", index));
            }
        }
        Err(Fault::new(ErrorKind::PercentagesIncomplete).within("p"))
    }

    /// Counts a rule or condition that is there because of another setting's.
    #[inline]
    fn step(&mut self, is_nested: bool) -> Checked<()> {
        self.nested_steps += u32::from(is_nested);
        if self.nested_steps > MAX_NESTED_STEPS { Err(Fault::new(ErrorKind::TooComplex)) } else { Ok(()) }
    }

    fn no_user(&mut self, frame: &Frame<'_, 'c>) -> Verdict {
        if !frame.warned_of_user.replace(true) {
            self.warn(frame, Warning::NoUser);
        }
        self.cannot_evaluate(Obstacle::NoUser)
    }

    fn cannot_evaluate(&mut self, obstacle: Obstacle<'c, 'u>) -> Verdict {
        self.observer.note(Fact::Obstacle(obstacle));
        Verdict::CannotEvaluate
    }

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
            Kind { inferred: true, setting_type: SettingType::Int | SettingType::Double } => {
                self.of_type(SettingType::Int).xor(self.of_type(SettingType::Double))
            }
            Kind { setting_type, .. } => self.of_type(setting_type),
        }
    }
}

/// Whether values are the same, where numbers of both types may meet.
#[expect(clippy::cast_precision_loss, reason = "every other SDK compares doubles here")]
fn equal(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Int(int), Value::Double(double)) | (Value::Double(double), Value::Int(int)) => {
            *int as f64 == *double
        }
        _ => value == expected,
    }
}
