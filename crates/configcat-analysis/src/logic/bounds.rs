//! The values that several comparisons with `<`, `>` and so on leave.

use std::cmp::Ordering;

use super::test::Relation;

/// An interval, with single values taken out of it.
#[derive(Debug)]
pub(crate) struct Bounds<T> {
    low: Option<Bound<T>>,
    high: Option<Bound<T>>,
    excluded: Vec<T>,
}

#[derive(Debug)]
struct Bound<T> {
    value: T,
    is_open: bool,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { low: None, high: None, excluded: Vec::new() }
    }
}

impl<T: PartialOrd + Clone> Bounds<T> {
    pub(crate) fn add(&mut self, relation: Relation, value: &T) {
        match relation {
            Relation::Equal => {
                self.raise(value, false);
                self.lower(value, false);
            }
            // A point in an interval leaves the bounds as they are.
            Relation::NotEqual => self.excluded.push(value.clone()),
            Relation::Less => self.lower(value, true),
            Relation::LessOrEqual => self.lower(value, false),
            Relation::Greater => self.raise(value, true),
            Relation::GreaterOrEqual => self.raise(value, false),
        }
    }

    fn raise(&mut self, value: &T, is_open: bool) {
        // Of equal bounds the open one is narrower.
        let is_higher = |low: &Bound<T>| match value.partial_cmp(&low.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => is_open && !low.is_open,
            _ => false,
        };
        if self.low.as_ref().is_none_or(is_higher) {
            self.low = Some(Bound { value: value.clone(), is_open });
        }
    }

    fn lower(&mut self, value: &T, is_open: bool) {
        let is_lower = |high: &Bound<T>| match value.partial_cmp(&high.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => is_open && !high.is_open,
            _ => false,
        };
        if self.high.as_ref().is_none_or(is_lower) {
            self.high = Some(Bound { value: value.clone(), is_open });
        }
    }

    /// Returns whether there is neither a bound nor an excluded value.
    pub(crate) fn is_any(&self) -> bool {
        self.low.is_none() && self.high.is_none() && self.excluded.is_empty()
    }

    /// Returns whether no value is left.
    pub(crate) fn is_empty(&self) -> bool {
        // With one bound only there is always a value, apart from the ends of the range.
        let (Some(low), Some(high)) = (&self.low, &self.high) else { return false };
        match low.value.partial_cmp(&high.value) {
            Some(Ordering::Less) => false,
            Some(Ordering::Equal) => low.is_open || high.is_open || self.excluded.contains(&low.value),
            _ => true,
        }
    }

    /// Returns whether all values that are left stand in the relation to the given one.
    pub(crate) fn imply(&self, relation: Relation, value: &T) -> bool {
        let low = self.low.as_ref().and_then(|low| Some((low.value.partial_cmp(value)?, low.is_open)));
        let high = self.high.as_ref().and_then(|high| Some((high.value.partial_cmp(value)?, high.is_open)));
        use Ordering::{Equal, Greater, Less};
        // NaN is in no interval, and without any bound nothing is implied except by exclusion.
        let is_above = matches!(low, Some((Greater, _) | (Equal, true)));
        let is_below = matches!(high, Some((Less, _) | (Equal, true)));
        match relation {
            Relation::Less => is_below,
            Relation::LessOrEqual => is_below || matches!(high, Some((Equal, _))),
            Relation::Greater => is_above,
            Relation::GreaterOrEqual => is_above || matches!(low, Some((Equal, _))),
            Relation::Equal => matches!((low, high), (Some((Equal, false)), Some((Equal, false)))),
            Relation::NotEqual => is_below || is_above || self.excluded.contains(value),
        }
    }
}
