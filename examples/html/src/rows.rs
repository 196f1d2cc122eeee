//! The rows of a list, up to a limit of bytes.

use maud::{Markup, html};

/// The bytes of the rows that are shown. 2,000 flags with a usual address take 2 MB; each row
/// repeats the address, so that one of 8 KiB would make it 50 MB.
const MAX_BYTES: usize = 4 << 20;

/// Rows in their order. Those beyond the limit are counted only.
#[derive(Default)]
pub(crate) struct Rows {
    shown: Vec<Markup>,
    bytes: usize,
    count: usize,
}

impl Rows {
    /// Adds a row. Makes it only if there is room.
    pub(crate) fn push(&mut self, row: impl FnOnce() -> Markup) {
        self.count += 1;
        if self.bytes < MAX_BYTES {
            let row = row();
            self.bytes += row.0.len();
            self.shown.push(row);
        }
    }

    /// Returns the rows that there is room for.
    pub(crate) fn shown(&self) -> &[Markup] {
        &self.shown
    }

    /// Returns the number of all rows.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns the number of the rows that there is no room for.
    pub(crate) fn left_out(&self) -> usize {
        self.count - self.shown.len()
    }
}

/// Says how many rows are left out, and where they are.
pub(crate) fn left_out(count: usize, hint: &str) -> Markup {
    html! {
        @if count > 0 {
            p.warning { (count) " more flags are left out, since the page would be too large. " (hint) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, Rows};
    use maud::PreEscaped;

    #[test]
    fn rows_beyond_the_limit_are_counted_and_not_made() {
        let mut rows = Rows::default();
        for _ in 0..5 {
            rows.push(|| PreEscaped("x".repeat(MAX_BYTES / 2)));
        }
        rows.push(|| unreachable!("there is no room"));
        assert_eq!((rows.shown().len(), rows.count(), rows.left_out()), (2, 6, 4));
    }
}
