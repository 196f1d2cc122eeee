//! Evaluations: the floor, the evaluator alone, through a client, and of a typed flag.

use configcat::cache::BoxError;
use configcat_benches::{
    Ours, all_flags, criterion,
    observed::{OBSERVED, observed},
    requests, workloads,
};

fn main() -> Result<(), BoxError> {
    let mut criterion = criterion();
    for workload in workloads() {
        let ours = Ours::new(&workload)?;
        ours.value()?;
        let mut group = criterion.benchmark_group(&workload.id);
        ours.single(&mut group);
        group.finish();
        if OBSERVED.contains(&workload.id.as_str()) {
            observed(&mut criterion, &workload, |_, _| ())?;
        }
    }
    let workload = all_flags();
    let mut group = criterion.benchmark_group(&workload.id);
    Ours::new(&workload)?.all(&mut group);
    group.finish();
    let mut group = criterion.benchmark_group("request");
    requests(&mut group)?;
    group.finish();
    Ok(())
}
