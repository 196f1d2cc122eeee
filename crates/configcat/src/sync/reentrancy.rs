//! Reentrancy guard: the activities of each thread that run code of the client's user.
//!
//! Code of the user (a cache, a hook, a logger) may call the client. Called from within a refresh
//! it must not wait for that refresh; called from within a record or a hook it must not cause the
//! same again, without end. The list belongs to the thread, so it needs no lock and survives a
//! fork.

use std::cell::RefCell;

use super::primitives::thread_local;

/// An activity of a thread. The number is the id of the client, or the address of the list of
/// hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// A record of any client is being written, or a logger is asked whether it wants one. There is
    /// one for all clients: a logger serves the whole process, and would otherwise nest as deep as
    /// there are clients.
    Logging,
    /// A refresh of the client is under way, until its result is there.
    Refreshing(usize),
    /// The same, until loggers and hooks were called.
    Notifying(usize),
    /// Hooks of one kind are being called.
    Hooks(usize),
}

thread_local! {
    static ACTIVE: RefCell<Vec<Activity>> = const { RefCell::new(Vec::new()) };
}

/// Ends the activity of the current thread when dropped.
pub(crate) struct ReentrancyGuard(Activity);

/// Begins an activity. Returns `None` if this thread is in it already, or if the thread is ending
/// and its list is gone.
pub(crate) fn enter(activity: Activity) -> Option<ReentrancyGuard> {
    let enter = |active: &RefCell<Vec<Activity>>| {
        let mut active = active.borrow_mut();
        let is_new = !active.contains(&activity);
        is_new.then(|| active.push(activity))
    };
    ACTIVE.try_with(enter).ok()?.map(|()| ReentrancyGuard(activity))
}

/// Returns whether the current thread is in that activity.
pub(crate) fn is_active(activity: Activity) -> bool {
    ACTIVE.try_with(|active| active.borrow().contains(&activity)).unwrap_or(false)
}

impl Drop for ReentrancyGuard {
    fn drop(&mut self) {
        // Activities may end in another order than they began: a refresh ends before its
        // notifications.
        let leave = |active: &RefCell<Vec<Activity>>| {
            let mut active = active.borrow_mut();
            if let Some(position) = active.iter().rposition(|known| *known == self.0) {
                active.remove(position);
            }
        };
        // An error says that the thread is ending: nothing is left to remove from.
        let _ = ACTIVE.try_with(leave);
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, enter, is_active};

    #[test]
    fn an_activity_begins_once_a_thread() {
        let outer = enter(Activity::Logging);
        assert!(outer.is_some() && is_active(Activity::Logging));
        assert!(enter(Activity::Logging).is_none());
        assert!(std::thread::spawn(|| enter(Activity::Logging).is_some()).join().unwrap());
        drop(outer);
        assert!(!is_active(Activity::Logging));
    }

    #[test]
    fn activities_end_in_any_order() {
        let notifying = enter(Activity::Notifying(1));
        let refreshing = enter(Activity::Refreshing(1));
        drop(notifying);
        assert!(is_active(Activity::Refreshing(1)) && !is_active(Activity::Notifying(1)));
        assert!(!is_active(Activity::Refreshing(2)));
        drop(refreshing);
        assert!(!is_active(Activity::Refreshing(1)));
    }
}
