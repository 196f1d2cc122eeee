//! Where an evaluation is: the setting, its rule and its condition; and the settings that wait for it.

use alloc::{sync::Arc, vec::Vec};

use crate::{
    compile::{PrerequisiteCondition, Segment},
    config::Slot,
    error::{ErrorKind, Fault},
    observe::Verdict,
};

/// A setting under evaluation, and how far it has come.
#[derive(Debug)]
pub(super) struct Frame<'c> {
    pub(super) slot: &'c Slot,
    /// The rule and the condition at hand, as indices.
    pub(super) rule: u32,
    pub(super) condition: u32,
    /// What the condition at hand comes to, if the prerequisite flag that it needs has been evaluated.
    pub(super) verdict: Option<Verdict>,
    /// What the observer had counted when the evaluation began.
    pub(super) warnings: u64,
}

/// A condition and the prerequisite flag that it needs, whose value can be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed<'c> {
    pub(super) condition: &'c PrerequisiteCondition,
    pub(super) slot: &'c Slot,
}

/// A setting that waits for what the condition at hand needs.
#[derive(Debug)]
pub(super) struct Waiting<'c> {
    pub(super) frame: Frame<'c>,
    pub(super) needed: Needed<'c>,
}

impl<'c> Frame<'c> {
    #[inline(always)]
    pub(super) fn new(slot: &'c Slot, warnings: u64) -> Self {
        Self { slot, rule: 0, condition: 0, verdict: None, warnings }
    }

    /// The fault of the condition at hand, which is on a prerequisite flag, with its whole place.
    #[cold]
    pub(super) fn place(&self, fault: Arc<Fault>) -> Arc<Fault> {
        let fault = fault.within("p").at("c", self.condition as usize).at("r", self.rule as usize);
        self.slot.place(fault)
    }
}

/// How many settings wait without an allocation: nearly always all.
const FEW: usize = 4;

/// The settings that wait for a prerequisite flag, from the one that was asked for inwards.
#[derive(Debug, Default)]
pub(super) struct Stack<'c> {
    /// The first ones.
    few: [Option<Waiting<'c>>; FEW],
    more: Vec<Waiting<'c>>,
    depth: usize,
}

impl<'c> Stack<'c> {
    pub(super) fn push(&mut self, waiting: Waiting<'c>) {
        match self.few.get_mut(self.depth) {
            Some(room) => *room = Some(waiting),
            None => self.more.push(waiting),
        }
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Waiting<'c>> {
        self.depth = self.depth.checked_sub(1)?;
        match self.few.get_mut(self.depth) {
            Some(room) => room.take(),
            None => self.more.pop(),
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn contains(&self, slot: &Slot) -> bool {
        self.slots().any(|waiting| core::ptr::eq(waiting, slot))
    }

    /// The fault of a setting that needs a flag which waits for it.
    #[cold]
    pub(super) fn circle(&self, frame: &Frame<'c>, needed: &Slot) -> Arc<Fault> {
        let slots = self.slots().chain([frame.slot, needed]);
        let path = slots.map(|slot| slot.setting.key.clone()).collect();
        Fault::new(ErrorKind::CircularDependency { path })
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.few.iter().flatten().chain(&self.more).map(|waiting| waiting.frame.slot)
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

#[cfg(test)]
mod tests {
    use super::{FEW, Frame, Needed, Stack, Waiting};
    use crate::{Config, compile::Condition};
    use alloc::vec::Vec;

    #[test]
    fn a_stack_gives_back_what_it_was_given() {
        let json = r#"{"f": {"a": {"t": 0, "v": {"b": true}, "r": [
            {"c": [{"p": {"f": "a", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}}}"#;
        let configs: Vec<_> = (0..20).filter_map(|_| Config::parse(json).ok()).collect();
        let slots: Vec<_> = configs.iter().filter_map(|config| config.slot("a")).collect();
        let conditions = slots[0].setting.rules()[0].as_ref().unwrap().conditions.as_ref().unwrap();
        let Ok(Condition::Prerequisite(condition)) = &conditions[0] else { panic!() };
        let mut stack = Stack::default();
        for depth in [3, FEW, FEW + 1, 20] {
            for slot in &slots[..depth] {
                stack.push(Waiting { frame: Frame::new(slot, 0), needed: Needed { condition, slot } });
            }
            assert_eq!((stack.depth(), stack.slots().count()), (depth, depth));
            assert!(slots.iter().enumerate().all(|(n, slot)| stack.contains(slot) == (n < depth)));
            for slot in slots[..depth].iter().rev() {
                assert!(stack.pop().is_some_and(|waiting| core::ptr::eq(waiting.frame.slot, *slot)));
            }
            assert!(stack.pop().is_none() && stack.more.is_empty());
        }
    }
}
