//! Moments in time, without a clock.

use core::fmt;

/// A moment in time, in milliseconds since the Unix epoch: the value of a date-time attribute.
///
/// Comes from [`SystemTime`](https://doc.rust-lang.org/std/time/struct.SystemTime.html) with
/// feature `std`, and from the types of `jiff`, `chrono` and `time` with the features of these
/// names; what is finer than a millisecond is rounded down.
///
/// ```
/// use configcat_eval::DateTime;
///
/// let time = DateTime::from_unix_millis(1_693_497_600_000);
/// assert_eq!(time.to_string(), "2023-08-31T16:00:00.000Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    unix_millis: i64,
}

impl DateTime {
    /// Returns the moment that many milliseconds after (or before) 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix_millis(unix_millis: i64) -> Self {
        Self { unix_millis }
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.unix_millis
    }

    #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years around the epoch")]
    pub(crate) fn unix_seconds(self) -> f64 {
        self.unix_millis as f64 / 1000.0
    }

    /// Returns the moment of a comparison value; `None` outside of the range of JavaScript's dates.
    pub(crate) fn from_unix_seconds(seconds: f64) -> Option<Self> {
        // 100,000,000 days on both sides of the epoch (ECMA-262, TimeClip).
        const LIMIT_MILLIS: f64 = 8.64e15;
        let millis = seconds * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "in range, and JavaScript cuts fractions too")]
        (millis.abs() <= LIMIT_MILLIS).then_some(Self { unix_millis: millis as i64 })
    }
}

/// Prints ISO 8601 in UTC with milliseconds, as JavaScript's `toISOString` does.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY_MILLIS: i64 = 86_400_000;
        let (year, month, day) = civil_from_days(self.unix_millis.div_euclid(DAY_MILLIS));
        // Euclidean, so that times before 1970 have a positive time of day.
        let millis = self.unix_millis.rem_euclid(DAY_MILLIS);
        match year {
            // Other years have a sign and six digits (ECMA-262, expanded years).
            0..=9999 => write!(f, "{year:04}")?,
            _ => write!(f, "{year:+07}")?,
        }
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Returns the year, month and day of a day counted from the Unix epoch, in the proleptic Gregorian
/// calendar.
///
/// The years are counted from March, so that the leap day is the last of its year; an era has 400
/// years (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    const DAYS_TO_EPOCH: i64 = 719_468; // from 0000-03-01 to 1970-01-01
    let days = days + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::DateTime;
    use alloc::string::ToString;

    #[test]
    fn prints_iso_8601() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_693_497_600_000, "2023-08-31T16:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        ];
        for (millis, text) in table {
            assert_eq!(DateTime::from_unix_millis(millis).to_string(), text);
        }
    }

    #[test]
    fn from_seconds_within_the_span_of_javascript() {
        let millis = |seconds| DateTime::from_unix_seconds(seconds).map(DateTime::unix_millis);
        assert_eq!(millis(1.9999), Some(1999));
        assert_eq!(millis(-0.0005), Some(0));
        assert_eq!(millis(8.64e12), Some(8_640_000_000_000_000));
        assert_eq!(millis(8.640_000_000_001e12), None);
        assert_eq!(millis(f64::NAN), None);
        assert_eq!(millis(f64::INFINITY), None);
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        for millis in [i64::MIN, i64::MAX] {
            assert!(DateTime::from_unix_millis(millis).to_string().ends_with('Z'));
        }
    }
}
