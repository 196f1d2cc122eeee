//! The hashes of the service: SHA-1 for percentages, salted SHA-256 for confidential comparison
//! values.
//!
//! Nearly all messages fit one or two blocks. Such a message is laid out on the stack and
//! compressed at once, which saves feeding a hasher part by part.

use core::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Returns the hash of a string for a table.
// Of the bytes alone, without the end mark that Rust adds for strings within larger values: all
// keys are whole strings.
#[inline]
pub(crate) fn table_hash(hasher: &RandomState, text: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// A SHA-256 as the words in which it is computed.
// Words are compared and moved faster than bytes.
pub(crate) type Digest = [u32; 8];

/// The salt of confidential comparison values: the salt of the document, then the name of the
/// context, which is the key of the setting or the name of the segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Salt<'s> {
    pub(crate) document: &'s str,
    pub(crate) context: &'s str,
}

impl Salt<'_> {
    /// Returns the number of bytes that the salt adds to a message.
    pub(crate) fn len(self) -> usize {
        self.document.len() + self.context.len()
    }

    /// Returns whether both are the same strings at the same addresses.
    pub(crate) fn is(self, other: Self) -> bool {
        core::ptr::eq(self.document, other.document) && core::ptr::eq(self.context, other.context)
    }
}

/// Returns the place of a user among the percentages of a setting: 0 to 99, the same in every SDK.
///
/// The first 7 hex digits of SHA-1 over the key and the attribute as text, modulo 100.
// A call of its own costs 14 instructions of some 1,800.
#[inline(always)]
pub(crate) fn percentage_bucket(key: &str, attribute: &str) -> u32 {
    let parts = [key.as_bytes(), attribute.as_bytes()];
    let scratch = &mut { SCRATCH };
    let start = match lay_out(scratch, parts) {
        Some(blocks) => {
            // FIPS 180-4, 5.3.1.
            let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
            sha1::block_api::compress(&mut state, blocks);
            let [start, ..] = state;
            start
        }
        None => {
            let mut hasher = Sha1::new();
            parts.into_iter().for_each(|part| hasher.update(part));
            let [start] = words(&hasher.finalize());
            start
        }
    };
    (start >> 4) % 100
}

/// Returns the hash of `value` in a confidential comparison.
#[inline]
pub(crate) fn salted(value: &[u8], salt: Salt<'_>) -> Digest {
    let parts = [value, salt.document.as_bytes(), salt.context.as_bytes()];
    let scratch = &mut { SCRATCH };
    let Some(blocks) = lay_out(scratch, parts) else {
        let mut hasher = Sha256::new();
        parts.into_iter().for_each(|part| hasher.update(part));
        return words(&hasher.finalize());
    };
    // FIPS 180-4, 5.3.3.
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    sha2::block_api::compress256(&mut state, blocks);
    state
}

/// The length of a block of SHA-1 and SHA-256 (FIPS 180-4, 1).
const BLOCK: usize = 64;
/// Scratch space for a message of one or two blocks.
// Two blocks hold 119 bytes of message: nearly all attributes with salt and key. The space is
// filled in place, since it is large to move.
const SCRATCH: [[u8; BLOCK]; 2] = [[0; BLOCK]; 2];

/// Lays out the parts as one message, padded as SHA-1 and SHA-256 require (FIPS 180-4, 5.1.1);
/// `None` if it is too long.
#[inline]
fn lay_out<'b, const N: usize>(
    scratch: &'b mut [[u8; BLOCK]; 2],
    parts: [&[u8]; N],
) -> Option<&'b [[u8; BLOCK]]> {
    let bytes = scratch.as_flattened_mut();
    let mut length = 0;
    for part in parts {
        let end = length + part.len();
        bytes.get_mut(length..end)?.copy_from_slice(part);
        length = end;
    }
    let bits = (8 * length as u64).to_be_bytes();
    let count = if length < BLOCK - bits.len() { 1 } else { 2 };
    let end = count * BLOCK;
    let length_field = bytes.get_mut(end - bits.len()..end).filter(|_| length < end - bits.len())?;
    length_field.copy_from_slice(&bits);
    *bytes.get_mut(length)? = 0x80;
    scratch.get(..count)
}

/// Returns the hash of `value` in a confidential comparison of versions 4 and 5.
pub(crate) fn unsalted(value: &str) -> [u32; 5] {
    words(&Sha1::digest(value))
}

/// Returns the first words of a hash.
fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |high, byte| high << 8 | u32::from(*byte));
    }
    words
}

/// Returns the words of a hash that is written as lower-case hex digits.
// Upper-case digits are not a hash: all SDKs compare the text of hashes.
pub(crate) fn from_hex<const N: usize>(hex: &str) -> Option<[u32; N]> {
    if hex.len() != 8 * N {
        return None;
    }
    let mut words = [0; N];
    for (word, hex) in words.iter_mut().zip(hex.as_bytes().chunks_exact(8)) {
        *word = hex.iter().try_fold(0, |high, hex| Some(high << 4 | digit(*hex)?))?;
    }
    Some(words)
}

fn digit(hex: u8) -> Option<u32> {
    match hex {
        b'0'..=b'9' => Some(u32::from(hex - b'0')),
        b'a'..=b'f' => Some(u32::from(hex - b'a') + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Salt, from_hex, percentage_bucket, salted, unsalted, words};
    use alloc::string::String;
    use sha1::{Digest as _, Sha1};
    use sha2::Sha256;

    #[test]
    fn buckets_are_those_of_every_sdk() {
        // SHA-1 of "abc" begins with a9993e3.
        assert_eq!(percentage_bucket("a", "bc"), 0xa99_93e3 % 100);
        assert_eq!(percentage_bucket("abc", ""), 0xa99_93e3 % 100);
    }

    #[test]
    fn hashes_are_sha_256_and_sha_1() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Some(salted(b"a", Salt { document: "b", context: "c" })), from_hex(abc));
        assert_eq!(Some(unsalted("abc")), from_hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
    }

    #[test]
    fn messages_of_every_length_are_hashed() {
        for length in 0..=255_u8 {
            let text: String = (0..length).map(|n| char::from(b'a' + n % 23)).collect();
            let (value, rest) = text.split_at(text.len() / 3);
            let (document, context) = rest.split_at(rest.len() / 2);
            let expected = words(&Sha256::digest(&text));
            assert_eq!(salted(value.as_bytes(), Salt { document, context }), expected, "{length}");
            let [start] = words(&Sha1::digest(&text));
            assert_eq!(percentage_bucket(value, rest), (start >> 4) % 100, "{length}");
        }
    }

    #[test]
    fn hex_is_lower_case_and_of_the_right_length() {
        assert_eq!(from_hex("000000fffedcba98"), Some([0xff, 0xfedc_ba98]));
        for hex in ["000000FF", "000000f", "000000ff0", "000000ff000000ff", "000000fg", "éé000f"] {
            assert_eq!(from_hex::<1>(hex), None, "{hex}");
        }
    }
}
