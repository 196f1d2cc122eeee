//! The faults of a config, collected without evaluating it.

use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

use crate::{
    compile::{Condition, Document, PercentageOption, PrerequisiteCondition, Rule, Then},
    config::Config,
    describe::{self, SegmentDescription},
    error::{Checked, ErrorKind, EvaluationError, Fault},
    segment_faults::{of_segment, of_test},
    slots::Slot,
};

impl Config {
    /// Returns the segments, in the order of the config JSON. A [merged](Self::merge) config has
    /// those of both documents, as far as there are settings of both.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(
    ///     r#"{"s": [{"n": "Beta", "r": [{"a": "Email", "c": 0, "l": ["a@example.com"]}]}],
    ///         "f": {"isNew": {"t": 0, "v": {"b": false}}}}"#,
    /// )?;
    /// let beta = &config.segments()[0];
    /// assert_eq!((beta.name.as_deref(), beta.conditions.len(), beta.is_used), (Some("Beta"), 1, false));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentDescription> {
        let mut documents: Vec<&Arc<Document>> = Vec::new();
        // A config has one document, or a few merged ones.
        for slot in self.slots() {
            if !documents.iter().any(|known| Arc::ptr_eq(known, &slot.document)) {
                documents.push(&slot.document);
            }
        }
        documents.into_iter().flat_map(|document| self.segments_of(document)).collect()
    }

    fn segments_of(&self, document: &Arc<Document>) -> Vec<SegmentDescription> {
        let slots = self.slots().filter(|slot| Arc::ptr_eq(&slot.document, document));
        let conditions = slots.flat_map(|slot| slot.setting.rules()).flatten();
        let conditions = conditions.filter_map(|rule| rule.conditions.as_deref().ok()).flatten().flatten();
        let used: BTreeSet<i64> = conditions
            .filter_map(|condition| match condition {
                Condition::Segment(segment) => Some(segment.index),
                Condition::User(_) | Condition::Prerequisite(_) => None,
            })
            .collect();
        let segments = (0_i64..).map_while(|index| Some((index, document.find_segment(index)?)));
        let described = segments.zip(0_usize..).map(|((index, segment), place)| {
            let faults = of_segment(document, segment);
            let faults = faults.into_iter().map(|fault| fault.at("s", place).rooted().into()).collect();
            describe::segment(document, place, segment, used.contains(&index), faults)
        });
        described.collect()
    }
}

/// Returns the faults of a setting, in the order of their places.
pub(crate) fn of_setting(config: &Config, slot: &Slot) -> Vec<EvaluationError> {
    let setting = &slot.setting;
    let mut faults = Vec::new();
    if let Some(targeting) = &setting.targeting {
        match &targeting.rules {
            Ok(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    let found = of_rule(config, slot, rule).into_iter();
                    faults.extend(found.map(|fault| fault.at("r", index)));
                }
            }
            Err(fault) => faults.push(fault.copy().within("r")),
        }
        match &targeting.options {
            Ok(options) => faults.extend(of_options(options)),
            Err(fault) => faults.push(fault.copy().within("p")),
        }
        if let Err(fault) = &targeting.attribute {
            faults.push(fault.copy().within("a"));
        }
    }
    faults.extend(setting.default.as_ref().err().map(Fault::copy));
    faults.into_iter().map(|fault| slot.place(fault).into()).collect()
}

fn of_rule(config: &Config, slot: &Slot, rule: &Checked<Rule>) -> Vec<Arc<Fault>> {
    let rule = match rule {
        Ok(rule) => rule,
        Err(fault) => return Vec::from([fault.copy()]),
    };
    let mut faults = Vec::new();
    match &rule.conditions {
        Ok(conditions) => {
            for (index, condition) in conditions.iter().enumerate() {
                let fault = of_condition(config, slot, condition);
                faults.extend(fault.map(|fault| fault.at("c", index)));
            }
        }
        Err(fault) => faults.push(fault.copy().within("c")),
    }
    match &rule.then {
        Then::Served(served) => {
            faults.extend(served.value.as_ref().err().map(|fault| fault.copy().within("s")))
        }
        Then::Options(options) => faults.extend(of_options(options)),
        Then::Invalid(invalid) => faults.push(invalid.fault.copy()),
    }
    faults
}

fn of_options(options: &[Checked<PercentageOption>]) -> impl Iterator<Item = Arc<Fault>> + '_ {
    options.iter().enumerate().filter_map(|(index, option)| {
        let fault = match option {
            Ok(option) => option.value.as_ref().err()?,
            Err(fault) => fault,
        };
        Some(fault.copy().at("p", index))
    })
}

/// Returns the fault of a condition, within the condition.
fn of_condition(config: &Config, slot: &Slot, condition: &Checked<Condition>) -> Option<Arc<Fault>> {
    let unknown = |code: i64| Fault::new(ErrorKind::UnknownComparator(code));
    match condition {
        Err(fault) => Some(fault.copy()),
        Ok(Condition::User(condition)) => {
            of_test(&slot.document, &condition.test).map(|fault| fault.within("u"))
        }
        Ok(Condition::Segment(condition)) => {
            let is_found = slot.document.find_segment(condition.index).is_some();
            let fault = match condition.negated {
                _ if !is_found => Fault::new(ErrorKind::SegmentNotFound(condition.index)),
                Err(code) => unknown(code),
                Ok(_) => return None,
            };
            Some(fault.within("s"))
        }
        Ok(Condition::Prerequisite(condition)) => {
            let fault = of_prerequisite(config, slot, condition);
            fault.or_else(|| condition.negated.err().map(unknown)).map(|fault| fault.within("p"))
        }
    }
}

fn of_prerequisite(config: &Config, slot: &Slot, condition: &PrerequisiteCondition) -> Option<Arc<Fault>> {
    let key = &condition.key;
    let Some(flag) = config.link(slot, condition) else {
        return Some(Fault::new(ErrorKind::PrerequisiteNotFound { key: key.as_ref().into() }));
    };
    // A flag without a type has a fault of its own.
    let kind = flag.setting.kind?;
    if condition.value.compared(kind).is_some() {
        return None;
    }
    let comparison_value = condition.value.only();
    Some(Fault::new(ErrorKind::PrerequisiteTypeMismatch { key: key.clone(), comparison_value }))
}
