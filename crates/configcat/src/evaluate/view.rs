//! A state and the client that evaluates on it.

use crate::{client::inner::Shared, refresh::store::State};

/// A state, and the client whose hooks and log observe evaluations on it.
pub(crate) struct View<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) state: &'s State,
}
