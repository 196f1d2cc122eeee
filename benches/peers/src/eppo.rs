//! Eppo: the evaluator of the core crate of its SDKs, without events, which it creates only if
//! logging is requested.

use std::{collections::HashMap, hint::black_box, sync::Arc};

use configcat_benches::{Group, KEY, Setting, Test, Workload};
use eppo_core::{
    Attributes, Configuration, SdkMetadata, Str,
    configuration_store::ConfigurationStore,
    eval::{Evaluator, EvaluatorConfig},
    ufc::{UniversalFlagConfig, VariationType},
};
use serde_json::{Value as Json, json};

const METADATA: SdkMetadata = SdkMetadata { name: "benchmark", version: "1.0.0" };

/// An evaluator with a prepared subject.
pub struct Eppo {
    evaluator: Evaluator,
    subject: Str,
    attributes: Arc<Attributes>,
    keys: Vec<String>,
}

impl Eppo {
    /// Creates an evaluator for a workload, if it supports the workload: it has no hashed
    /// comparisons, and uses regular expressions for parts of texts.
    pub fn new(workload: &Workload) -> Option<Self> {
        let flags: Option<serde_json::Map<_, _>> =
            workload.settings.iter().map(|setting| Some((setting.key.clone(), flag(setting)?))).collect();
        let config = json!({
            "createdAt": "2025-01-01T00:00:00Z", "format": "SERVER", "environment": {"name": "Test"}, "flags": flags?,
        });
        let config = UniversalFlagConfig::from_json(METADATA, config.to_string().into_bytes()).ok()?;
        let store = ConfigurationStore::new();
        store.set_configuration(Arc::new(Configuration::from_server_response(config, None)));
        let evaluator =
            Evaluator::new(EvaluatorConfig { configuration_store: Arc::new(store), sdk_metadata: METADATA });
        let attributes = workload.attributes.clone().unwrap_or_default();
        let subject = Str::from(attributes.first().map_or("nobody", |(_, value)| value.as_str()));
        let known = attributes.iter().skip(1);
        let known = known.map(|(name, value)| (Str::from(name.as_str()), value.as_str().into())).collect();
        let keys = workload.settings.iter().map(|setting| setting.key.clone()).collect();
        Some(Self { evaluator, subject, attributes: Arc::new(known), keys })
    }

    fn value(&self, key: &str) -> bool {
        let (subject, attributes) = (black_box(&self.subject), black_box(&self.attributes));
        let result = self.evaluator.get_assignment(key, subject, attributes, Some(VariationType::Boolean));
        result.ok().flatten().and_then(|assignment| assignment.value.as_boolean()).unwrap_or(false)
    }

    /// Evaluates the setting of the workload.
    pub fn get(&self) -> bool {
        self.value(black_box(KEY))
    }

    /// Evaluates all settings.
    pub fn all(&self) -> HashMap<String, bool> {
        self.keys.iter().map(|key| (key.clone(), self.value(key))).collect()
    }

    /// Measures one evaluation.
    pub fn single(&self, group: &mut Group<'_>) {
        group.bench_function("eppo", |bencher| bencher.iter(|| self.get()));
    }
}

/// Returns a flag with an allocation for each rule, and one for all other users.
fn flag(setting: &Setting) -> Option<Json> {
    let split = |variation: &str, shards: Json| json!({"variationKey": variation, "shards": shards});
    let allocation =
        |rules: Json, splits: Json| json!({"key": "a", "rules": rules, "splits": splits, "doLog": false});
    let mut allocations = Vec::new();
    for rule in &setting.rules {
        let (operator, value) = match &rule.test {
            Test::OneOf(items) => ("ONE_OF", json!(items)),
            Test::EndsWith(items) => ("MATCHES", json!(format!("(?:{})$", escaped(items)))),
            Test::StartsWith(items) => ("MATCHES", json!(format!("^(?:{})", escaped(items)))),
            Test::Contains(items) => ("MATCHES", json!(escaped(items))),
            Test::SemverLess(version) => ("LT", json!(version)),
            Test::HashedOneOf(_) | Test::HashedStartsWith(_) => return None,
        };
        let name = if rule.attribute == "Identifier" { "id" } else { &rule.attribute };
        let condition = json!({"attribute": name, "operator": operator, "value": value});
        allocations.push(allocation(json!([{"conditions": [condition]}]), json!([split("on", json!([]))])));
    }
    let range =
        |start: u32| json!([{"salt": setting.key, "ranges": [{"start": start, "end": start + 5000}]}]);
    let rest = if setting.half {
        json!([split("on", range(0)), split("off", range(5000))])
    } else {
        json!([split(if setting.default { "on" } else { "off" }, json!([]))])
    };
    allocations.push(allocation(json!([]), rest));
    Some(json!({
        "key": setting.key, "enabled": true, "variationType": "BOOLEAN", "totalShards": 10_000,
        "variations": {"on": {"key": "on", "value": true}, "off": {"key": "off", "value": false}},
        "allocations": allocations,
    }))
}

/// Returns a regular expression for any of these texts.
fn escaped(items: &[String]) -> String {
    items.iter().map(|item| item.replace('.', "\\.")).collect::<Vec<_>>().join("|")
}
