//! The rules of a config as data, and what follows from them.

pub(crate) mod bounds;
pub(crate) mod equal;
pub(crate) mod facts;
pub(crate) mod flag;
pub(crate) mod flags;
pub(crate) mod reach;
pub(crate) mod rule_facts;
pub(crate) mod test;
