//! `configcat serve`: a local CDN for the SDKs of all languages.

mod answer;
mod call;
mod content;
mod convert;
mod event;
mod fault;
mod server;
mod watch;

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use serde_json::json;
use tokio::sync::{mpsc, watch as tokio_watch};

use self::{
    convert::Form,
    event::Event,
    fault::{Fault, Schedule},
    server::Shared,
};
use crate::{
    Outcome,
    failure::Failure,
    format::Format,
    screen::{BOLD, Screen, YELLOW, plural, shown, styled},
};

/// Requests that wait to be printed, before the server waits too.
// A terminal prints so many lines in milliseconds; while it is paused, memory must not grow.
const MAX_EVENTS: usize = 1000;

/// Serves the flags to ConfigCat SDKs as their CDN, and shows each request.
///
/// Set the printed URL as base URL of an SDK of any language; any SDK key gets the flags. When the
/// file is saved, the new flags are served at once, and the changed ones are printed, each with a
/// user that gets another value. A file that cannot be served leaves the last flags in place.
/// Ctrl-C ends the server.
///
/// Pages in browsers may read the flags (CORS), from any origin.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 8250)]
    port: u16,
    /// Address to listen at; 0.0.0.0 lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Fault in place of the config: a status such as 503, delay=2s, rubbish, empty, half, reset or
    /// hang; 25%:503 strikes every fourth request. Of several faults, a later one strikes the
    /// requests that the earlier ones leave
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// Form of the output; `json` prints an object for each event
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let content = watch::load(&args.flags)?;
    let (listener, address) = listen(SocketAddr::new(args.bind, args.port))?;
    let name =
        if args.flags == Path::new("-") { "<stdin>".to_owned() } else { args.flags.display().to_string() };
    print_start(&name, address, &content, args, screen)?;

    let (sender, mut events) = mpsc::channel(MAX_EVENTS);
    let (stop, stopped) = tokio_watch::channel(false);
    let shared = Arc::new(Shared::new(content, Schedule::new(&args.faults), sender.clone()));
    if name != "<stdin>" {
        let (path, shared, sender) = (args.flags.clone(), Arc::clone(&shared), sender.clone());
        // Ends with the process: it may be comparing large configs when the server ends.
        spawn("watch", move || watch::watch(path, &shared, &sender))?;
    }
    let server = spawn("server", move || {
        let result = server::run(listener, &shared, stopped);
        // Fails if nobody reads the output any more.
        let _ = sender.blocking_send(Event::Ended(result));
    })?;

    let written = print_events(&mut events, &name, args.format, screen);
    // Without a receiver, no sender waits for one.
    drop((events, stop));
    let _ = server.join();
    written.map(|()| Outcome::Fine)
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|cause| {
        let is_used = cause.kind() == io::ErrorKind::AddrInUse;
        let failure = Failure::cannot(format_args!("listen at {address}"), cause);
        if is_used { failure.help("`--port 0` takes a free port") } else { failure }
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>, Failure> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|cause| Failure::cannot("start a thread", cause))
}

/// Prints the base URL and what else a person needs to know.
fn print_start(
    name: &str,
    address: SocketAddr,
    content: &content::Content,
    args: &Args,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let (url, count) = (format!("http://{address}"), content.config.keys().count());
    if args.format == Format::Json {
        screen.json(&json!({"event": "serving", "url": url, "flags": count}))?;
        return Ok(screen.flush()?);
    }
    let flags = plural(count, "flag");
    writeln!(screen, "Serving {flags} of {} at {}", shown(name), styled(BOLD, &url))?;
    writeln!(screen, "Set this base URL in a ConfigCat SDK of any language, with any SDK key, such as")?;
    writeln!(
        screen,
        "configcat-sdk-1/local-cdn-------------/local-cdn-------------. Ctrl-C ends the server."
    )?;
    let mut note = |text: String| writeln!(screen, "{} {text}", styled(YELLOW, "note:"));
    match content.form {
        Form::Version(6) => {}
        Form::Version(version) => {
            note(format!("the file has version {version} of the config JSON; version 6 is served too"))?;
        }
        Form::Simple => {
            note("an integer is served as an int setting; write 10.0 for a double setting".to_owned())?;
        }
    }
    if let Some(url) = &content.forced_url {
        note(format!("the file forces clients to {}; here, they stay at this server", shown(url)))?;
    }
    if !args.bind.is_loopback() {
        note("other machines can read the flags".to_owned())?;
    }
    writeln!(screen)?;
    Ok(screen.flush()?)
}

fn print_events(
    events: &mut mpsc::Receiver<Event>,
    name: &str,
    format: Format,
    screen: &mut Screen,
) -> Result<(), Failure> {
    while let Some(event) = events.blocking_recv() {
        if !event::write(event, name, format, screen)? {
            break;
        }
    }
    Ok(())
}
