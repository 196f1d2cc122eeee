//! Single evaluations: the floor, the evaluator alone, and through a client.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;

use configcat::{Client, OverrideBehaviour, OverrideSource};
use configcat_benches::{Floor, workloads};
use configcat_eval::Config;
use criterion::{Criterion, criterion_group, criterion_main};

struct Document(std::sync::Arc<Config>);

impl OverrideSource for Document {
    fn load(&self) -> Result<Option<std::sync::Arc<Config>>, configcat::BoxError> {
        Ok(Some(self.0.clone()))
    }
}

fn evaluate(criterion: &mut Criterion) {
    for workload in workloads() {
        let mut group = criterion.benchmark_group(workload.name);
        let (key, user) = (workload.key, workload.user.as_ref());
        let Ok(config) = Config::parse(&workload.json) else { continue };
        let config = std::sync::Arc::new(config);
        if let Some(floor) = Floor::new(&workload.json, user) {
            group.bench_function("floor", |bencher| bencher.iter(|| floor.get(black_box(key), false)));
        }
        group.bench_function("eval", |bencher| {
            bencher.iter(|| {
                let evaluation = config.evaluate(black_box(key), black_box(user));
                evaluation.ok().and_then(|evaluation| evaluation.value().as_bool()).unwrap_or(false)
            });
        });
        let client =
            Client::builder("local").overrides(OverrideBehaviour::LocalOnly, Document(config.clone()));
        if let Ok(client) = client.build() {
            group.bench_function("client", |bencher| {
                bencher.iter(|| client.get_value(black_box(key), false, black_box(user)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
