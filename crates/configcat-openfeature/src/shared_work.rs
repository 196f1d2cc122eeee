//! Work that blocks, on one thread at a time, whatever becomes of the futures that wait for it.

use std::{
    io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::watch;

/// The name of the thread that works, and of the one that ends the waiting after its limit.
const WORKER: &str = "configcat-openfeature";
const TIMER: &str = "configcat-timer";

/// Work that is shared by all futures that want it at the same time.
///
/// The turn belongs to the work: a future that is dropped leaves it running, and the next one joins
/// it. So at most one thread works. One beside it keeps the time, for `max_wait` at most, since
/// there is no runtime here that could.
#[derive(Default)]
pub(crate) struct SharedWork(Arc<Mutex<Current>>);

/// Ends when the futures that wait for the work under way are to go on; `None` without such work.
type Current = Option<watch::Receiver<()>>;

/// The work under way. Dropping it lets the next work begin, and the waiting futures go on.
struct Turn {
    current: Arc<Mutex<Current>>,
    /// Disconnects from the thread that keeps the time.
    _finish: mpsc::Sender<()>,
}

impl SharedWork {
    /// Waits until the work under way has ended or is `max_wait` old. Begins `work` if there is
    /// none.
    ///
    /// Fails if the system would not start a thread.
    pub(crate) async fn wait(
        &self,
        max_wait: Duration,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let mut released = self.join(max_wait, work)?;
        // The sender sends nothing. The error says that it is gone.
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
        // A thread that cannot be started drops what it was to own, which ends the turn or the
        // waiting.
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

/// Runs what may call code of the application, such as a clock.
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
