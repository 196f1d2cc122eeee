//! LaunchDarkly: the evaluation crate of its server SDK, with flags looked up in a map and not
//! cloned.
//!
//! Its SDK clones the flag out of its store on each call. These measurements do not.

use std::{collections::HashMap, hint::black_box};

use configcat_benches::{Group, KEY, Setting, Test, Workload};
use launchdarkly_server_sdk_evaluation::{
    Context, ContextBuilder, Flag, FlagValue, Segment, Store, evaluate,
};
use serde_json::{Value as Json, json};

/// Flags with a prepared context.
pub struct LaunchDarkly {
    flags: Flags,
    context: Context,
}

struct Flags(HashMap<String, Flag>);

impl Store for Flags {
    fn flag(&self, key: &str) -> Option<Flag> {
        self.0.get(key).cloned()
    }

    fn segment(&self, _: &str) -> Option<Segment> {
        None
    }
}

impl LaunchDarkly {
    /// Creates the flags of a workload, if it supports the workload: it has no hashed comparisons.
    pub fn new(workload: &Workload) -> Option<Self> {
        let flags: Option<HashMap<_, _>> = workload
            .settings
            .iter()
            .map(|setting| Some((setting.key.clone(), serde_json::from_value(flag(setting)?).ok()?)))
            .collect();
        // There is no evaluation without a context.
        let attributes = workload.attributes.clone().unwrap_or_default();
        let mut builder = ContextBuilder::new(attributes.first().map_or("nobody", |(_, value)| value));
        for (name, value) in attributes.iter().skip(1) {
            builder.set_string(name, value);
        }
        Some(Self { flags: Flags(flags?), context: builder.build().ok()? })
    }

    fn value(&self, flag: &Flag) -> bool {
        let detail = evaluate(&self.flags, flag, black_box(&self.context), None);
        detail.value.and_then(FlagValue::as_bool).unwrap_or(false)
    }

    /// Evaluates the setting of the workload.
    pub fn get(&self) -> bool {
        self.flags.0.get(black_box(KEY)).is_some_and(|flag| self.value(flag))
    }

    /// Evaluates all settings.
    pub fn all(&self) -> HashMap<String, bool> {
        self.flags.0.iter().map(|(key, flag)| (key.clone(), self.value(flag))).collect()
    }

    /// Measures one evaluation.
    pub fn single(&self, group: &mut Group<'_>) {
        group.bench_function("launchdarkly", |bencher| bencher.iter(|| self.get()));
    }
}

/// Returns a flag with targets or clauses. Individual targets are the faster of its two ways to
/// list identifiers.
fn flag(setting: &Setting) -> Option<Json> {
    let (mut targets, mut rules) = (Vec::new(), Vec::new());
    for rule in &setting.rules {
        let (op, values) = match &rule.test {
            Test::OneOf(items) if rule.attribute == "Identifier" => {
                targets.push(json!({"values": items, "variation": 1}));
                continue;
            }
            Test::OneOf(items) => ("in", items.clone()),
            Test::EndsWith(items) => ("endsWith", items.clone()),
            Test::StartsWith(items) => ("startsWith", items.clone()),
            Test::Contains(items) => ("contains", items.clone()),
            Test::SemverLess(version) => ("semVerLessThan", vec![version.clone()]),
            Test::HashedOneOf(_) | Test::HashedStartsWith(_) => return None,
        };
        let clause = json!({"contextKind": "user", "attribute": rule.attribute, "op": op, "values": values});
        rules.push(json!({"id": "rule", "clauses": [clause], "variation": 1, "trackEvents": false}));
    }
    let half = json!({"rollout": {"contextKind": "user", "variations": [
        {"variation": 1, "weight": 50_000}, {"variation": 0, "weight": 50_000}]}});
    Some(json!({
        "key": setting.key, "version": 1, "on": true, "targets": targets, "contextTargets": [], "rules": rules,
        "prerequisites": [], "fallthrough": if setting.half { half } else { json!({"variation": usize::from(setting.default)}) },
        "offVariation": 0, "variations": [false, true], "salt": "salt", "clientSide": false,
    }))
}
