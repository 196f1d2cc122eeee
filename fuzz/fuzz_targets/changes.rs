//! See `configcat_fuzz_targets::changes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| configcat_fuzz_targets::changes(data));
