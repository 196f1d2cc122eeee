//! Reentrancy guard: the activities of each thread that run code of the user.
//!
//! Code of the user (a cache, a hook, a logger) may call the client. From within a refresh it must
//! not wait for that refresh; from within a record or a hook it must not cause the same again,
//! without end. The list belongs to the thread, so it needs no lock and survives a fork.

use std::{any::type_name, cell::RefCell};

use super::primitives::thread_local;

/// Activity of a thread. The number is the id of the client, or the address of the list of
/// callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// A record is being written, or a logger is asked whether it wants one. There is one such
    /// activity for all clients: a logger serves the whole process, and would otherwise nest as
    /// deep as there are clients.
    Logging,
    /// A refresh of the client, until its outcome is there.
    Refreshing(usize),
    /// A refresh of the client, until loggers and hooks were called.
    Notifying(usize),
    /// Calls of the hooks of one kind.
    Hooks(usize),
    /// Parsing of a text as a type. The number is the address of the name of the type, which has a
    /// few copies at most.
    // Not the name: with it, each record of the evaluation log took 3 % longer.
    Parsing(usize),
}

thread_local! {
    // A list: a thread has a few activities at most, so comparing them is faster than hashing.
    static ACTIVE: RefCell<Vec<Activity>> = const { RefCell::new(Vec::new()) };
}

/// Guard that ends the activity of the current thread when dropped.
pub(crate) struct ReentrancyGuard(Activity);

/// Starts an activity. Returns `None` if this thread is in it already, or if the thread is ending
/// and its list is gone.
pub(crate) fn enter(activity: Activity) -> Option<ReentrancyGuard> {
    enter_outside(activity, activity)
}

/// Starts an activity as [`enter`] does. Returns `None` also if this thread is in `other`.
// One pass over the list of the thread: with a hook, each evaluation comes here.
pub(crate) fn enter_outside(other: Activity, activity: Activity) -> Option<ReentrancyGuard> {
    let enter = |active: &RefCell<Vec<Activity>>| {
        let mut active = active.borrow_mut();
        let is_new = !active.iter().any(|known| *known == activity || *known == other);
        is_new.then(|| active.push(activity))
    };
    // `try_with`: a destructor of another thread-local value may log or evaluate while the thread
    // ends.
    ACTIVE.try_with(enter).ok()?.map(|()| ReentrancyGuard(activity))
}

/// Starts parsing a text as a type. Fails if this thread does so already: the type may log while it
/// is parsed, and the logger may evaluate the same flag. Without this, the text would be parsed
/// inside of itself until the stack is full. The guard is `None` if the thread is ending.
pub(crate) fn enter_parsing<T>() -> Result<Option<ReentrancyGuard>, &'static str> {
    let activity = Activity::Parsing(type_name::<T>().as_ptr().addr());
    if is_active(activity) {
        return Err("another text is being parsed as this type on this thread");
    }
    Ok(enter(activity))
}

/// Returns whether the current thread is in that activity.
pub(crate) fn is_active(activity: Activity) -> bool {
    ACTIVE.try_with(|active| active.borrow().contains(&activity)).unwrap_or(false)
}

impl Drop for ReentrancyGuard {
    fn drop(&mut self) {
        // Activities may end in another order than they started: a refresh ends before its
        // notifications.
        let leave = |active: &RefCell<Vec<Activity>>| {
            let mut active = active.borrow_mut();
            if active.last() == Some(&self.0) {
                active.pop();
            } else if let Some(position) = active.iter().rposition(|known| *known == self.0) {
                active.remove(position);
            }
        };
        // On an error the thread is ending, and its list is gone already.
        let _ = ACTIVE.try_with(leave);
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, enter, is_active};

    #[test]
    fn an_activity_starts_once_on_a_thread() {
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
