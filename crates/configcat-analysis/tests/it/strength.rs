//! The share of changes that get a witness.

use std::{env, time::Instant};

use configcat_analysis::{Witness, compare};
use configcat_eval::Config;

use crate::random_configs::{Random, change, config, user};

/// The users that a change is tried with by brute force.
const USERS: usize = 3_000;

/// At least 95 % of the changes that change something for one of many random users get a witness.
///
/// By hand, with the times of a release build: `CONFIGCAT_ANALYSIS_CHANGES=1000 cargo test
/// --release -p configcat-analysis --test it strength -- --nocapture`.
#[test]
fn nearly_every_change_that_matters_gets_a_witness() {
    let wanted = env::var("CONFIGCAT_ANALYSIS_CHANGES").map_or(60, |changes| changes.parse().unwrap());
    let random = &mut Random(7);
    let (mut changes, mut missed, mut times) = (0, Vec::new(), Vec::new());
    while changes < wanted {
        let document = config(random);
        let key = format!("flag{}", random.below(4));
        let changed = change(&document, &key, random);
        let [old, new] = [&document, &changed].map(|document| Config::parse(document.to_string()).unwrap());
        let differs = (0..USERS).any(|_| {
            let user = user(random);
            let value =
                |config: &Config| config.evaluate(&key, &user).ok().map(|found| found.value().clone());
            value(&old) != value(&new)
        });
        if !differs {
            continue;
        }
        changes += 1;
        let begin = Instant::now();
        let comparison = compare(&old, &new);
        times.push(begin.elapsed() / u32::try_from(comparison.changes.len()).unwrap());
        let found = comparison.changes.iter().find(|change| change.key == key).unwrap();
        assert_ne!(found.witness, Witness::Equal, "{document} {changed}");
        if !matches!(found.witness, Witness::User { .. }) {
            missed.push(format!("{key}: {}\n  {}", document["f"], changed["f"][&key]));
        }
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{} of {changes} missed; a flag took {:?}, and {:?} at 99 %", missed.len(), at(50), at(99));
    assert!(missed.len() * 20 <= changes, "{} of {changes} missed:\n{}", missed.len(), missed.join("\n"));
}
