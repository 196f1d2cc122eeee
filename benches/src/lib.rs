//! Parts of the benchmarks: documents, users, and the floor to compare with.

#![allow(clippy::indexing_slicing, reason = "of JSON values, where it gives null")]

mod documents;
mod floor;
pub mod instructions;
pub mod loading;
mod meter;
#[cfg(feature = "criterion")]
pub mod observed;
mod ours;
mod setting;
pub mod startup;
pub mod threads;
mod workloads;

#[cfg(feature = "criterion")]
pub use self::meter::{Group, criterion};
pub use self::{
    floor::Floor,
    meter::{Counter, Meter},
    ours::{Ours, SDK_KEY, client},
    setting::{Condition, Setting, Test, document},
    workloads::{Attributes, Curve, KEY, MANY, Workload, all_flags, curves, user, workloads},
};

/// Returns the median: the middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(values.len() / 2), middle(values.len().saturating_sub(1) / 2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn all_that_are_measured_agree() {
        let curves = curves().into_iter().flat_map(|curve| curve.points).map(|(_, workload)| workload);
        for workload in workloads().into_iter().chain(curves) {
            let expected = match workload.id.as_str() {
                "W1" | "W1k" | "W2" | "flags" | "semver" | "rules" | "attributes" => true,
                "W3" => continue,
                _ => false,
            };
            let value = Ours::new(&workload).unwrap().value();
            assert_eq!(value.unwrap(), expected, "{}", workload.id);
        }
    }

    #[test]
    fn documents_have_the_size_and_no_faults() {
        for kind in documents::Kind::ALL {
            let document = kind.document(200_000);
            assert!((200_000..300_000).contains(&document.len()), "{}", document.len());
            let config = configcat_eval::Config::parse(document).unwrap();
            let user = configcat_eval::User::new("42").email("jane@example.com");
            for (key, evaluation) in config.evaluate_all(&user) {
                assert!(evaluation.is_ok(), "{key}: {evaluation:?}");
            }
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn all_flags_are_those_of_the_floor() {
        let workload = all_flags();
        let ours = Ours::new(&workload).unwrap();
        let values = ours.client().get_all_values(&workload.user().unwrap());
        let floor = ours.floor().unwrap().all(&user());
        assert_eq!((values.len(), floor.len()), (MANY, MANY));
        for (key, value) in values.iter() {
            assert_eq!(value.as_bool(), floor.get(key).copied(), "{key}");
        }
    }
}
