//! Where an evaluation is: the setting, its rule and its condition; and the settings that wait for it.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ptr;

use crate::{compile::Segment, error::Fault, slots::Slot, value::Value};

/// A setting under evaluation, and those that need it as a prerequisite flag.
pub(super) struct Frame<'f, 'c> {
    pub(super) slot: &'c Slot,
    pub(super) dependents: Dependents<'f, 'c>,
    /// How many of them there are, and how many of these are on the stack of the thread.
    pub(super) depth: usize,
    pub(super) level: usize,
}

/// The settings that need another one.
#[derive(Clone, Copy)]
pub(super) enum Dependents<'f, 'c> {
    /// One on the stack of the thread, with its own dependents.
    Frame(&'f Frame<'f, 'c>),
    /// Those that wait elsewhere, from the one that was asked for inwards.
    Suspended(&'f [Suspended<'c>]),
}

/// How far a setting has come: the rule and the condition at hand, as indices.
#[derive(Default, Clone, Copy)]
pub(super) struct Position<'c> {
    pub(super) rule: u32,
    pub(super) condition: u32,
    /// The value of the prerequisite flag that the condition at hand needs, if it has waited for it.
    pub(super) flag: Option<&'c Value>,
}

/// A setting that is not on the stack of the thread.
pub(super) struct Suspended<'c> {
    pub(super) slot: &'c Slot,
    pub(super) at: Position<'c>,
    /// What the observer had counted when the evaluation began.
    pub(super) warnings: u64,
    /// The prerequisite flag that it waits for, until both are in a list.
    pub(super) inner: Option<Box<Suspended<'c>>>,
}

impl<'f, 'c> Frame<'f, 'c> {
    /// A setting that those in the list need.
    #[inline]
    pub(super) fn within(dependents: &'f [Suspended<'c>], slot: &'c Slot) -> Self {
        Self { slot, dependents: Dependents::Suspended(dependents), depth: dependents.len(), level: 0 }
    }

    /// The prerequisite flag that the setting needs.
    #[inline]
    pub(super) fn nested(dependent: &'f Frame<'f, 'c>, slot: &'c Slot) -> Self {
        let Frame { depth, level, .. } = dependent;
        Self { slot, dependents: Dependents::Frame(dependent), depth: depth + 1, level: level + 1 }
    }

    /// Whether the setting is the one in the slot, or is needed for that.
    #[inline]
    pub(super) fn is_for(&self, slot: &Slot) -> bool {
        ptr::eq(self.slot, slot)
            || match self.dependents {
                Dependents::Frame(frame) => frame.is_for(slot),
                Dependents::Suspended(list) => list.iter().any(|suspended| ptr::eq(suspended.slot, slot)),
            }
    }

    /// The keys from the setting that was asked for to this one.
    #[cold]
    pub(super) fn path(&self) -> Vec<Arc<str>> {
        let mut path = match self.dependents {
            Dependents::Frame(frame) => frame.path(),
            Dependents::Suspended(list) => {
                list.iter().map(|suspended| suspended.slot.setting.key.clone()).collect()
            }
        };
        path.push(self.slot.setting.key.clone());
        path
    }

    /// The setting as it leaves the stack of the thread.
    #[cold]
    pub(super) fn suspended(
        &self,
        rule: u32,
        condition: u32,
        inner: Option<Box<Suspended<'c>>>,
    ) -> Box<Suspended<'c>> {
        Box::new(Suspended {
            slot: self.slot,
            at: Position { rule, condition, flag: None },
            warnings: 0,
            inner,
        })
    }
}

/// What conditions belong to, which is the place of their faults and the context of their hashes: a segment, or else a
/// rule of the setting.
#[derive(Clone, Copy)]
pub(super) struct ConditionContext<'c>(pub(super) Option<&'c Segment>);

impl ConditionContext<'_> {
    #[cold]
    pub(super) fn place(self, fault: Arc<Fault>, index: usize) -> Arc<Fault> {
        fault.at(if self.0.is_some() { "r" } else { "c" }, index)
    }

    #[cold]
    pub(super) fn place_within(self, fault: Arc<Fault>, member: &str, index: usize) -> Arc<Fault> {
        self.place(if self.0.is_some() { fault } else { fault.within(member) }, index)
    }
}
