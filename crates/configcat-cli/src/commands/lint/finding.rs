//! A finding with its place in the text.

use std::ops::Range;

use configcat_analysis::Diagnostic;

/// A finding and the bytes that it is about.
pub(super) struct Finding {
    pub(super) diagnostic: Diagnostic,
    pub(super) range: Range<usize>,
}
