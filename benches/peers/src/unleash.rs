//! Unleash: the engine of its SDKs. `is_enabled` counts nothing, while its SDKs count each call.

use std::{collections::HashMap, hint::black_box};

use configcat_benches::{Group, KEY, Setting, Test, Workload};
use serde_json::{Value as Json, json};
use unleash_types::client_features::Context;
use unleash_yggdrasil::{EngineState, UpdateMessage};

/// An engine with a prepared context.
pub struct Unleash {
    engine: EngineState,
    context: Context,
    keys: Vec<String>,
}

impl Unleash {
    /// Creates an engine for a workload, if it supports the workload: it has no hashed comparisons.
    pub fn new(workload: &Workload) -> Option<Self> {
        let features: Option<Vec<Json>> = workload.settings.iter().map(feature).collect();
        let state = serde_json::from_value(json!({"version": 2, "features": features?})).ok()?;
        let engine = EngineState::default();
        if engine.take_state(UpdateMessage::FullResponse(state)).is_some() {
            return None; // warnings
        }
        let attributes = workload.attributes.clone().unwrap_or_default();
        let user_id = attributes.first().map(|(_, value)| value.clone());
        let properties = user_id.is_some().then(|| attributes.into_iter().skip(1).collect());
        let context = Context { user_id, properties, ..Context::default() };
        Some(Self {
            engine,
            context,
            keys: workload.settings.iter().map(|setting| setting.key.clone()).collect(),
        })
    }

    /// Evaluates the setting of the workload.
    pub fn get(&self) -> bool {
        self.engine.is_enabled(black_box(KEY), black_box(&self.context), &None)
    }

    /// Evaluates all settings. Not by `resolve_all`, which would also compute variants.
    pub fn all(&self) -> HashMap<String, bool> {
        let context = black_box(&self.context);
        self.keys.iter().map(|key| (key.clone(), self.engine.is_enabled(key, context, &None))).collect()
    }

    /// Measures one evaluation.
    pub fn single(&self, group: &mut Group<'_>) {
        group.bench_function("unleash", |bencher| bencher.iter(|| self.get()));
    }
}

/// Returns a feature that is on for the users of its strategies.
fn feature(setting: &Setting) -> Option<Json> {
    let rollout = |percentage: &str, constraints: Json| {
        let parameters = json!({"rollout": percentage, "stickiness": "userId", "groupId": setting.key});
        json!({"name": "flexibleRollout", "parameters": parameters, "constraints": constraints})
    };
    let mut strategies = Vec::new();
    for rule in &setting.rules {
        let (operator, values) = match &rule.test {
            Test::EndsWith(items) => ("STR_ENDS_WITH", items),
            Test::StartsWith(items) => ("STR_STARTS_WITH", items),
            Test::Contains(items) => ("STR_CONTAINS", items),
            Test::OneOf(items) => ("IN", items),
            Test::SemverLess(version) => {
                let constraint =
                    json!({"contextName": rule.attribute, "operator": "SEMVER_LT", "value": version});
                strategies.push(json!({"name": "default", "constraints": [constraint]}));
                continue;
            }
            Test::HashedOneOf(_) | Test::HashedStartsWith(_) => return None,
        };
        let name = if rule.attribute == "Identifier" { "userId" } else { &rule.attribute };
        let constraint = json!({"contextName": name, "operator": operator, "values": values});
        strategies.push(json!({"name": "default", "constraints": [constraint]}));
    }
    if setting.half {
        strategies.push(rollout("50", json!([])));
    }
    // A feature without strategies is on for all users, so a feature that is off for all users is
    // not enabled.
    let enabled = setting.default || !strategies.is_empty();
    Some(json!({"name": setting.key, "enabled": enabled, "strategies": strategies}))
}
