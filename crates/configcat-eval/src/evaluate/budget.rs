//! What one evaluation may cost.

use crate::error::{Checked, ErrorKind, Fault};

/// What is left of the work that one evaluation may do, or one call that evaluates all settings.
///
/// A unit of it is a byte that is compared, which takes a nanosecond or so where texts are made to be slow to search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Negative once it is used up.
    left: i64,
}

impl Default for Budget {
    #[inline]
    fn default() -> Self {
        Self { left: Self::LIMIT }
    }
}

impl Budget {
    /// How much work there may be: some 25 ms at worst. What takes most among the largest conditions of the dashboard, a
    /// list of 15,000 semantic versions of 255 characters, takes a fifth of it.
    pub(crate) const LIMIT: i64 = 20 << 20;
    /// What each condition costs, with its part of the rule, and each list of percentage options: two or three cache
    /// lines, which may be cold.
    const STEP: u64 = 128;
    /// What one of many items that are looked at in a row costs, beside its length.
    pub(crate) const ITEM: usize = 16;
    /// What it costs to print a number, a time or a list as text, beside its length.
    const CONVERSION: u64 = 512;
    /// What a byte costs that is hashed by SHA-1 or SHA-256, without instructions for that.
    const HASHED: u64 = 4;
    /// What a byte costs that is parsed, or printed.
    const PARSED: u64 = 4;
    /// How many bytes a hash takes beside the message: the block that holds its length.
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

    /// Counts something that was converted to text of that length.
    #[inline]
    pub(crate) fn convert(&mut self, length: usize) {
        self.count(Self::CONVERSION + Self::PARSED * length as u64);
    }

    /// How much was used; more than there was, by its last item, if it is used up.
    pub(crate) fn used(&self) -> u64 {
        Self::LIMIT.abs_diff(self.left)
    }

    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "no text has 2^63 bytes")]
    fn count(&mut self, work: u64) {
        // It is checked long before it could wrap.
        self.left = self.left.wrapping_sub(work as i64);
    }

    #[inline]
    fn check(&self) -> Checked<()> {
        if self.left < 0 { Err(too_complex()) } else { Ok(()) }
    }
}

#[cold]
#[inline(never)]
fn too_complex() -> alloc::sync::Arc<Fault> {
    Fault::new(ErrorKind::TooComplex)
}
