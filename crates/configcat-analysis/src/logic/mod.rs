//! The rules of a config as data, and what follows from them.

pub(crate) mod flag;
pub(crate) mod test;
