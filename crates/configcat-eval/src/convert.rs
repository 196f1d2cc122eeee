//! Date-times of `std`, `chrono`, `jiff` and `time` as user attributes, each behind the feature of
//! its name.
//!
//! A [`DateTime`] counts milliseconds. Finer moments are rounded down, also before the epoch;
//! moments outside its 292 million years become the nearest one in range.

use crate::time::DateTime;

/// Implements the conversion to attribute values, too, for types that convert to [`DateTime`].
macro_rules! attribute_from {
    ($($time:ty $(where $zone:ident: $bound:path)?),*) => {$(
        /// The same moment as a [`DateTime`](crate::DateTime).
        impl $(<$zone: $bound>)? From<$time> for crate::AttributeValue {
            fn from(time: $time) -> Self {
                Self::DateTime(time.into())
            }
        }
    )*};
}

/// Returns the moment that many nanoseconds after (or before) the epoch.
fn from_unix_nanos(nanos: i128) -> DateTime {
    let millis = nanos.div_euclid(1_000_000);
    // Saturating, since a rule compares the order of moments only.
    let nearest = if millis < 0 { i64::MIN } else { i64::MAX };
    DateTime::from_unix_millis(i64::try_from(millis).unwrap_or(nearest))
}

#[cfg(feature = "std")]
mod std_time {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::from_unix_nanos;
    use crate::time::DateTime;

    /// Rounds down to the millisecond.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use configcat_eval::{DateTime, User};
    ///
    /// let release = SystemTime::UNIX_EPOCH + Duration::from_micros(1_693_497_600_000_999);
    /// assert_eq!(DateTime::from(release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("LastSeen", SystemTime::now());
    /// ```
    impl From<SystemTime> for DateTime {
        fn from(time: SystemTime) -> Self {
            // No `Duration` has more nanoseconds than fit: 2^64 seconds have less than 2^94.
            let signed = |nanos: u128| i128::try_from(nanos).unwrap_or(i128::MAX);
            from_unix_nanos(match time.duration_since(UNIX_EPOCH) {
                Ok(after) => signed(after.as_nanos()),
                Err(before) => -signed(before.duration().as_nanos()),
            })
        }
    }

    attribute_from!(SystemTime);

    #[cfg(test)]
    mod tests {
        use crate::{attribute::AttributeValue, time::DateTime};
        use core::time::Duration;
        use std::time::{SystemTime, UNIX_EPOCH};

        #[test]
        fn rounds_down_on_both_sides_of_the_epoch() {
            let table =
                [(0, 0), (999_999, 0), (1_000_000, 1), (1_693_497_600_000_999_999, 1_693_497_600_000)];
            for (nanos, millis) in table {
                let time = UNIX_EPOCH + Duration::from_nanos(nanos);
                assert_eq!(DateTime::from(time), DateTime::from_unix_millis(millis), "{nanos}");
            }
            // In steps of 100 ns, as Windows counts.
            let table = [(100, -1), (1_000_000, -1), (1_000_100, -2), (86_400_000_000_000, -86_400_000)];
            for (nanos, millis) in table {
                let time = UNIX_EPOCH - Duration::from_nanos(nanos);
                assert_eq!(DateTime::from(time), DateTime::from_unix_millis(millis), "-{nanos}");
            }
        }

        #[test]
        fn far_away_is_the_last_moment() {
            let farthest = |step: fn(&SystemTime, Duration) -> Option<SystemTime>| {
                (0..64).rev().fold(UNIX_EPOCH, |time, power| {
                    step(&time, Duration::from_secs(1 << power)).unwrap_or(time)
                })
            };
            // Where the platform's times end earlier, conversion is exact.
            let last = DateTime::from(farthest(SystemTime::checked_add)).unix_millis();
            let first = DateTime::from(farthest(SystemTime::checked_sub)).unix_millis();
            if cfg!(target_os = "linux") {
                assert_eq!((first, last), (i64::MIN, i64::MAX));
            }
            assert!(first < 0 && last > 0);
        }

        #[test]
        fn is_an_attribute() {
            let attribute = AttributeValue::from(UNIX_EPOCH + Duration::from_millis(1500));
            assert_eq!(attribute, DateTime::from_unix_millis(1500).into());
        }
    }
}

#[cfg(feature = "chrono")]
mod chrono {
    use chrono::TimeZone;

    use super::from_unix_nanos;
    use crate::time::DateTime;

    /// Rounds down to the millisecond; the time zone makes no difference.
    ///
    /// ```
    /// use chrono::{TimeZone, Utc};
    /// use configcat_eval::{DateTime, User};
    ///
    /// let release = Utc.with_ymd_and_hms(2023, 8, 31, 16, 0, 0).unwrap();
    /// assert_eq!(DateTime::from(release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("RegisteredAt", release);
    /// ```
    impl<Tz: TimeZone> From<chrono::DateTime<Tz>> for DateTime {
        fn from(time: chrono::DateTime<Tz>) -> Self {
            // In 128 bits: `timestamp_nanos_opt` of `chrono` ends in 2262.
            let (seconds, nanos) = (time.timestamp(), time.timestamp_subsec_nanos());
            from_unix_nanos(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
        }
    }

    attribute_from!(chrono::DateTime<Tz> where Tz: TimeZone);

    #[cfg(test)]
    mod tests {
        use crate::{attribute::AttributeValue, time::DateTime};
        use chrono::{FixedOffset, TimeZone, Utc};

        #[test]
        fn rounds_down_on_both_sides_of_the_epoch() {
            for (nanos, millis) in [(0, 0), (1_999_999, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)] {
                let time = Utc.timestamp_nanos(nanos);
                assert_eq!(DateTime::from(time), DateTime::from_unix_millis(millis), "{nanos}");
            }
        }

        #[test]
        fn the_farthest_moments_fit() {
            for time in [chrono::DateTime::<Utc>::MIN_UTC, chrono::DateTime::<Utc>::MAX_UTC] {
                assert_eq!(DateTime::from(time).unix_millis().div_euclid(1000), time.timestamp());
            }
        }

        #[test]
        fn is_an_attribute_whatever_its_time_zone() {
            let budapest = FixedOffset::east_opt(2 * 3600).unwrap();
            let time = budapest.with_ymd_and_hms(2023, 8, 31, 18, 0, 0).unwrap();
            let moment = DateTime::from_unix_millis(1_693_497_600_000);
            assert_eq!(AttributeValue::from(time), moment.into());
        }
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use jiff::{Timestamp, Zoned};

    use super::from_unix_nanos;
    use crate::time::DateTime;

    /// Rounds down to the millisecond.
    ///
    /// ```
    /// use configcat_eval::{DateTime, User};
    /// use jiff::Timestamp;
    ///
    /// let release: Timestamp = "2023-08-31T16:00:00Z".parse()?;
    /// assert_eq!(DateTime::from(release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("RegisteredAt", release);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    impl From<Timestamp> for DateTime {
        fn from(time: Timestamp) -> Self {
            from_unix_nanos(time.as_nanosecond())
        }
    }

    /// Rounds down to the millisecond; the time zone makes no difference.
    ///
    /// ```
    /// use configcat_eval::{DateTime, User};
    /// use jiff::Zoned;
    ///
    /// let release: Zoned = "2023-08-31T18:00:00+02:00[+02:00]".parse()?;
    /// assert_eq!(DateTime::from(&release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("RegisteredAt", release);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    impl From<&Zoned> for DateTime {
        fn from(time: &Zoned) -> Self {
            time.timestamp().into()
        }
    }

    /// Rounds down to the millisecond; the time zone makes no difference.
    impl From<Zoned> for DateTime {
        fn from(time: Zoned) -> Self {
            Self::from(&time)
        }
    }

    attribute_from!(Timestamp, &Zoned, Zoned);

    #[cfg(test)]
    mod tests {
        use crate::{attribute::AttributeValue, time::DateTime};
        use jiff::{Timestamp, tz};

        #[test]
        fn rounds_down_on_both_sides_of_the_epoch() {
            for (nanos, millis) in [(0, 0), (1_999_999, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)] {
                let time = Timestamp::from_nanosecond(nanos).unwrap();
                assert_eq!(DateTime::from(time), DateTime::from_unix_millis(millis), "{nanos}");
            }
        }

        #[test]
        fn the_farthest_moments_fit() {
            for time in [Timestamp::MIN, Timestamp::MAX] {
                assert_eq!(DateTime::from(time).unix_millis().div_euclid(1000), time.as_second());
            }
        }

        #[test]
        fn is_an_attribute_whatever_its_time_zone() {
            let time = Timestamp::from_second(1_693_497_600).unwrap();
            let zoned = time.to_zoned(tz::TimeZone::fixed(tz::offset(2)));
            let moment = AttributeValue::from(DateTime::from_unix_millis(1_693_497_600_000));
            assert_eq!(AttributeValue::from(time), moment);
            assert_eq!(AttributeValue::from(&zoned), moment);
            assert_eq!(AttributeValue::from(zoned), moment);
        }
    }
}

#[cfg(feature = "time")]
mod time {
    use time::{OffsetDateTime, UtcDateTime};

    use super::from_unix_nanos;
    use crate::time::DateTime;

    /// Rounds down to the millisecond; the offset makes no difference.
    ///
    /// ```
    /// use configcat_eval::{DateTime, User};
    /// use time::OffsetDateTime;
    ///
    /// let release = OffsetDateTime::from_unix_timestamp(1_693_497_600)?;
    /// assert_eq!(DateTime::from(release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("RegisteredAt", release);
    /// # Ok::<(), time::error::ComponentRange>(())
    /// ```
    impl From<OffsetDateTime> for DateTime {
        fn from(time: OffsetDateTime) -> Self {
            from_unix_nanos(time.unix_timestamp_nanos())
        }
    }

    /// Rounds down to the millisecond.
    ///
    /// ```
    /// use configcat_eval::{DateTime, User};
    /// use time::UtcDateTime;
    ///
    /// let release = UtcDateTime::from_unix_timestamp(1_693_497_600)?;
    /// assert_eq!(DateTime::from(release), DateTime::from_unix_millis(1_693_497_600_000));
    ///
    /// let user = User::new("42").custom("RegisteredAt", release);
    /// # Ok::<(), time::error::ComponentRange>(())
    /// ```
    impl From<UtcDateTime> for DateTime {
        fn from(time: UtcDateTime) -> Self {
            from_unix_nanos(time.unix_timestamp_nanos())
        }
    }

    attribute_from!(OffsetDateTime, UtcDateTime);

    #[cfg(test)]
    mod tests {
        use crate::{attribute::AttributeValue, time::DateTime};
        use time::{OffsetDateTime, UtcDateTime, UtcOffset};

        #[test]
        fn rounds_down_on_both_sides_of_the_epoch() {
            for (nanos, millis) in [(0, 0), (1_999_999, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)] {
                let moment = DateTime::from_unix_millis(millis);
                let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();
                assert_eq!(DateTime::from(time), moment, "{nanos}");
                let time = UtcDateTime::from_unix_timestamp_nanos(nanos).unwrap();
                assert_eq!(DateTime::from(time), moment, "{nanos}");
            }
        }

        #[test]
        fn the_farthest_moments_fit() {
            for time in [UtcDateTime::MIN, UtcDateTime::MAX] {
                assert_eq!(DateTime::from(time).unix_millis().div_euclid(1000), time.unix_timestamp());
            }
        }

        #[test]
        fn is_an_attribute_whatever_its_offset() {
            let time = OffsetDateTime::from_unix_timestamp(1_693_497_600).unwrap();
            let moment = AttributeValue::from(DateTime::from_unix_millis(1_693_497_600_000));
            assert_eq!(AttributeValue::from(time.to_offset(UtcOffset::from_hms(2, 0, 0).unwrap())), moment);
            assert_eq!(AttributeValue::from(time.to_utc()), moment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::from_unix_nanos;

    #[test]
    fn beyond_the_range_is_the_nearest_moment() {
        let per_milli = 1_000_000;
        let (first, last) = (i128::from(i64::MIN) * per_milli, i128::from(i64::MAX) * per_milli);
        let table = [
            (first, i64::MIN),
            (first - 1, i64::MIN),
            (i128::MIN, i64::MIN),
            (last + per_milli - 1, i64::MAX),
            (last + per_milli, i64::MAX),
            (i128::MAX, i64::MAX),
        ];
        for (nanos, millis) in table {
            assert_eq!(from_unix_nanos(nanos).unix_millis(), millis, "{nanos}");
        }
    }
}
