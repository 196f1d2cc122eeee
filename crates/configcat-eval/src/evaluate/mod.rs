//! Evaluation, written once for the silent and for the tracing observer.

mod budget;
mod condition;
mod flag_cache;
mod frame;
mod outcome;
mod prerequisites;
mod work;

use alloc::{boxed::Box, sync::Arc};

pub(crate) use self::{budget::Budget, flag_cache::CachingObserver, outcome::Outcome};
use self::{
    frame::{ConditionContext, Dependents, Frame, Position, Suspended},
    work::Work,
};
use crate::{
    attribute::AttributeValue,
    compile::{
        Condition, Document, Options, Rule, Segment, SegmentCondition, Targeting, Then, UserCondition,
        interner::StringId,
    },
    config::Config,
    display::UserConditionDisplay,
    error::{Checked, ErrorKind, Fault, checked},
    hash,
    observe::{CannotEvaluate, Observer, Step, Verdict, Warning},
    slots::Slot,
    user::{AttributeName, User},
    value::Value,
};

/// Evaluates settings for one user, in one call.
pub(crate) struct Evaluator<'c, 'u, O> {
    pub(crate) config: &'c Config,
    pub(crate) user: Option<&'u User>,
    pub(crate) observer: O,
    work: Work<'c, 'u>,
}

/// The result of evaluating a setting as far as possible.
enum Progress<'c> {
    Done(Outcome<'c>),
    Suspended(Box<Suspended<'c>>),
}

/// The result of conditions.
enum Answer<'c> {
    Verdict(Verdict),
    /// The setting waits for a prerequisite flag.
    Suspended(Box<Suspended<'c>>),
}

// The path to a condition on the user is compiled in one piece: `inline(always)` stands where the
// compiler would make a call. Without any, a rule with one ENDS WITH takes 480 instructions instead
// of 330. What few evaluations need has `inline(never)`, so that this piece stays small.
impl<'c, 'u, O: Observer<'c, 'u>> Evaluator<'c, 'u, O> {
    #[inline]
    pub(crate) fn new(config: &'c Config, user: Option<&'u User>, observer: O, budget: Budget) -> Self {
        Self { config, user, observer, work: Work::within(budget) }
    }

    /// Returns the rest of the budget.
    pub(crate) fn budget(&mut self) -> &mut Budget {
        &mut self.work.budget
    }

    #[inline]
    pub(crate) fn evaluate(&mut self, slot: &'c Slot) -> Checked<Outcome<'c>> {
        match self.resume(Frame { slot, dependents: &Dependents::NONE }, Position::default())? {
            Progress::Done(outcome) => Ok(outcome),
            Progress::Suspended(suspended) => self.evaluate_suspended(*suspended),
        }
    }

    /// Evaluates a setting from that position on.
    #[inline(always)]
    fn resume(&mut self, frame: Frame<'_, 'c>, at: Position<'c>) -> Checked<Progress<'c>> {
        self.select(frame, at).map_err(|fault| frame.slot.place(fault))
    }

    #[inline(always)]
    fn select(&mut self, frame: Frame<'_, 'c>, mut at: Position<'c>) -> Checked<Progress<'c>> {
        let slot = frame.slot;
        let setting = &slot.setting;
        let by_default = || Outcome::new(&setting.default, setting.variation_id, None, None);
        let Some(targeting) = setting.targeting.as_deref() else {
            return by_default().map(Progress::Done);
        };
        let rules = checked(&targeting.rules).map_err(|fault| fault.within("r"))?;
        while let Some(rule) = rules.get(at.rule as usize) {
            let progress = match checked(rule) {
                Ok(rule) => self.rule(frame, at, targeting, rule),
                Err(fault) => Err(fault),
            };
            match progress {
                Ok(Some(progress)) => return Ok(progress),
                Ok(None) => {}
                Err(fault) => return Err(fault.at("r", at.rule as usize)),
            }
            // A document of less than 4 GiB has fewer rules, conditions and options than 2^32.
            at = Position { rule: at.rule + 1, ..Position::default() };
        }
        let options = checked(&targeting.options).map_err(|fault| fault.within("p"))?;
        if !options.is_empty() {
            if let Some(outcome) = self.percentage_options(slot, targeting, options, None)? {
                return Ok(Progress::Done(outcome));
            }
        }
        by_default().map(Progress::Done)
    }

    /// Evaluates a rule; `None` if it does not match, or is ignored.
    #[inline(always)]
    fn rule(
        &mut self,
        frame: Frame<'_, 'c>,
        at: Position<'c>,
        targeting: &'c Targeting,
        rule: &'c Rule,
    ) -> Checked<Option<Progress<'c>>> {
        // With a value the setting was suspended within this rule, which the observer knows
        // already.
        if at.flag.is_none() {
            self.observer.on_step(Step::RuleBegins { rule });
        }
        let conditions = checked(&rule.conditions).map_err(|fault| fault.within("c"))?;
        let verdict = match self.conditions(frame, at, conditions)? {
            Answer::Verdict(verdict) => verdict,
            Answer::Suspended(suspended) => return Ok(Some(Progress::Suspended(suspended))),
        };
        self.observer.on_step(Step::RuleEnds(verdict));
        if verdict != Verdict::Holds(true) {
            return Ok(None);
        }
        let index = Some(at.rule);
        let outcome = match &rule.then {
            Then::Served(served) => {
                let outcome = Outcome::new(&served.value, served.variation_id, index, None);
                Some(outcome.map_err(|fault| fault.within("s"))?)
            }
            Then::Options(options) => self.percentage_options(frame.slot, targeting, options, index)?,
            Then::Invalid(invalid) => return Err(invalid.fault.copy()),
        };
        Ok(outcome.map(Progress::Done))
    }

    /// Evaluates the conditions of a rule, up to the first one that does not hold.
    #[inline(always)]
    fn conditions(
        &mut self,
        frame: Frame<'_, 'c>,
        mut at: Position<'c>,
        conditions: &'c [Checked<Condition>],
    ) -> Checked<Answer<'c>> {
        while let Some(condition) = conditions.get(at.condition as usize) {
            let answer =
                self.condition(frame, ConditionContext(None), condition, at.condition as usize, at.flag)?;
            let verdict = match answer {
                Answer::Verdict(verdict) => verdict,
                Answer::Suspended(inner) => {
                    return Ok(Answer::Suspended(frame.suspended(at.rule, at.condition, Some(inner))));
                }
            };
            self.observer.on_step(Step::ConditionEnds(verdict));
            if verdict != Verdict::Holds(true) {
                return Ok(Answer::Verdict(verdict));
            }
            at = Position { condition: at.condition + 1, flag: None, ..at };
        }
        Ok(Answer::Verdict(Verdict::Holds(true)))
    }

    /// Evaluates a condition. `flag` is the value of the prerequisite flag, if the setting was
    /// suspended for it.
    #[inline(always)]
    fn condition(
        &mut self,
        frame: Frame<'_, 'c>,
        context: ConditionContext<'c>,
        condition: &'c Checked<Condition>,
        index: usize,
        flag: Option<&'c Value>,
    ) -> Checked<Answer<'c>> {
        let slot = frame.slot;
        // A condition is counted once, also if its setting was suspended for it.
        if flag.is_none() {
            self.work.budget.step().map_err(|fault| context.place(fault, index))?;
        }
        let condition = checked(condition).map_err(|fault| context.place(fault, index))?;
        let document = &slot.document;
        match condition {
            Condition::User(condition_) => {
                self.observer.on_step(Step::ConditionBegins { condition, document, found: true });
                let verdict = self.user_condition(slot, condition_, context);
                verdict.map(Answer::Verdict).map_err(|fault| context.place_within(fault, "u", index))
            }
            Condition::Segment(segment) => {
                self.observer.on_step(Step::ConditionBegins { condition, document, found: true });
                let verdict = self.segment_condition(frame, segment);
                verdict.map(Answer::Verdict).map_err(|fault| context.place_within(fault, "s", index))
            }
            Condition::Prerequisite(prerequisite) => {
                let answer = self.prerequisite_condition(frame, condition, prerequisite, flag);
                answer.map_err(|fault| context.place_within(fault, "p", index))
            }
        }
    }

    #[inline(always)]
    fn user_condition(
        &mut self,
        slot: &'c Slot,
        condition: &'c UserCondition,
        context: ConditionContext<'c>,
    ) -> Checked<Verdict> {
        let Some(user) = self.user else {
            return Ok(self.no_user(slot));
        };
        let document = &*slot.document;
        let value = self.attribute(user, document, condition.attribute);
        let Some(value) = value.filter(|value| !value.is_empty_str()) else {
            return Ok(self.attribute_missing(slot, condition));
        };
        if condition.converts_to_string(value) {
            self.warn(slot, Warning::ConvertedToString(UserConditionDisplay { condition, document }, user));
        }
        match condition.holds(value, &mut self.work, slot, context.0)? {
            Some(holds) => Ok(Verdict::Holds(holds)),
            None => Ok(self.attribute_invalid(slot, condition, user)),
        }
    }

    #[inline(always)]
    fn attribute(
        &mut self,
        user: &'u User,
        document: &'c Document,
        name: AttributeName<StringId>,
    ) -> Option<&'u AttributeValue> {
        // Only custom attributes are searched for; the predefined ones are fields of the user.
        let AttributeName::Custom(name) = name else { return document.attribute_of(user, name) };
        let name = document.strings.bytes(name);
        // Users with many attributes make each search longer.
        self.work.budget.compare(user.search_cost(name));
        user.custom_attribute(name)
    }

    #[cold]
    #[inline(never)]
    fn attribute_missing(&mut self, slot: &'c Slot, condition: &'c UserCondition) -> Verdict {
        let document = &*slot.document;
        self.warn(slot, Warning::AttributeMissing(UserConditionDisplay { condition, document }));
        self.cannot_evaluate(CannotEvaluate::AttributeMissing(document.attribute(condition.attribute)))
    }

    #[cold]
    #[inline(never)]
    fn attribute_invalid(&mut self, slot: &'c Slot, condition: &'c UserCondition, user: &'u User) -> Verdict {
        // Not printed here: the silent observer drops it.
        let text = UserConditionDisplay { condition, document: &slot.document };
        self.warn(slot, Warning::AttributeInvalid(text, user));
        self.cannot_evaluate(CannotEvaluate::AttributeInvalid(text, user))
    }

    // Not inlined, so that conditions on the user stay in one small piece of code.
    #[inline(never)]
    fn segment_condition(
        &mut self,
        frame: Frame<'_, 'c>,
        condition: &'c SegmentCondition,
    ) -> Checked<Verdict> {
        let slot = frame.slot;
        if self.user.is_none() {
            return Ok(self.no_user(slot));
        }
        let segment = slot.document.segment(condition.index)?;
        // A fault of a segment has its place in the list of segments, and not in the rule.
        let rooted = |fault: Arc<Fault>| match usize::try_from(condition.index) {
            Ok(index) => fault.at("s", index).rooted(),
            Err(_) => fault,
        };
        // The name is part of the salt, so without it no hashed condition of the segment can be
        // evaluated.
        if segment.name.is_empty() {
            return Err(rooted(Fault::missing("segment name")));
        }
        self.observer.on_step(Step::SegmentBegins { name: &segment.name });
        let conditions = checked(&segment.conditions).map_err(|fault| rooted(fault.within("r")))?;
        let users = self.segment(frame, segment, conditions).map_err(rooted)?;
        let verdict = match users {
            Verdict::Holds(inside) => Verdict::Holds(inside != negation(condition.negated)?),
            // Negation does not change a segment that cannot be evaluated (specification, 3).
            Verdict::CannotEvaluate => users,
        };
        self.observer.on_step(Step::SegmentEnds { users });
        Ok(verdict)
    }

    /// Evaluates the conditions of a segment, up to the first one that does not hold.
    #[inline]
    fn segment(
        &mut self,
        frame: Frame<'_, 'c>,
        segment: &'c Segment,
        conditions: &'c [Checked<Condition>],
    ) -> Checked<Verdict> {
        for (index, condition) in conditions.iter().enumerate() {
            let answer = self.condition(frame, ConditionContext(Some(segment)), condition, index, None)?;
            // Segments have conditions on the user only, so no setting is suspended here.
            let Answer::Verdict(verdict) = answer else { break };
            self.observer.on_step(Step::ConditionEnds(verdict));
            if verdict != Verdict::Holds(true) {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Holds(true))
    }

    /// Selects a percentage option; `None` if there is no user or no such attribute. Then a rule
    /// with these options is ignored.
    // Not inlined: with the hash it takes some 1,700 instructions, to which a call adds few.
    #[inline(never)]
    fn percentage_options(
        &mut self,
        slot: &'c Slot,
        targeting: &'c Targeting,
        options: &'c Options,
        rule: Option<u32>,
    ) -> Checked<Option<Outcome<'c>>> {
        // Counted here too, because a rule with options may have no condition.
        self.work.budget.step().map_err(|fault| fault.within("p"))?;
        let Some(user) = self.user else {
            self.no_user(slot);
            self.observer.on_step(Step::OptionsSkipped { rule, reason: CannotEvaluate::NoUser });
            return Ok(None);
        };
        let attribute = *checked(&targeting.attribute).map_err(|fault| fault.within("a"))?;
        let value = self.attribute(user, &slot.document, attribute);
        let attribute = slot.document.attribute(attribute);
        let Some(value) = value else {
            self.warn(slot, Warning::AttributeMissingForOptions(attribute));
            let reason = CannotEvaluate::AttributeMissing(attribute);
            self.observer.on_step(Step::OptionsSkipped { rule, reason });
            return Ok(None);
        };
        let key = &slot.setting.key;
        let scratch = &mut None;
        let text = value.to_str(scratch);
        self.work.count_conversion(value, text);
        self.work.budget.hash(key.len() + text.len()).map_err(|fault| fault.within("p"))?;
        let bucket = hash::percentage_bucket(key, text);
        self.observer.on_step(Step::OptionsHashed { rule, attribute, bucket });
        let mut sum = 0_u32;
        for (index, option) in (0_u32..).zip(options.iter()) {
            let option = checked(option).map_err(|fault| fault.at("p", index as usize))?;
            // Percentages come from the document and may be up to 2^32 - 1.
            sum = sum.saturating_add(option.percentage);
            if bucket < sum {
                self.work.budget.compare(Budget::ITEM * index as usize);
                self.observer.on_step(Step::OptionSelected { rule, index, option });
                return Outcome::new(&option.value, option.variation_id, rule, Some(index))
                    .map(Some)
                    .map_err(|fault| fault.at("p", index as usize));
            }
        }
        self.work.budget.compare(Budget::ITEM * options.len());
        // Specification, 2.2: in versions 4 and 5 the other users get the default value.
        if slot.document.is_legacy {
            return Ok(None);
        }
        Err(Fault::new(ErrorKind::PercentagesIncomplete).within("p"))
    }

    #[cold]
    #[inline(never)]
    fn no_user(&mut self, slot: &'c Slot) -> Verdict {
        self.warn(slot, Warning::NoUser);
        self.cannot_evaluate(CannotEvaluate::NoUser)
    }

    fn cannot_evaluate(&mut self, reason: CannotEvaluate<'c, 'u>) -> Verdict {
        self.observer.on_step(Step::CannotEvaluate(reason));
        Verdict::CannotEvaluate
    }

    #[cold]
    #[inline(never)]
    fn warn(&mut self, slot: &'c Slot, warning: Warning<'c, 'u>) {
        self.observer.on_step(Step::Warning { slot, warning });
    }
}

/// Returns whether the comparator of a segment or prerequisite condition negates.
fn negation(comparator: Result<bool, i64>) -> Checked<bool> {
    comparator.map_err(|code| Fault::new(ErrorKind::UnknownComparator(code)))
}
