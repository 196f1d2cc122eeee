//! See `configcat_fuzz_targets::json_flags`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| configcat_fuzz_targets::json_flags(data));
