//! See `configcat_fuzz_targets::cache_entry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| configcat_fuzz_targets::cache_entry(data));
