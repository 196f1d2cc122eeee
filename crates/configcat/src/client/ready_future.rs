//! Readiness for async code: a future that needs no runtime.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use crate::{
    client::{
        Client,
        cache_state::CacheState,
        inner::{ClientInner, ClientRef, Shared},
    },
    notify::event::Event,
    sync::{panics, worker::Worker},
};

/// Future of [`Client::ready`].
pub(crate) struct Ready {
    // The inside of the client, not a `Client`: a future must not keep the client open.
    shared: Arc<Shared>,
    id: u64,
}

impl Ready {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only the numbers must differ.
        Self { shared, id: IDS.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Future for Ready {
    type Output = CacheState;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<CacheState> {
        // In a forked child this is the child's own, which does not know the future yet.
        let inner = self.shared.started();
        let client = ClientRef { shared: &self.shared, inner };
        if client.is_wait_over() {
            return Poll::Ready(client.cache_state());
        }
        inner.ready_wakers.register(self.id, context.waker());
        // If no thread can be started, the polling thread wakes the future after its fetch.
        let _ = self.shared.watch_init_deadline(inner);
        // Again: the client may have become ready before the waker was there.
        if client.is_wait_over() {
            return Poll::Ready(client.cache_state());
        }
        Poll::Pending
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // A forked child leaves the waker of its parent alone.
        if let Some(client) = self.shared.existing() {
            client.inner.ready_wakers.remove(self.id);
        }
    }
}

impl Shared {
    /// Starts the thread that ends the wait for the first config when the max init wait has passed,
    /// unless it was started before: a fetch that hangs keeps the polling thread busy. The thread
    /// ends when the client is ready.
    pub(super) fn watch_init_deadline(self: &Arc<Self>, inner: &ClientInner) -> std::io::Result<()> {
        let is_watched = &inner.background.is_init_deadline_watched;
        if !self.polls() || is_watched.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let shared = self.clone();
        let closed = inner.closed.released().clone();
        let started = Worker::start(closed, move |_| {
            let client = shared.client();
            client.be_ready_in_time();
            // Callbacks for the ready client may be running on another thread, and may hang. The
            // wait for them is over too. Otherwise the thread that released the waiting threads
            // wakes the futures.
            if !client.inner.ready.released().is_complete() {
                client.inner.ready_wakers.wake_all();
            }
        });
        // After a failure the next future tries again.
        is_watched.store(started.is_ok(), Ordering::Release);
        started.map(drop)
    }
}

impl ClientRef<'_> {
    /// Returns whether futures need not wait (any more) for the client to be ready. A client whose
    /// max init wait has passed becomes ready here. Never waits.
    fn is_wait_over(self) -> bool {
        // `released`, not `is_set`: the hooks are called first, as for waiting threads. A thread
        // that calls them would wait for itself.
        let inner = self.inner;
        if inner.ready.released().is_complete() || inner.closed.is_set() || self.is_notifying() {
            return true;
        }
        let options = &self.shared.options;
        // If the clock panics, the polling thread ends the wait.
        let is_late = panics::catch(|| options.clock.monotonic() >= options.init_deadline).unwrap_or(false);
        if is_late {
            self.become_ready();
        }
        is_late
    }

    /// Releases the threads and wakes the futures that wait until the client is ready.
    pub(crate) fn release_ready(self) {
        self.inner.ready.release_waiters();
        self.inner.ready_wakers.wake_all();
    }
}

impl Client {
    /// Returns a future that waits until the client is ready, and returns the state of its config
    /// data: [`wait_for_ready`](Self::wait_for_ready) for async code. It needs no runtime, and
    /// blocks no thread.
    ///
    /// It waits for the max init wait at most, and ends when the client closes. It does not keep
    /// the client open, as a clone does. For a shorter wait use a timeout of your runtime. A client
    /// that is closed already logs event 3201. While futures wait, the client has one more thread,
    /// which notices the end of the max init wait. See [In async
    /// code](crate::docs::running#in-async-code).
    ///
    /// ```
    /// # use configcat::{MapOverrides, OverrideBehavior};
    /// use configcat::{CacheState, Client};
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// assert_eq!(client.ready().await, CacheState::HasLocalOverrideFlagDataOnly);
    /// # Ok::<(), configcat::BuildError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ready(&self) -> impl Future<Output = CacheState> + Send + 'static + use<> {
        let client = self.client_ref();
        if client.inner.closed.is_set() {
            client.shared.hooks.log(&Event::Closed { method: "ready" });
        }
        Ready::new(self.shared.clone())
    }
}
