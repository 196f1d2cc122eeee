//! The trace of an evaluation as JSON, which JavaScript reads with one call.

use std::fmt::{self, Display, Write};

use configcat_eval::{
    ConditionTrace, NestedTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace, Trace, Value,
};

pub(crate) fn to_json(trace: &Trace) -> String {
    let mut json = Json::default();
    json.object(|json| {
        json.text("key", trace.key());
        json.text("text", trace);
        json.list("warnings", trace.warnings(), |json, warning| {
            json.object(|json| {
                json.bare("id", warning.id());
                json.text("message", warning);
            });
        });
        json.list("hints", trace.hints(), |json, hint| json.string(hint));
        json.bare("isCut", trace.is_cut());
        json.setting(trace.evaluation());
    });
    json.0
}

/// JSON that is being written.
// `serde_json` would write it as well, with derived code of some 20 kB in the module.
#[derive(Default)]
struct Json(String);

impl Json {
    fn setting(&mut self, setting: &SettingTrace) {
        self.list("rules", &setting.rules, Self::rule);
        self.options(setting.options.as_ref());
    }

    fn rule(&mut self, rule: &RuleTrace) {
        self.object(|json| {
            json.list("conditions", &rule.conditions, Self::condition);
            json.bare("conditionCount", rule.condition_count);
            json.text("then", &rule.then);
            json.outcome(rule.outcome.as_ref());
            json.options(rule.options.as_ref());
        });
    }

    fn condition(&mut self, condition: &ConditionTrace) {
        self.object(|json| {
            json.text("text", &condition.text);
            json.outcome(condition.outcome.as_ref());
            match &condition.nested {
                Some(NestedTrace::Segment { name, conditions, outcome, .. }) => {
                    json.member("segment", |json| {
                        json.object(|json| {
                            json.text("name", name);
                            json.list("conditions", conditions, Self::condition);
                            json.outcome(outcome.as_ref());
                        });
                    })
                }
                Some(NestedTrace::Prerequisite { key, evaluation, value, .. }) => {
                    json.member("prerequisite", |json| {
                        json.object(|json| {
                            json.text("key", key);
                            json.setting(evaluation);
                            if let Some(value) = value {
                                json.value("value", value);
                            }
                        });
                    });
                }
                _ => {}
            }
        });
    }

    fn outcome(&mut self, outcome: Option<&OutcomeTrace>) {
        match outcome {
            Some(OutcomeTrace::Holds(holds)) => self.bare("holds", holds),
            Some(OutcomeTrace::CannotEvaluate(reason)) => self.text("cannotEvaluate", reason),
            None => {}
        }
    }

    fn options(&mut self, options: Option<&OptionsTrace>) {
        let Some(options) = options else { return };
        self.member("options", |json| {
            json.object(|json| match options {
                OptionsTrace::Skipped(reason) => json.text("cannotEvaluate", reason),
                OptionsTrace::Hashed { attribute, bucket, selected, .. } => {
                    json.text("attribute", attribute);
                    json.bare("bucket", bucket);
                    if let Some(selected) = selected {
                        json.bare("index", selected.index);
                        json.bare("percentage", selected.percentage);
                        json.text("value", &selected.value);
                    }
                }
                _ => {}
            });
        });
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Text(text) => self.text(name, text),
            other => self.bare(name, other),
        }
    }

    fn text(&mut self, name: &str, text: impl Display) {
        self.member(name, |json| json.string(text));
    }

    /// Writes a member whose value prints as JSON.
    fn bare(&mut self, name: &str, value: impl Display) {
        self.member(name, |json| json.print(value));
    }

    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.member(name, |json| {
            json.0.push('[');
            for item in items {
                json.separate();
                write(json, item);
            }
            json.0.push(']');
        });
    }

    fn member(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        self.separate();
        self.string(name);
        self.0.push(':');
        value(self);
    }

    fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.0.push('{');
        members(self);
        self.0.push('}');
    }

    /// Writes a comma, except before the first member or item.
    fn separate(&mut self) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
    }

    fn string(&mut self, text: impl Display) {
        self.0.push('"');
        // Writing to memory cannot fail.
        let _ = write!(Escaped(&mut self.0), "{text}");
        self.0.push('"');
    }

    fn print(&mut self, value: impl Display) {
        let _ = write!(self.0, "{value}");
    }
}

/// Escapes what is written to a string of JSON.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                '\0'..='\x1f' => write!(self.0, "\\u{:04x}", u32::from(character))?,
                _ => self.0.push(character),
            }
        }
        Ok(())
    }
}
