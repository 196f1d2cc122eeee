//! A histogram of durations, of constant size.

use std::time::Duration;

/// The number of buckets for each power of two. With 16, a quantile is exact to 1/16, about 6 %.
const STEPS: u32 = 16;
const BITS: u32 = STEPS.trailing_zeros();

/// Counts of durations, in buckets.
pub(super) struct Histogram {
    counts: Vec<u64>,
    longest: Duration,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; (u64::BITS * STEPS) as usize], longest: Duration::ZERO }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
        }
        self.longest = self.longest.max(time);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.longest = self.longest.max(other.longest);
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the least duration of the bucket below or in which a share of `per_mille` lies.
    pub(super) fn quantile(&self, per_mille: u64) -> Duration {
        let wanted = (self.count() * per_mille).div_ceil(1000);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        Duration::from_nanos(bucket.map_or(0, lower_bound))
    }
}

/// Returns the bucket of a duration: exact below [`STEPS`]; above, by the power of two and the four
/// bits after the first.
fn bucket(nanos: u64) -> usize {
    let power = nanos.max(1).ilog2();
    let shift = power.saturating_sub(BITS);
    let bucket = u64::from(shift * STEPS) + (nanos >> shift);
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

fn lower_bound(bucket: usize) -> u64 {
    let (bucket, steps) = (bucket as u64, u64::from(STEPS));
    let shift = (bucket / steps).saturating_sub(1);
    (bucket - shift * steps) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_narrow() {
        let mut last = 0;
        for nanos in (0..10_000).chain([1 << 20, (1 << 40) + 1, u64::MAX]) {
            let bucket = bucket(nanos);
            assert!(bucket >= last, "{nanos}");
            last = bucket;
            let lower = lower_bound(bucket);
            assert!(lower <= nanos && nanos - lower <= nanos / 16, "{nanos} is in the bucket of {lower}");
        }
        assert!(last < Histogram::new().counts.len());
    }

    #[test]
    fn quantiles_are_those_of_what_was_added() {
        let (mut low, mut high) = (Histogram::new(), Histogram::new());
        (1..=990).for_each(|_| low.add(Duration::from_nanos(10)));
        (1..=10).for_each(|_| high.add(Duration::from_millis(3)));
        low.merge(&high);
        assert_eq!((low.count(), low.longest()), (1000, Duration::from_millis(3)));
        assert_eq!([500, 990].map(|share| low.quantile(share).as_nanos()), [10, 10]);
        let late = low.quantile(999);
        assert!(late <= Duration::from_millis(3) && late >= Duration::from_micros(2800), "{late:?}");
    }
}
