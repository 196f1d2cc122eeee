//! The hashes of the service: SHA-1 for percentages, salted SHA-256 for confidential comparison values.

use core::fmt::{self, Write};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::attribute::AttributeValue;

/// A SHA-256 as bytes.
pub(crate) type Digest = [u8; 32];

/// Where a user falls among a setting's percentages: 0 to 99, the same in every SDK.
///
/// The first 7 hex digits of SHA-1 over the key and the attribute as text, modulo 100.
pub(crate) fn percentage_bucket(key: &str, attribute: &AttributeValue) -> u32 {
    let mut hasher = Sha1::new_with_prefix(key);
    match attribute {
        AttributeValue::Text(text) => hasher.update(text),
        // Hashing cannot fail.
        other => drop(write!(Hashing(&mut hasher), "{other}")),
    }
    let [a, b, c, d, ..] = <[u8; 20]>::from(hasher.finalize());
    (u32::from_be_bytes([a, b, c, d]) >> 4) % 100
}

/// Hashes what is written to it.
struct Hashing<'h>(&'h mut Sha1);

impl Write for Hashing<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// The hash that stands for `value` in a confidential comparison; `salt` is that of the config followed by
/// that of the context.
pub(crate) fn salted(value: &[u8], salt: &str) -> Digest {
    Sha256::new_with_prefix(value).chain_update(salt).finalize().into()
}

/// The hash that stands for `value` in a confidential comparison of versions 4 and 5.
pub(crate) fn unsalted(value: &str) -> [u8; 20] {
    Sha1::digest(value).into()
}

/// The bytes of `N` lower-case pairs of hex digits.
pub(crate) fn from_hex<const N: usize>(hex: &str) -> Option<[u8; N]> {
    if hex.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |high, hex| Some(high << 4 | digit(*hex)?))?;
    }
    Some(bytes)
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{from_hex, percentage_bucket, salted, unsalted};

    #[test]
    fn buckets_are_those_of_every_sdk() {
        // SHA-1 of "abc" begins with a9993e3.
        assert_eq!(percentage_bucket("a", &"bc".into()), 0xa99_93e3 % 100);
        assert_eq!(percentage_bucket("abc", &"".into()), 0xa99_93e3 % 100);
        assert_eq!(percentage_bucket("abc", &12.into()), percentage_bucket("abc", &"12".into()));
        assert_eq!(percentage_bucket("abc", &["x"].into()), percentage_bucket("abc", &"[\"x\"]".into()));
    }

    #[test]
    fn hashes() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Some(salted(b"a", "bc")), from_hex(abc));
        assert_eq!(Some(unsalted("abc")), from_hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
    }

    #[test]
    fn hex_is_lower_case_and_of_the_right_length() {
        assert_eq!(from_hex("00ff"), Some([0, 255]));
        for hex in ["00FF", "00f", "00ff0", "00ff00", "00fg", "é0f"] {
            assert_eq!(from_hex::<2>(hex), None, "{hex}");
        }
    }
}
