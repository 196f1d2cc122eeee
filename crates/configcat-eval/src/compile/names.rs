//! What the parts of a document have in common: texts, names of attributes, faults.

use alloc::{sync::Arc, vec::Vec};

use hashbrown::HashTable;

use crate::{
    error::{Checked, Fault},
    texts::{TextId, Texts},
    user::AttributeName,
};

/// The texts of a document, of which names of attributes are kept once, and its faults, of which equal ones are kept once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) texts: Texts,
    attributes: HashTable<TextId>,
    /// The latest ones, the very last of them last.
    faults: Vec<Arc<Fault>>,
}

impl Names {
    /// More than there are different ones, unless they have numbers of the document.
    const MAX_FAULTS: usize = 64;

    pub(super) fn attribute(&mut self, name: &str) -> AttributeName<TextId> {
        match AttributeName::of(name) {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => {
                let texts = &mut self.texts;
                let hash = texts.hash(name.as_bytes());
                let known = self.attributes.find(hash, |&id| texts.get(id) == name).copied();
                AttributeName::Custom(known.unwrap_or_else(|| {
                    let id = texts.add(name);
                    self.attributes.insert_unique(hash, id, |&id| texts.hash(texts.bytes(id)));
                    id
                }))
            }
        }
    }

    /// The part as it is kept: its fault is shared with the parts that have the same one.
    #[inline]
    pub(super) fn keep<T>(&mut self, part: Checked<T>) -> Checked<T> {
        part.map_err(|fault| self.share(fault))
    }

    #[cold]
    pub(super) fn share(&mut self, fault: Arc<Fault>) -> Arc<Fault> {
        // From the last one on, since a document with many faults has the same again and again.
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
    use super::Names;
    use crate::error::{ErrorKind, Fault};
    use alloc::sync::Arc;

    #[test]
    fn equal_faults_are_one() {
        let mut names = Names::default();
        let mut share = |fault| names.share(fault);
        let missing = share(Fault::missing("x").within("a"));
        let other = share(Fault::missing("x").within("b"));
        assert!(!Arc::ptr_eq(&missing, &other));
        for code in 0..60 {
            share(Fault::new(ErrorKind::UnknownComparator(code)));
            assert!(Arc::ptr_eq(&missing, &share(Fault::missing("x").within("a"))));
        }
        assert!(names.faults.len() <= Names::MAX_FAULTS);
    }

    #[test]
    fn names_of_attributes_are_kept_once() {
        let mut names = Names::default();
        let (a, b) = (names.attribute("a"), names.attribute("b"));
        assert_ne!(a, b);
        assert_eq!((names.attribute("a"), names.attribute("b")), (a, b));
    }
}
