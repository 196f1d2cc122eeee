//! Strings, names of attributes and faults that several parts of a document share.

use alloc::{sync::Arc, vec::Vec};

use hashbrown::HashTable;

use crate::{
    compile::interner::{Interner, StringId},
    error::{Checked, Fault},
    user::AttributeName,
};

/// The strings and the latest faults of a document, where equal names of attributes and equal
/// faults are stored once.
#[derive(Default)]
pub(super) struct SharedParts {
    pub(super) strings: Interner,
    attributes: HashTable<StringId>,
    /// The latest faults, in the order of their last use.
    faults: Vec<Arc<Fault>>,
}

impl SharedParts {
    /// The number of faults that are compared with a new one.
    // A document has fewer different faults, unless they quote its numbers; then sharing saves
    // nothing.
    const MAX_FAULTS: usize = 64;

    pub(super) fn attribute(&mut self, name: &str) -> AttributeName<StringId> {
        match AttributeName::of(name) {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => {
                let strings = &mut self.strings;
                let hash = strings.hash(name.as_bytes());
                let known = self.attributes.find(hash, |&id| strings.get(id) == name).copied();
                AttributeName::Custom(known.unwrap_or_else(|| {
                    let id = strings.add(name);
                    self.attributes.insert_unique(hash, id, |&id| strings.hash(strings.bytes(id)));
                    id
                }))
            }
        }
    }

    /// Returns the part; its fault is shared with the parts that have the same one.
    #[inline]
    pub(super) fn keep<T>(&mut self, part: Checked<T>) -> Checked<T> {
        part.map_err(|fault| self.share(fault))
    }

    #[cold]
    pub(super) fn share(&mut self, fault: Arc<Fault>) -> Arc<Fault> {
        // From the last fault on, since a document with many faults repeats the latest ones.
        let known = self.faults.iter().rposition(|known| *known == fault);
        let fault = known.map_or(fault, |known| self.faults.remove(known));
        if self.faults.len() == Self::MAX_FAULTS {
            self.faults.remove(0);
        }
        self.faults.push(fault.clone());
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::SharedParts;
    use crate::error::{ErrorKind, Fault};
    use alloc::sync::Arc;

    #[test]
    fn equal_faults_are_one() {
        let mut shared = SharedParts::default();
        let mut share = |fault| shared.share(fault);
        let missing = share(Fault::missing("x").within("a"));
        let other = share(Fault::missing("x").within("b"));
        assert!(!Arc::ptr_eq(&missing, &other));
        for code in 0..60 {
            share(Fault::new(ErrorKind::UnknownComparator(code)));
            assert!(Arc::ptr_eq(&missing, &share(Fault::missing("x").within("a"))));
        }
        assert!(shared.faults.len() <= SharedParts::MAX_FAULTS);
    }

    #[test]
    fn names_of_attributes_are_kept_once() {
        let mut shared = SharedParts::default();
        let (a, b) = (shared.attribute("a"), shared.attribute("b"));
        assert_ne!(a, b);
        assert_eq!((shared.attribute("a"), shared.attribute("b")), (a, b));
    }
}
