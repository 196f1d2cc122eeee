//! See `configcat_fuzz_targets::sdk_key_and_url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| configcat_fuzz_targets::sdk_key_and_url(data));
