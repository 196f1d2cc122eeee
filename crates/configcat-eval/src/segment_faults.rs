//! The faults of comparisons and of segments, which need only their document.

use alloc::{sync::Arc, vec::Vec};

use crate::{
    compile::{Condition, Document, Segment, Test},
    error::{Checked, Fault},
};

/// Returns the fault of a comparison, or of the salt that it needs.
pub(crate) fn of_test(document: &Document, test: &Test) -> Option<Arc<Fault>> {
    // Evaluation needs the salt before it looks at the items, so a missing salt comes first.
    let of_salt = || match &document.salt {
        Ok(Some(_)) => None,
        Ok(None) => Some(Fault::missing("salt of the config (p.s)")),
        Err(fault) => Some(fault.copy()),
    };
    match test {
        Test::Broken(broken) => Some(broken.fault.copy()),
        Test::HashedEquals(_) | Test::HashedOneOf(_) | Test::HashedListContains(_) => of_salt(),
        Test::HashedSlice(_, slices) => of_salt().or_else(|| slices.fault()),
        // Listed, so that a new comparison has to say whether it can fail.
        Test::Equals(_)
        | Test::OneOf(_)
        | Test::Contains(_)
        | Test::Slice(..)
        | Test::ListContains(_)
        | Test::UnsaltedOneOf(_)
        | Test::VersionOneOf(_)
        | Test::Version(..)
        | Test::Number(..)
        | Test::Time(..)
        | Test::Unparsable(_) => None,
    }
}

/// Returns the faults of a segment, within the segment.
pub(crate) fn of_segment(document: &Document, segment: &Checked<Segment>) -> Vec<Arc<Fault>> {
    // Evaluation looks at the name first, and fails there without a look at the conditions.
    let conditions = match segment {
        Ok(segment) if segment.name.is_empty() => return Vec::from([Fault::missing("segment name")]),
        Ok(segment) => &segment.conditions,
        Err(fault) => return Vec::from([fault.copy()]),
    };
    let conditions = match conditions {
        Ok(conditions) => conditions,
        Err(fault) => return Vec::from([fault.copy().within("r")]),
    };
    let faults = conditions.iter().enumerate().filter_map(|(index, condition)| {
        let fault = match condition {
            Ok(Condition::User(condition)) => of_test(document, &condition.test)?,
            // Segments have conditions on the user only.
            Ok(Condition::Segment(_) | Condition::Prerequisite(_)) => return None,
            Err(fault) => fault.copy(),
        };
        Some(fault.at("r", index))
    });
    faults.collect()
}
