//! `Config::changes`, on random pairs of configs.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::env;

use configcat_fuzz_targets::{Counts, check_changes, pairs::Pair};

/// Pairs of a normal run: some seconds without optimization. `docs/maintaining.md` has the long
/// form.
const PAIRS: u64 = 2000;

#[test]
fn settings_that_are_not_listed_evaluate_alike() {
    let count = env::var("CONFIGCAT_PAIRS").map_or(PAIRS, |count| count.parse().unwrap());
    let mut sum = Counts::default();
    for number in 0..count {
        let counts = check_changes(&Pair::random(number));
        sum.changed += counts.changed;
        sum.differing += counts.differing;
        sum.unchanged += counts.unchanged;
        sum.unchanged_with_targeting += counts.unchanged_with_targeting;
    }
    println!("{count} pairs: {sum:?}");
    // Otherwise the pairs would not show a change that is missing.
    let pairs = usize::try_from(count).unwrap();
    assert!(sum.differing > pairs / 10 && sum.unchanged_with_targeting > pairs, "{sum:?}");
}
