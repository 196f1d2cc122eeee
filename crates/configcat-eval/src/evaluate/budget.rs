//! The limit of work for one evaluation.

use crate::error::{Checked, ErrorKind, Fault};

/// The rest of the work that one evaluation may do, or one call that evaluates all settings.
///
/// One unit is one byte that is compared: about a nanosecond for strings that are made slow to
/// search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// The units left; negative once the budget is used up.
    left: i64,
}

impl Default for Budget {
    #[inline]
    fn default() -> Self {
        Self { left: Self::LIMIT }
    }
}

impl Budget {
    /// The work of one evaluation, about 25 ms at worst (`tests/it/cost.rs`).
    // The most expensive condition that the dashboard can make, a list of 15,000 semantic versions
    // of 255 characters, takes a fifth of it. `tests/it/expensive.rs` checks the time of each kind
    // of work.
    pub(crate) const LIMIT: i64 = 20 << 20;
    /// The cost of each condition, with its part of the rule, and of each list of percentage
    /// options.
    // Two or three cache lines, which may have to come from memory.
    const STEP: u64 = 128;
    /// The cost of one of many items, in addition to its length.
    // Reading the position of an item, and starting a comparison.
    pub(crate) const ITEM: usize = 16;
    /// The cost of printing a number, a time or a list as a string, in addition to its length.
    // Printing the digits of a double takes as long as comparing some hundred bytes.
    const CONVERSION: u64 = 512;
    /// The cost of a byte that is hashed with SHA-1 or SHA-256.
    // For a processor without instructions for these hashes, the slowest case.
    const HASHED: u64 = 4;
    /// The cost of a byte that is parsed or printed.
    // Four times a comparison, which reads many bytes at once; parsing goes byte by byte.
    const PARSED: u64 = 4;
    /// The number of bytes that a hash adds to the message.
    // One block of 64 bytes, for the padding and the length (FIPS 180-4, 5.1).
    const HASH_END: u64 = 64;

    /// Counts a condition, or a list of percentage options.
    #[inline]
    pub(crate) fn step(&mut self) -> Checked<()> {
        self.count(Self::STEP);
        self.check()
    }

    /// Counts bytes that are compared.
    #[inline]
    pub(crate) fn compare(&mut self, length: usize) {
        self.count(length as u64);
    }

    /// Counts bytes that are compared in one of many rounds.
    #[inline]
    pub(crate) fn compare_next(&mut self, length: usize) -> Checked<()> {
        self.compare(length);
        self.check()
    }

    /// Counts a message that is hashed in one of many rounds.
    #[inline]
    pub(crate) fn hash(&mut self, length: usize) -> Checked<()> {
        self.count(Self::HASHED * (Self::HASH_END + length as u64));
        self.check()
    }

    /// Counts bytes that are parsed.
    #[inline]
    pub(crate) fn parse(&mut self, length: usize) {
        self.count(Self::PARSED * length as u64);
    }

    /// Counts a value that was converted to a string of that length.
    #[inline]
    pub(crate) fn convert(&mut self, length: usize) {
        self.count(Self::CONVERSION + Self::PARSED * length as u64);
    }

    /// Returns the work that was used. Once the budget is used up, it includes the last item in
    /// full.
    pub(crate) fn used(&self) -> u64 {
        Self::LIMIT.abs_diff(self.left)
    }

    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "no text has 2^63 bytes")]
    fn count(&mut self, work: u64) {
        // Each count is checked long before the number could wrap.
        self.left = self.left.wrapping_sub(work as i64);
    }

    #[inline]
    fn check(&self) -> Checked<()> {
        if self.left < 0 { Err(too_complex()) } else { Ok(()) }
    }
}

// Not inlined, so that the check in each condition stays one comparison and one jump.
#[cold]
#[inline(never)]
fn too_complex() -> alloc::sync::Arc<Fault> {
    Fault::new(ErrorKind::TooComplex)
}
