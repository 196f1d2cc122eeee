//! See `configcat_fuzz_targets::analysis`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| configcat_fuzz_targets::analysis(data));
