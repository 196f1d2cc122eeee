//! The server: connections with their limits, and what a fault does to them.

use std::{
    io,
    net::{TcpListener as StdListener, TcpStream as StdStream},
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    answer::{Sent, answer},
    call::{Call, Target},
    content::Content,
    event::{Event, Handled},
    fault::{FaultKind, Schedule, Strike},
};

/// Limit of connections at the same time. Further clients wait until one ends.
// Each of the many processes of a developer's machine has one or two.
const MAX_CONNECTIONS: usize = 256;

/// Limit of the head of a request, in bytes: the usual one of web servers.
const MAX_HEAD: usize = 16 << 10;

/// Limit of the time for the head of a request, and of the time between two requests.
// An SDK polls every 60 s by default, and uses its connection again.
const HEAD_TIME: Duration = Duration::from_secs(75);

/// Limit of the life of a connection, after which a client connects again: without it, clients that
/// read nothing would take all connections for ever.
const CONNECTION_TIME: Duration = Duration::from_secs(600);

/// Limit of the time for answers that are being sent when the server or a connection ends.
const GRACE: Duration = Duration::from_secs(1);

/// Pause after the system has given no connection, for example because there are too many files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The state that all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    content: Mutex<Arc<Content>>,
    faults: Mutex<Schedule>,
    events: mpsc::Sender<Event>,
}

impl Shared {
    pub(super) fn new(content: Content, faults: Schedule, events: mpsc::Sender<Event>) -> Self {
        Self { content: Mutex::new(Arc::new(content)), faults: Mutex::new(faults), events }
    }

    // Both locks are held for one assignment or one addition, which cannot panic half way.
    pub(super) fn content(&self) -> Arc<Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves this content from now on, and returns the one before.
    pub(super) fn replace(&self, content: Arc<Content>) -> Arc<Content> {
        std::mem::replace(&mut *self.content.lock().unwrap_or_else(PoisonError::into_inner), content)
    }
}

/// Serves until `stop` changes or the process gets a signal to end.
pub(super) fn run(
    listener: StdListener,
    shared: &Arc<Shared>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    // One thread is enough: an answer is a copy of bytes.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(accept(listener, shared, stop))
}

async fn accept(listener: StdListener, shared: &Arc<Shared>, stop: watch::Receiver<bool>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    // Ends the connections when it is dropped.
    let (ending, ended) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut signal = pin!(signal(stop));
    loop {
        let is_full = connections.len() >= MAX_CONNECTIONS;
        tokio::select! {
            () = &mut signal => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if !is_full => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(shared), ended.clone()));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop((listener, ending));
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Waits for Ctrl-C, for the signal of `kill`, or for `stop`.
async fn signal(mut stop: watch::Receiver<bool>) {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending();
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        _ = stop.changed() => {}
    }
}

/// Answers the requests of a connection.
async fn serve(stream: TcpStream, shared: Arc<Shared>, mut ended: watch::Receiver<()>) {
    let Ok((stream, twin)) = twins(stream) else { return };
    let is_reset = AtomicBool::new(false);
    let service = service_fn(|request| respond(request, &shared, &is_reset));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD);
    {
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let is_over = tokio::select! {
            _ = &mut connection => true,
            _ = ended.changed() => false,
            () = sleep(CONNECTION_TIME) => false,
        };
        if !is_over {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(GRACE, connection).await;
        }
    }
    if is_reset.load(Ordering::Relaxed) {
        // With a linger time of zero, closing sends a reset.
        let _ = SockRef::from(&twin).set_linger(Some(Duration::ZERO));
    }
}

/// Returns two handles of a stream. The system closes it when both are dropped.
fn twins(stream: TcpStream) -> io::Result<(TcpStream, StdStream)> {
    let stream = stream.into_std()?;
    let twin = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, twin))
}

/// Answers a request. An error ends the connection.
async fn respond<B>(
    request: Request<B>,
    shared: &Shared,
    is_reset: &AtomicBool,
) -> Result<Response<Sent>, io::Error> {
    let call = Call::new(&request);
    let is_struck = matches!(call.target, Target::Config(_)) && call.method != Method::OPTIONS;
    let strike = if is_struck {
        shared.faults.lock().unwrap_or_else(PoisonError::into_inner).next()
    } else {
        Strike::default()
    };
    if !strike.delay.is_zero() {
        sleep(strike.delay).await;
    }
    let response = match strike.answer {
        Some(FaultKind::Reset | FaultKind::Hang) => None,
        fault => Some(answer(&call, &shared.content(), fault)),
    };
    let is_hanging = strike.answer == Some(FaultKind::Hang);
    let handled = Handled::new(call, strike, response.as_ref());
    // Waits if nobody reads the log as fast as requests come, so it cannot grow without limit.
    let _ = shared.events.send(Event::Handled(handled)).await;
    match response {
        Some(response) => Ok(response),
        None if is_hanging => std::future::pending().await,
        None => {
            is_reset.store(true, Ordering::Relaxed);
            Err(io::Error::other("the fault `reset`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::Instant,
    };

    use super::*;
    use crate::{flags::Flags, source::Source};

    const REQUEST: &str = "GET /configuration-files/any/config_v6.json HTTP/1.1\r\n\r\n";

    /// Returns the time after which the server ends a connection, by a clock that jumps to the next
    /// timer, and what it has sent.
    fn end_of_connection(request: &str, faults: &[&str]) -> (Duration, String) {
        let faults: Vec<_> = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let source = Source::new("flags.json".to_owned(), r#"{"flags": {"isNew": true}}"#.to_owned(), 1);
        let content = Content::new(Flags::parse(source).unwrap()).unwrap();
        let (events, _receiver) = mpsc::channel(9);
        let shared = Arc::new(Shared::new(content, Schedule::new(&faults), events));
        let runtime = runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            client.write_all(request.as_bytes()).await.unwrap();
            let (_running, ended) = watch::channel(());
            let (start, mut answer) = (Instant::now(), Vec::new());
            let ((), read) = tokio::join!(serve(stream, shared, ended), client.read_to_end(&mut answer));
            read.unwrap();
            (start.elapsed(), String::from_utf8(answer).unwrap())
        })
    }

    #[test]
    fn half_a_head_ends_the_connection_after_its_time() {
        let (time, answer) = end_of_connection("GET / HTTP/1.1\r\nHost: ", &[]);
        assert!((HEAD_TIME..2 * HEAD_TIME).contains(&time), "{time:?}");
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[test]
    fn an_idle_connection_ends_after_the_same_time() {
        let (time, answer) = end_of_connection(REQUEST, &[]);
        assert!((HEAD_TIME..2 * HEAD_TIME).contains(&time), "{time:?}");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[test]
    fn no_connection_lives_longer_than_ten_minutes() {
        let (time, answer) = end_of_connection(REQUEST, &["hang"]);
        assert!((CONNECTION_TIME..CONNECTION_TIME + 2 * GRACE).contains(&time), "{time:?}");
        assert_eq!(answer, "");
    }
}
