//! Blocking work, on at most one thread, that continues if the futures that wait for it are
//! dropped.

use std::{
    io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::watch;

/// The names of the thread that runs the work, and of the thread that ends the wait at its limit.
/// They show in debuggers, and the crate's page names them.
const WORKER: &str = "configcat-openfeature";
const TIMER: &str = "configcat-timer";

/// Work that all futures share that ask for it at the same time.
///
/// The turn belongs to the work: if a future is dropped, the work continues and the next future
/// joins it, so at most one thread works. A second thread keeps the time, for at most `max_wait`,
/// since there is no runtime with timers.
#[derive(Default)]
pub(crate) struct SharedWork(Arc<Mutex<Current>>);

/// The receiver that disconnects when the waiting futures may go on; `None` if no work is under
/// way.
type Current = Option<watch::Receiver<()>>;

/// The work under way. When it is dropped, the waiting futures go on and new work can begin.
struct Turn {
    current: Arc<Mutex<Current>>,
    /// Wakes the thread that keeps the time by disconnecting.
    _finish: mpsc::Sender<()>,
}

impl SharedWork {
    /// Waits until the work under way has ended or has taken `max_wait`. Begins `work` if no work
    /// is under way.
    ///
    /// Fails if the system would not start a thread.
    pub(crate) async fn wait(
        &self,
        max_wait: Duration,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let mut released = self.join(max_wait, work)?;
        // The sender sends nothing: the error of `changed` means that the sender was dropped.
        let _ = released.changed().await;
        Ok(())
    }

    fn join(
        &self,
        max_wait: Duration,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<watch::Receiver<()>> {
        let mut current = lock(&self.0);
        if let Some(released) = &*current {
            return Ok(released.clone());
        }
        let (release, released) = watch::channel(());
        *current = Some(released.clone());
        drop(current);
        let (finish, finished) = mpsc::channel();
        let turn = Turn { current: Arc::clone(&self.0), _finish: finish };
        // If a thread cannot be started, its closure is dropped, which ends the turn or the wait.
        // So no future waits for work that does not run.
        start(WORKER, move || {
            contain_panics(|| {
                let _turn = turn;
                work();
            });
        })?;
        if !max_wait.is_zero() {
            start(TIMER, move || {
                let _ = finished.recv_timeout(max_wait);
                drop(release);
            })?;
        }
        Ok(released)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&self.current) = None;
    }
}

fn lock(current: &Mutex<Current>) -> MutexGuard<'_, Current> {
    // Only assigned and read under the lock, so a poisoned mutex is still consistent.
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Runs work that may call code of the application, such as a clock.
///
/// Without this, a panic whose payload panics when dropped would abort the process at the end of
/// the thread.
fn contain_panics(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        // The payload of the second panic is leaked, since it may panic in turn.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(mem::forget);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
            mpsc::channel,
        },
        task::{Context, Waker},
        time::Duration,
    };

    use super::SharedWork;

    #[test]
    fn work_is_begun_again_only_when_it_has_ended() {
        let (work, begun) = (SharedWork::default(), Arc::new(AtomicUsize::new(0)));
        for turn in 1..=3 {
            let (release, released) = channel::<()>();
            let mut first = pin!({
                let begun = begun.clone();
                work.wait(Duration::MAX, move || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    let _ = released.recv();
                })
            });
            let context = &mut Context::from_waker(Waker::noop());
            assert!(first.as_mut().poll(context).is_pending());
            for _ in 0..600 {
                let begun = begun.clone();
                let again = move || {
                    begun.fetch_add(1, Ordering::Relaxed);
                };
                assert!(pin!(work.wait(Duration::MAX, again)).poll(context).is_pending());
            }
            drop(release);
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(first).unwrap();
            assert_eq!(begun.load(Ordering::Relaxed), turn);
        }
    }
}
