//! Where an evaluation is: the setting, and what its conditions belong to.

use alloc::{sync::Arc, vec::Vec};

use crate::{
    compile::{Document, Segment, Setting},
    config::Slot,
    error::Fault,
};

/// The setting under evaluation, and those that it is a prerequisite of.
pub(super) struct Frame<'f, 'c> {
    pub(super) slot: &'c Slot,
    pub(super) dependent: Option<&'f Frame<'f, 'c>>,
    pub(super) depth: u32,
}

impl<'c> Frame<'_, 'c> {
    pub(super) fn setting(&self) -> &'c Setting {
        &self.slot.setting
    }

    pub(super) fn document(&self) -> &'c Document {
        &self.slot.document
    }

    /// The keys from the setting that was asked for to this one.
    pub(super) fn path(&self) -> Vec<Arc<str>> {
        let mut path = self.dependent.map_or_else(Vec::new, Frame::path);
        path.push(self.setting().key.clone());
        path
    }

    pub(super) fn depends_on(&self, slot: &Slot) -> bool {
        core::ptr::eq(self.slot, slot) || self.dependent.is_some_and(|dependent| dependent.depends_on(slot))
    }
}

/// What conditions belong to, which is the place of their faults and the context of their hashes: a segment, or else a
/// rule of the setting.
#[derive(Clone, Copy)]
pub(super) struct Owner<'c>(pub(super) Option<&'c Segment>);

impl Owner<'_> {
    #[cold]
    pub(super) fn place(self, fault: Arc<Fault>, index: usize) -> Arc<Fault> {
        fault.at(if self.0.is_some() { "r" } else { "c" }, index)
    }

    #[cold]
    pub(super) fn place_within(self, fault: Arc<Fault>, member: &str, index: usize) -> Arc<Fault> {
        self.place(if self.0.is_some() { fault } else { fault.within(member) }, index)
    }
}
