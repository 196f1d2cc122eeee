//! Panics of the user's code (caches, hooks, loggers, clocks, override sources): the one place that
//! catches them.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs code of the user. A panic becomes an error with the message of the panic.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // The client's own values are whole at each call of user code, since no lock is held there. The
    // user's values are the user's to keep whole.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let message = message(&*payload);
        drop_payload(payload);
        message
    })
}

/// Runs code of the user that can fail. A panic becomes one of its errors.
pub(crate) fn catch_as_error<T, E: From<String>>(run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch(run).unwrap_or_else(|message| Err(format!("panicked: {message}").into()))
}

/// Returns the message of a panic: `panic!` has a `&str` or a `String` as payload.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panicked").to_owned()
}

/// Drops the payload of a panic, a value of the user. Its drop may panic again, and so may the drop
/// of the second payload, so the second one is leaked.
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use super::{catch, catch_as_error};
    use std::panic::panic_any;

    struct PanicsWhenDropped(u32);

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                panic_any(PanicsWhenDropped(left));
            }
        }
    }

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| panic!("of {}", "mine")), Err::<(), _>("of mine".to_owned()));
        let failed: Result<(), String> = catch_as_error(|| panic!("mine"));
        assert_eq!(failed, Err("panicked: mine".to_owned()));
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_caught() {
        for depth in 0..4 {
            assert_eq!(catch(|| panic_any(PanicsWhenDropped(depth))), Err::<(), _>("panicked".to_owned()));
        }
    }
}
