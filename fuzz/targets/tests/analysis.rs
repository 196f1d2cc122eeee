//! Checks the claims of `configcat-analysis` on random pairs of configs.

use std::env;

use configcat_fuzz_targets::analysis;

/// The pairs in each run of the tests. More of them by hand: `CONFIGCAT_ANALYSIS_PAIRS=100000 cargo
/// test --release -p configcat-fuzz-targets --test analysis`.
const PAIRS: u64 = 400;

#[test]
fn claims_hold_for_random_configs_and_users() {
    let pairs = env::var("CONFIGCAT_ANALYSIS_PAIRS").map_or(PAIRS, |pairs| pairs.parse().unwrap_or(PAIRS));
    for number in 0..pairs {
        analysis(&input(number));
    }
}

/// Returns input number `number`: bytes of SplitMix64, of which a fraction is small so that
/// documents are of different sizes.
fn input(number: u64) -> Vec<u8> {
    let mut state = number;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    };
    let length = 64 + next() % 1500;
    (0..length).map(|_| next().to_le_bytes()[0]).collect()
}
