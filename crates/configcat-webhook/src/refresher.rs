//! Refreshes a client off the thread of the request, once for many webhooks.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use configcat::{Client, RefreshErrorKind};

/// Has a client fetch when it is told to, on a thread of its own.
///
/// While a fetch is under way, any number of [triggers](Self::trigger) leads to one more after it. So a burst of webhooks leads
/// to two fetches at most, and the last of them begins after the last webhook has come. A fetch of polling that is under way
/// when a webhook comes may have been answered before the change, so it is awaited and another one follows. (That a fetch is
/// another one is told by the time at which it began: under a [`Clock`](configcat::Clock) that stands still, one trigger may lead
/// to two fetches.)
///
/// Clones share the thread, which is named `configcat-webhook` and ends with the last of them, after what was triggered before. It
/// has a clone of the client, which so lives as long. Fetches that fail are logged by the client, and told to its error hook.
///
/// ```
/// use configcat::{Client, PollingMode, Proxy};
/// use configcat_testkit::{Cdn, SDK_KEY, config_json};
/// use configcat_webhook::Refresher;
///
/// let cdn = Cdn::new(&config_json([("isNew", true)]));
/// let client = Client::builder(SDK_KEY)
///     .base_url(cdn.url())
///     .proxy(Proxy::None)
///     .polling_mode(PollingMode::manual())
///     .build()?;
/// let refresher = Refresher::new(&client)?;
/// refresher.trigger(); // does not wait
/// cdn.await_requests(1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Refresher {
    /// Has room for one trigger; the thread ends when it is dropped.
    wake: SyncSender<()>,
}

impl Refresher {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system would not start a thread.
    pub fn new(client: &Client) -> io::Result<Self> {
        start(client.clone()).map(|(refresher, _)| refresher)
    }

    /// Has the client [refresh](Client::force_refresh) soon. It does not wait for that, nor for anything else.
    pub fn trigger(&self) {
        // Full: one is to begin anyway, and it will see what is new now.
        let _ = self.wake.try_send(());
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}

fn start(client: Client) -> io::Result<(Refresher, JoinHandle<()>)> {
    let (wake, woken) = sync_channel(1);
    let run = move || run(&client, &woken);
    let thread = thread::Builder::new().name("configcat-webhook".into()).spawn(run)?;
    Ok((Refresher { wake }, thread))
}

fn run(client: &Client, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        // What can panic is the application's logger; later webhooks are to be heard all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| refresh(client)));
    }
}

/// Has the client make a fetch that begins from now on. It tells of errors itself.
fn refresh(client: &Client) {
    let last_attempt = || client.health().last_attempt;
    let before = last_attempt();
    let is_closed =
        client.force_refresh().is_err_and(|error| matches!(error.kind(), RefreshErrorKind::Closed));
    // None has begun meanwhile, so that call has joined one that was under way.
    let has_joined = before.is_some() && last_attempt() == before;
    if has_joined && !is_closed && !client.is_offline() {
        let _ = client.force_refresh();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use configcat::{Client, PollingMode, Proxy};
    use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};

    use super::start;

    fn cdn_and_client() -> (Cdn, Client) {
        let cdn = Cdn::new(&config_json([("version", 1)]));
        let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        (cdn, client)
    }

    #[test]
    fn many_triggers_at_once_lead_to_two_fetches_and_the_second_sees_the_change() {
        let (cdn, client) = cdn_and_client();
        let (refresher, thread) = start(client.clone()).unwrap();
        cdn.script([Reply::content().held()]);
        refresher.trigger();
        cdn.await_hanging(1);
        cdn.serve(&config_json([("version", 2)]));
        (0..100).for_each(|_| refresher.trigger());
        drop(refresher);
        cdn.release();
        thread.join().unwrap();
        assert_eq!(cdn.count(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn a_poll_that_began_before_does_not_count() {
        let (cdn, clock) = (Cdn::new(&config_json([("version", 1)])), ManualClock::new());
        cdn.script([Reply::content().held()]);
        let timeout = Duration::from_secs(17);
        let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.request_timeout(timeout).clock(clock.clone()).build().unwrap();
        cdn.await_hanging(1);
        let (refresher, thread) = start(client.clone()).unwrap();
        refresher.trigger();
        clock.await_timer(timeout); // It waits for the poll now.
        cdn.serve(&config_json([("version", 2)]));
        drop(refresher);
        cdn.release();
        thread.join().unwrap();
        assert_eq!(cdn.count(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn each_of_many_threads_may_trigger() {
        let (cdn, client) = cdn_and_client();
        let (refresher, thread) = start(client).unwrap();
        cdn.script([Reply::content().held()]);
        refresher.trigger();
        cdn.await_hanging(1);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let refresher = refresher.clone();
                scope.spawn(move || (0..50).for_each(|_| refresher.trigger()));
            }
        });
        drop(refresher);
        cdn.release();
        thread.join().unwrap();
        assert_eq!(cdn.count(), 2);
    }

    #[test]
    fn one_at_a_time_leads_to_a_fetch_each() {
        let (cdn, client) = cdn_and_client();
        let (refresher, thread) = start(client).unwrap();
        for count in 1..=3 {
            refresher.trigger();
            cdn.await_requests(count);
        }
        drop(refresher);
        thread.join().unwrap();
        assert_eq!(cdn.count(), 3);
    }

    #[test]
    fn failures_and_panics_do_not_end_it() {
        let (cdn, client) = cdn_and_client();
        client.hooks().on_error(|_| panic!("in a hook"));
        let (refresher, thread) = start(client.clone()).unwrap();
        cdn.script([Reply::status(500), Reply::reset()]);
        for count in 1..=3 {
            refresher.trigger();
            cdn.await_requests(count);
        }
        drop(refresher);
        thread.join().unwrap();
        assert_eq!(client.get_value("version", 0, None), 1);
    }

    #[test]
    fn a_closed_client_is_left_alone() {
        let (cdn, client) = cdn_and_client();
        client.close();
        let (refresher, thread) = start(client).unwrap();
        refresher.trigger();
        drop(refresher);
        thread.join().unwrap();
        assert_eq!(cdn.count(), 0);
    }
}
