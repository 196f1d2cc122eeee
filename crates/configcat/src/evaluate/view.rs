//! State and client of an evaluation.

use crate::{client::inner::Shared, refresh::state::State};

/// State to evaluate on, and the client whose hooks and log observe the evaluation.
#[derive(Clone, Copy)]
pub(crate) struct View<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) state: &'s State,
}
