//! The stack of an evaluation: the setting, its rule and its condition, and the settings that
//! depend on it.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ptr;

use crate::{compile::Segment, error::Fault, slots::Slot, value::Value};

/// A setting under evaluation, and the settings that need it as a prerequisite flag.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 'c> {
    pub(super) slot: &'c Slot,
    // Behind a reference, so that a setting that no other one needs refers to a constant: filling
    // it in would cost an evaluation six stores.
    pub(super) dependents: &'f Dependents<'f, 'c>,
}

/// The settings that need another one.
pub(super) struct Dependents<'f, 'c> {
    innermost: Innermost<'f, 'c>,
    /// The number of them, and how many of them are on the stack of the thread.
    pub(super) depth: usize,
    pub(super) level: usize,
}

enum Innermost<'f, 'c> {
    /// A setting on the stack of the thread, with its own dependents.
    Frame(Frame<'f, 'c>),
    /// Settings in a list, from the one that was requested inwards.
    Suspended(&'f [Suspended<'c>]),
}

/// The position of an evaluation in a setting: the current rule and condition, as indices.
#[derive(Default, Clone, Copy)]
pub(super) struct Position<'c> {
    pub(super) rule: u32,
    pub(super) condition: u32,
    /// The value of the prerequisite flag that the current condition needs, if the setting was
    /// suspended for it.
    pub(super) flag: Option<&'c Value>,
}

/// A setting that is not on the stack of the thread, until its prerequisite flag is evaluated.
// On the heap, so that a long chain of prerequisite flags does not need a deep stack.
pub(super) struct Suspended<'c> {
    pub(super) slot: &'c Slot,
    pub(super) at: Position<'c>,
    /// The sum of warnings when the evaluation began.
    pub(super) warnings: u64,
    /// The prerequisite flag that it needs, until both are in a list.
    pub(super) inner: Option<Box<Suspended<'c>>>,
}

impl<'f, 'c> Dependents<'f, 'c> {
    pub(super) const NONE: Self = Self::suspended(&[]);

    pub(super) const fn suspended(list: &'f [Suspended<'c>]) -> Self {
        Self { innermost: Innermost::Suspended(list), depth: list.len(), level: 0 }
    }

    /// Returns a setting that is evaluated, and its dependents.
    #[inline]
    pub(super) fn with(frame: Frame<'f, 'c>) -> Self {
        let Self { depth, level, .. } = frame.dependents;
        Self { innermost: Innermost::Frame(frame), depth: depth + 1, level: level + 1 }
    }
}

impl<'c> Frame<'_, 'c> {
    /// Returns whether the frame or one of its dependents is of that slot.
    // Slots are compared by address: a config has each setting once.
    #[inline]
    pub(super) fn is_for(&self, slot: &Slot) -> bool {
        ptr::eq(self.slot, slot)
            || match &self.dependents.innermost {
                // Few levels are on the stack of the thread, so this recursion is short.
                Innermost::Frame(frame) => frame.is_for(slot),
                Innermost::Suspended(list) => list.iter().any(|suspended| ptr::eq(suspended.slot, slot)),
            }
    }

    /// Returns the keys from the requested setting to this one.
    #[cold]
    pub(super) fn path(&self) -> Vec<Arc<str>> {
        let mut path = match &self.dependents.innermost {
            Innermost::Frame(frame) => frame.path(),
            Innermost::Suspended(list) => {
                list.iter().map(|suspended| suspended.slot.setting.key.clone()).collect()
            }
        };
        path.push(self.slot.setting.key.clone());
        path
    }

    /// Moves the setting from the stack of the thread to the heap.
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

/// The segment that conditions belong to, or `None` for a rule of the setting. It determines the
/// place of their faults and the context of their hashes.
#[derive(Clone, Copy)]
pub(super) struct ConditionContext<'c>(pub(super) Option<&'c Segment>);

impl ConditionContext<'_> {
    #[cold]
    pub(super) fn place(self, fault: Arc<Fault>, index: usize) -> Arc<Fault> {
        // Names of the members in version 6: `r` of a segment, `c` of a rule.
        fault.at(if self.0.is_some() { "r" } else { "c" }, index)
    }

    #[cold]
    pub(super) fn place_within(self, fault: Arc<Fault>, member: &str, index: usize) -> Arc<Fault> {
        self.place(if self.0.is_some() { fault } else { fault.within(member) }, index)
    }
}
