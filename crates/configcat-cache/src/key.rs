//! Cache key, the same in all ConfigCat SDKs.

use sha1::{Digest, Sha1};

/// Text after the SDK key in the hash: name of the config file, and version of the entry format.
// Any other text would give keys that no other SDK finds.
const DOCUMENT: &str = "_config_v6.json_v2";

/// Returns the cache key of an SDK key: 40 lower-case hexadecimal digits, the same in every
/// official SDK.
///
/// The cache key is the SHA-1 of `{sdk key}_config_v6.json_v2`. It does not reveal the SDK key, so
/// it may be logged.
///
/// # Examples
///
/// ```
/// let key = configcat_cache::cache_key("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012");
/// assert_eq!(key, "f83ba5d45bceb4bb704410f51b704fb6dfa19942");
/// ```
#[must_use]
pub fn cache_key(sdk_key: &str) -> String {
    let digest = Sha1::new().chain_update(sdk_key).chain_update(DOCUMENT).finalize();
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::cache_key;

    #[test]
    fn keys_are_those_of_the_other_sdks() {
        for (sdk_key, key) in [
            (
                "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012",
                "f83ba5d45bceb4bb704410f51b704fb6dfa19942",
            ),
            (
                "configcat-sdk-1/TEST_KEY2-123456789012/1234567890123456789012",
                "da7bfd8662209c8ed3f9db96daed4f8d91ba5876",
            ),
            ("", "2de9cdb17778845a4d38fa947093b264afd45ce6"),
            ("kulcs-ő", "2d2d0e0138d16d0d3467fe51225f39d924cb42d8"),
        ] {
            assert_eq!(cache_key(sdk_key), key, "{sdk_key}");
        }
    }
}
