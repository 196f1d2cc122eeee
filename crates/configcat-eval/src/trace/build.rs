//! Observer that turns the steps of an evaluation into its trace, within limits.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use super::{
    hints::Missing,
    invalid_attribute::{InvalidAttribute, attribute},
    limits::{MAX_LEVELS, MAX_STRING, MAX_TREE},
};
use crate::{
    display::ConditionDisplay,
    observe::{CannotEvaluate, Observer, Silent, Step, Verdict},
    placeholder::INVALID_VALUE,
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SelectedOption,
        SettingTrace, Warning, warnings::Warnings,
    },
    truncate::truncated,
};

/// Observer that builds the tree and the warnings.
#[derive(Default)]
pub(crate) struct TraceBuilder {
    tree: Tree,
    warnings: Warnings,
    missing: Missing,
    /// Counts the warnings as without a trace, so that both have the same id.
    silent: Silent,
}

impl TraceBuilder {
    pub(crate) fn finish(self) -> FinishedTrace {
        let (warnings, warnings_left_out) = self.warnings.finish();
        let (root, is_cut) = self.tree.finish();
        let (missing, warnings_id) = (self.missing, self.silent.warnings_id());
        FinishedTrace { root, is_cut, warnings, warnings_left_out, warnings_id, missing }
    }
}

impl<'c, 'u> Observer<'c, 'u> for TraceBuilder {
    fn on_step(&mut self, step: Step<'c, 'u>) {
        match step {
            Step::Warning { slot, warning } => {
                // Every warning counts for the id, also one that is left out of the list.
                self.silent.on_step(Step::Warning { slot, warning });
                self.warnings.add(&slot.setting.key, warning);
            }
            Step::PrerequisiteBegins { .. } => self.warnings.setting_begins(),
            Step::PrerequisiteEnds { .. } => self.warnings.setting_ends(),
            Step::CannotEvaluate(reason) | Step::OptionsSkipped { reason, .. } => self.missing.record(reason),
            _ => {}
        }
        self.tree.on_step(step);
    }
}

/// The finished trace of an evaluation.
pub(crate) struct FinishedTrace {
    pub(crate) root: SettingTrace,
    /// `true` if a part of the tree is left out.
    pub(crate) is_cut: bool,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) warnings_left_out: usize,
    pub(crate) warnings_id: u32,
    pub(crate) missing: Missing,
}

struct Tree {
    root: SettingTrace,
    /// The steps that have begun and not ended, from the outside in.
    open: Vec<Open>,
    /// The last reason why conditions could not be evaluated.
    reason: Option<ObstacleTrace>,
    /// The number of bytes that may follow.
    // At 0 every further step is dropped, so a hostile document cannot fill the memory.
    left: usize,
    is_cut: bool,
    /// The number of prerequisite flags that have begun and not ended, and of those that are too
    /// deep to be in the tree.
    levels: usize,
    hidden_levels: usize,
}

// One enum and not three stacks, so that steps close in the order in which they opened.
enum Open {
    Rule(RuleTrace),
    Condition(ConditionTrace),
    Segment { name: String, conditions: Vec<ConditionTrace> },
    Prerequisite { key: String, evaluation: SettingTrace },
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            root: SettingTrace::default(),
            open: Vec::new(),
            reason: None,
            left: MAX_TREE,
            is_cut: false,
            levels: 0,
            hidden_levels: 0,
        }
    }
}

impl Tree {
    /// Returns the tree, and whether a part of it is left out. Steps that an error or a limit has
    /// left open are closed as they are.
    fn finish(mut self) -> (SettingTrace, bool) {
        // After an error the steps that have begun are part of the explanation.
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
        (self.root, self.is_cut)
    }

    fn close(&mut self, ended: Open) {
        match ended {
            Open::Rule(rule) => self.setting().rules.push(rule),
            Open::Condition(condition) => {
                if let Some(Open::Rule(RuleTrace { conditions, .. }) | Open::Segment { conditions, .. }) =
                    self.open.last_mut()
                {
                    conditions.push(condition);
                }
            }
            Open::Segment { name, conditions } => {
                self.nest(NestedTrace::Segment { name, conditions, outcome: None });
            }
            Open::Prerequisite { key, evaluation } => {
                self.nest(NestedTrace::Prerequisite { key, evaluation: Arc::new(evaluation), value: None });
            }
        }
    }

    fn nest(&mut self, nested: NestedTrace) {
        if let Some(Open::Condition(condition)) = self.open.last_mut() {
            condition.nested = Some(nested);
        }
    }

    /// Subtracts that many bytes from the rest.
    // Saturating: the last step may be larger than the rest.
    fn take(&mut self, size: usize) {
        self.left = self.left.saturating_sub(size);
    }

    /// Opens a node of the tree.
    // Counted twice, since a growing vector has up to twice the size of its items.
    fn open(&mut self, open: Open) {
        self.take(2 * size_of::<Open>());
        self.open.push(open);
    }

    /// Returns a value as text, up to the limit.
    fn text(&mut self, text: impl fmt::Display) -> String {
        let (text, is_cut) = truncated(text, self.left.min(MAX_STRING));
        self.is_cut |= is_cut;
        self.take(text.len());
        text
    }

    /// Converts the result of conditions.
    fn outcome(&mut self, verdict: Verdict) -> OutcomeTrace {
        match verdict {
            Verdict::Holds(holds) => OutcomeTrace::Holds(holds),
            Verdict::CannotEvaluate => {
                let reason = self.reason.clone().unwrap_or(ObstacleTrace::NoUser);
                self.take(reason.size());
                OutcomeTrace::CannotEvaluate(reason)
            }
        }
    }

    fn reason(&mut self, reason: CannotEvaluate<'_, '_>) -> ObstacleTrace {
        match reason {
            CannotEvaluate::NoUser => ObstacleTrace::NoUser,
            CannotEvaluate::AttributeMissing(attribute) => {
                ObstacleTrace::AttributeMissing(self.text(attribute))
            }
            CannotEvaluate::AttributeInvalid(condition, user) => ObstacleTrace::AttributeInvalid {
                attribute: self.text(attribute(condition)),
                reason: self.text(InvalidAttribute(condition, user)),
            },
        }
    }

    /// Returns the trace of the current setting.
    fn setting(&mut self) -> &mut SettingTrace {
        let prerequisite = self.open.iter_mut().rev().find_map(|open| match open {
            Open::Prerequisite { evaluation, .. } => Some(evaluation),
            _ => None,
        });
        // Outside of prerequisite flags, the setting is the one that was requested.
        prerequisite.unwrap_or(&mut self.root)
    }

    /// Returns the place for the trace of percentage options: of a rule or of the setting.
    fn options(&mut self, rule: Option<u32>) -> &mut Option<OptionsTrace> {
        let setting = self.setting();
        match rule.and_then(|index| setting.rules.get_mut(index as usize)) {
            Some(rule) => &mut rule.options,
            None => &mut setting.options,
        }
    }

    fn on_step(&mut self, step: Step<'_, '_>) {
        if self.left == 0 {
            self.is_cut = true;
        } else if !self.is_hidden(&step) {
            self.add(step);
        }
    }

    /// Returns whether the step belongs to a prerequisite flag that is too deep, and counts the
    /// levels.
    fn is_hidden(&mut self, step: &Step<'_, '_>) -> bool {
        match step {
            Step::PrerequisiteBegins { .. } if self.levels == MAX_LEVELS => {
                self.is_cut = true;
                self.hidden_levels += 1;
                true
            }
            // The innermost flag ends first, so a hidden one ends before any that is in the tree.
            Step::PrerequisiteEnds { .. } if self.hidden_levels > 0 => {
                self.hidden_levels -= 1;
                true
            }
            _ => self.hidden_levels > 0,
        }
    }

    fn add(&mut self, step: Step<'_, '_>) {
        match step {
            Step::RuleBegins { rule } => {
                // A rule with one condition prints on one line, so its number is part of the trace.
                let condition_count = rule.conditions.as_ref().map_or(0, |conditions| conditions.len());
                let then = self.text(&rule.then);
                self.open(Open::Rule(RuleTrace { condition_count, then, ..RuleTrace::default() }));
            }
            Step::RuleEnds(verdict) => {
                if let Some(Open::Rule(mut rule)) = self.open.pop() {
                    rule.outcome = Some(self.outcome(verdict));
                    self.close(Open::Rule(rule));
                }
            }
            Step::ConditionBegins { condition, document, found } => {
                let text = self.text(ConditionDisplay { condition, document, found });
                self.open(Open::Condition(ConditionTrace { text, ..ConditionTrace::default() }));
            }
            Step::ConditionEnds(verdict) => {
                if let Some(Open::Condition(mut condition)) = self.open.pop() {
                    condition.outcome = Some(self.outcome(verdict));
                    self.close(Open::Condition(condition));
                }
            }
            Step::SegmentBegins { name } => {
                let name = self.text(name);
                self.open(Open::Segment { name, conditions: Vec::new() });
            }
            Step::SegmentEnds { users } => {
                if let Some(Open::Segment { name, conditions }) = self.open.pop() {
                    let outcome = Some(self.outcome(users));
                    self.nest(NestedTrace::Segment { name, conditions, outcome });
                }
            }
            Step::PrerequisiteBegins { key } => {
                self.levels += 1;
                let key = self.text(key);
                self.open(Open::Prerequisite { key, evaluation: SettingTrace::default() });
            }
            Step::PrerequisiteEnds { value } => {
                self.levels = self.levels.saturating_sub(1);
                if let Some(Open::Prerequisite { key, evaluation }) = self.open.pop() {
                    let (evaluation, value) = (Arc::new(evaluation), Some(value.clone()));
                    self.nest(NestedTrace::Prerequisite { key, evaluation, value });
                }
            }
            Step::CannotEvaluate(reason) => self.reason = Some(self.reason(reason)),
            Step::OptionsSkipped { rule, reason } => {
                let reason = self.reason(reason);
                *self.options(rule) = Some(OptionsTrace::Skipped(reason));
            }
            Step::OptionsHashed { rule, attribute, bucket } => {
                let attribute = self.text(attribute);
                *self.options(rule) = Some(OptionsTrace::Hashed { attribute, bucket, selected: None });
            }
            Step::OptionSelected { rule, index, option } => {
                let value = match &option.value {
                    Ok(value) => self.text(value),
                    // The fault itself is the result of the trace.
                    Err(_) => INVALID_VALUE.into(),
                };
                if let Some(OptionsTrace::Hashed { selected, .. }) = self.options(rule) {
                    let (index, percentage) = (index as usize, option.percentage.into());
                    *selected = Some(SelectedOption { index, percentage, value });
                }
            }
            Step::Warning { .. } => {}
        }
    }
}

impl ObstacleTrace {
    /// Returns the length of its strings in bytes.
    fn size(&self) -> usize {
        match self {
            Self::NoUser => 0,
            Self::AttributeMissing(attribute) => attribute.len(),
            Self::AttributeInvalid { attribute, reason } => attribute.len() + reason.len(),
        }
    }
}
