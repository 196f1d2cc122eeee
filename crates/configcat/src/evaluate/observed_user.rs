//! The user of an evaluation, as logs, traces, details and hooks see it.

use std::borrow::Cow;

use configcat_eval::{Config, PrivateAttributes, Trace, User};

use crate::client::inner::Shared;

/// The user of an evaluation, with the attributes that the client does not show.
///
/// All code that makes text about a user, or passes the user on, gets it in this form. The user
/// cannot be taken out of it without its marks.
#[derive(Clone, Copy)]
pub(super) struct ObservedUser<'u> {
    user: Option<&'u User>,
    private: &'u [PrivateAttributes],
}

impl<'u> ObservedUser<'u> {
    pub(super) fn new(shared: &'u Shared, user: Option<&'u User>) -> Self {
        Self { user, private: &shared.options.private_attributes }
    }

    /// Returns the user with the marks of the client, for an evaluation that may be traced.
    // A copy only with private attributes, since a trace costs far more than a copy.
    pub(super) fn marked(self) -> Option<Cow<'u, User>> {
        let user = self.user?;
        if self.private.is_empty() {
            return Some(Cow::Borrowed(user));
        }
        let private = self.private.iter().cloned();
        Some(Cow::Owned(private.fold(user.clone(), User::private_attributes)))
    }

    /// Returns the trace of an evaluation.
    pub(super) fn explain(self, config: &Config, key: &str) -> Trace {
        config.explain(key, self.marked().as_deref())
    }

    /// Returns the user of details, without the private values: hooks pass them on.
    pub(super) fn in_details(self) -> Option<User> {
        self.marked().map(|user| user.redacted())
    }
}
