//! Flags that are checked in each config that is published.

use arc_swap::ArcSwap;

use crate::{
    client::inner::ClientRef,
    evaluate::{flag::AnyFlag, flag_problem::FlagCheck, view::View},
    notify::event::Event,
    sync::primitives::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Flags that are checked in each config. A program has a fixed number of them, so the list needs
/// no limit.
// An `ArcSwap`, as the lists of the hooks: a fork copies it as it is.
pub(crate) struct CheckedFlags(ArcSwap<Vec<Arc<CheckedFlag>>>);

struct CheckedFlag {
    flag: FlagCheck,
    /// Generation of the last config in which the flag was checked.
    generation: AtomicU64,
}

impl CheckedFlags {
    pub(crate) fn new() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }

    /// Adds flags that the caller checks in the config of this generation. A flag that is in the
    /// list stays there once.
    pub(crate) fn add(&self, flags: &[&dyn AnyFlag], generation: u64) {
        self.0.rcu(|known| {
            let mut all = Vec::clone(known);
            for flag in flags.iter().map(|flag| flag.flag_check()) {
                let is_same = |known: &&Arc<CheckedFlag>| {
                    known.flag.key == flag.key && known.flag.type_name == flag.type_name
                };
                match all.iter().find(is_same) {
                    Some(known) => known.generation.store(generation, Ordering::Relaxed),
                    None => {
                        all.push(Arc::new(CheckedFlag { flag, generation: AtomicU64::new(generation) }));
                    }
                }
            }
            all
        });
    }
}

impl ClientRef<'_> {
    /// Logs the problems of the flags that were not checked in the current config yet.
    pub(crate) fn report_flag_problems(self) {
        let flags = self.shared.checked_flags.0.load_full();
        let state = self.inner.store.current.load_full();
        let view = View { shared: self.shared, state: &state };
        for known in flags.iter() {
            // Relaxed: the number guards no other memory. Two threads do not check the same flag in
            // the same config.
            if known.generation.swap(state.generation, Ordering::Relaxed) != state.generation {
                let problems = view.problems_of(known.flag);
                problems.iter().for_each(|problem| self.shared.hooks.log(&Event::FlagProblem(problem)));
            }
        }
    }
}
