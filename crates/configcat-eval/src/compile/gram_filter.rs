//! A filter that shows which strings cannot be in an attribute.

/// A Bloom filter of the groups of four bytes in an attribute: it never rules out a group that is
/// there.
pub(super) struct GramFilter([u64; WORDS]);

// 2 KiB, which fits on the stack and into the first-level cache.
const WORDS: usize = 256;
// Shorter groups occur in nearly every text, longer ones would leave out short strings.
const LENGTH: usize = 4;

impl GramFilter {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut words = [0; WORDS];
        for gram in text.windows(LENGTH) {
            let (word, bit) = place(gram);
            if let Some(word) = words.get_mut(word) {
                *word |= bit;
            }
        }
        Self(words)
    }

    /// Returns whether a string may be in the attribute: whether the filter has the string's first,
    /// middle and last group.
    pub(super) fn may_have(&self, text: &[u8]) -> bool {
        let Some(last) = text.len().checked_sub(LENGTH) else { return true };
        [0, last / 2, last].into_iter().all(|start| {
            let (word, bit) = place(text.get(start..start + LENGTH).unwrap_or_default());
            self.0.get(word).is_some_and(|word| word & bit != 0)
        })
    }
}

/// Returns the word and the bit of a group.
fn place(gram: &[u8]) -> (usize, u64) {
    // The golden ratio spreads groups that are alike (Knuth, The Art of Computer Programming,
    // volume 3, 6.4).
    let number = gram.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    let hash = number.wrapping_mul(0x9e37_79b9) >> 18;
    ((hash / u64::BITS) as usize % WORDS, 1 << (hash % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::GramFilter;

    #[test]
    fn no_part_of_a_text_is_ruled_out() {
        let text = "The quick brown fox, über die Hecke 𝄞.".as_bytes();
        let grams = GramFilter::new(text);
        for start in 0..text.len() {
            for end in start..=text.len() {
                assert!(grams.may_have(&text[start..end]), "{start}..{end}");
            }
        }
        let others = ["quick red fox", "slow", "The fox", "𝄞 and more", "fox, über die Hecken"];
        assert!(others.iter().all(|other| !grams.may_have(other.as_bytes())));
        assert!(["", "xyz"].iter().all(|short| grams.may_have(short.as_bytes())), "too short to tell");
        assert!(!GramFilter::new(b"abc").may_have(b"abcd"));
    }
}
