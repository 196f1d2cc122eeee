//! Evaluations by this SDK and by others, with the same work in the same groups.

use configcat::cache::BoxError;
use configcat_benches::{
    Group, Ours, all_flags, criterion,
    observed::{OBSERVED, observed},
    workloads,
};
use configcat_peers::{eppo::Eppo, launchdarkly::LaunchDarkly, official::Official, unleash::Unleash};

fn main() -> Result<(), BoxError> {
    let mut criterion = criterion();
    for workload in workloads() {
        let ours = Ours::new(&workload)?;
        ours.value()?;
        let mut group = criterion.benchmark_group(&workload.id);
        ours.single(&mut group);
        let official = Official::new(&workload).ok_or("the official SDK is not ready")?;
        official.single(&mut group);
        Unleash::new(&workload).iter().for_each(|peer| peer.single(&mut group));
        LaunchDarkly::new(&workload).iter().for_each(|peer| peer.single(&mut group));
        Eppo::new(&workload).iter().for_each(|peer| peer.single(&mut group));
        group.finish();
        if OBSERVED.contains(&workload.id.as_str()) {
            observed(&mut criterion, &workload, |name, group| official.observed(name, group))?;
        }
    }
    let workload = all_flags();
    let mut group = criterion.benchmark_group(&workload.id);
    Ours::new(&workload)?.all(&mut group);
    Official::new(&workload).ok_or("the official SDK is not ready")?.all(&mut group);
    Unleash::new(&workload).iter().for_each(|peer| measure(&mut group, "unleash", || peer.all()));
    LaunchDarkly::new(&workload).iter().for_each(|peer| measure(&mut group, "launchdarkly", || peer.all()));
    Eppo::new(&workload).iter().for_each(|peer| measure(&mut group, "eppo", || peer.all()));
    group.finish();
    Ok(())
}

fn measure<T>(group: &mut Group<'_>, name: &str, run: impl Fn() -> T) {
    group.bench_function(name, |bencher| bencher.iter(&run));
}
