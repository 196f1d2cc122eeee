//! Options of the generator.

use std::collections::{BTreeMap, BTreeSet};

/// The choice of default values in the code. An evaluation returns the default value if it fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defaults {
    /// `false`, `0`, `0.0` and `""`: a new feature stays off until a config turns it on. This is
    /// the safe choice for flags that turn something on. The code drifts with keys and types only,
    /// not with values.
    #[default]
    Neutral,
    /// The default value of the setting at the time of generation: for limits, addresses and the
    /// like, where 0 or an empty text would do harm. A changed default value on the dashboard
    /// counts as a drift.
    OfConfig,
}

/// The options of a generator. Without them, the module has public flags of the four types.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) defaults: Defaults,
    pub(crate) skipped: BTreeSet<String>,
    pub(crate) deprecates_constants: bool,
    pub(crate) is_private: bool,
    /// The most variants of an enum; 0 for no enums.
    pub(crate) max_variants: usize,
    /// The types of JSON settings, by key.
    pub(crate) json: BTreeMap<String, String>,
}

impl Options {
    /// Returns the visibility of the items.
    pub(crate) fn visibility(&self) -> &'static str {
        // Not private: the module is for the code around it.
        if self.is_private { "pub(crate)" } else { "pub" }
    }
}
