//! Other SDKs with the same workloads, each by its fastest public call.
//!
//! Configs and users are built before the measurement. A workload that an SDK does not support is
//! left out, not imitated.

pub mod eppo;
pub mod launchdarkly;
pub mod official;
pub mod unleash;

use configcat_benches::loading::{PARSERS, Parser};

/// Returns the measured parsers: those of this SDK, and the parser of the official SDK without its
/// later steps.
pub fn parsers() -> Vec<Parser> {
    let official = Parser {
        name: "official",
        load: |text| Ok(Box::new(serde_json::from_str::<::official::Config>(text)?)),
    };
    PARSERS.into_iter().chain([official]).collect()
}

#[cfg(test)]
mod tests {
    use configcat_benches::{all_flags, workloads};

    use super::*;

    #[test]
    fn peers_say_what_ours_says() {
        for workload in workloads().iter().filter(|workload| workload.id != "W3") {
            let expected = configcat_benches::Ours::new(workload).unwrap().value().unwrap();
            let eppo = eppo::Eppo::new(workload).map(|peer| peer.get());
            let launchdarkly = launchdarkly::LaunchDarkly::new(workload).map(|peer| peer.get());
            let unleash = unleash::Unleash::new(workload).map(|peer| peer.get());
            let official = official::Official::new(workload).map(|peer| peer.get_once());
            // The other SDKs have no hashed comparisons.
            let possible = (!workload.id.starts_with("W4b")).then_some(expected);
            for (peer, value) in [("eppo", eppo), ("launchdarkly", launchdarkly), ("unleash", unleash)] {
                assert_eq!(value, possible, "{peer} in {}", workload.id);
            }
            assert_eq!(official, Some(expected), "official in {}", workload.id);
        }
    }

    #[test]
    fn halves_are_about_half() {
        let workload = all_flags();
        let on = |count: usize| assert!((550..700).contains(&count), "{count} of 1,000 are on");
        on(eppo::Eppo::new(&workload).unwrap().all().values().filter(|on| **on).count());
        on(launchdarkly::LaunchDarkly::new(&workload).unwrap().all().values().filter(|on| **on).count());
        on(unleash::Unleash::new(&workload).unwrap().all().values().filter(|on| **on).count());
    }
}
