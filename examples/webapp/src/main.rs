//! The sample web application: `cargo run -p webapp`, then open the address that it prints.
//!
//! It shows what the flags of `examples/flags.json` are for a user, and why. Change that file while
//! it runs: what changes shows on the page in about a second. How it uses a synchronous SDK in
//! asynchronous code:
//!
//! - **One client** for the process, in the state of the router. Cloning it is cheap.
//! - **What may block is done on a thread for that**, with `spawn_blocking`: waiting for the first
//!   config here, and `force_refresh` in `guard`.
//! - **Evaluating never blocks** then, so handlers do it where they are. Each takes one snapshot,
//!   so that a page is of one config from top to bottom.
//! - **News of the client** comes by hooks on its own thread. A hook puts it into a channel
//!   (`changes`), and the tasks that wait for it are woken.
//!
//! It is for the browsers of this machine, and for as many of them as [`guard`] says: requests that
//! name another host are refused, and so is a `POST /refresh` of another site. Only `/webhook` may
//! be reached from outside.
//!
//! | argument or variable | what for |
//! |---|---|
//! | the first argument | the config JSON to serve instead of `examples/flags.json` |
//! | `CONFIGCAT_SDK_KEY` | shows the flags of this key, from ConfigCat's CDN |
//! | `CONFIGCAT_WEBHOOK_KEY` | the signing key of a webhook of ConfigCat, which is received at `/webhook` then; several with commas between |
//! | `PORT` | where to listen on 127.0.0.1; if it is not set, at a port that is free |

mod app;
mod changes;
mod explain;
mod flag_page;
mod guard;
mod handlers;
mod health;
mod pages;
mod sample;
mod visitor;
mod webhook;

use std::{env, error::Error, net::Ipv4Addr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
use configcat_testkit::SDK_KEY;
use tokio::{net::TcpListener, task::spawn_blocking};

use crate::{
    app::App,
    changes::Changes,
    guard::{Refreshes, Streams},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long the first page may have to wait for a config. As long as evaluations do: they need not
/// wait any more then.
const MAX_INIT_WAIT: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let changes = Arc::new(Changes::new());
    let (client, source) = {
        let changes = Arc::clone(&changes);
        spawn_blocking(move || start(&changes)).await??
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port()?)).await?;
    println!("The flags of {source}: http://{}/", listener.local_addr()?);
    let webhook = webhook::Webhook::new(&client, &env::var("CONFIGCAT_WEBHOOK_KEY").unwrap_or_default())?;
    let (refreshes, streams) = (Refreshes::new(), Streams::new());
    let app = App { client, changes, source: source.into(), webhook, refreshes, streams };
    Ok(axum::serve(listener, handlers::router(app)).await?)
}

/// Builds the client and waits for what it has to say first; and where its flags come from. This
/// blocks.
fn start(changes: &Arc<Changes>) -> Result<(Client, String)> {
    let (builder, source) = match env::var("CONFIGCAT_SDK_KEY") {
        Ok(sdk_key) if !sdk_key.is_empty() => with_real_cdn(&sdk_key),
        _ => with_sample(env::args_os().nth(1).map(PathBuf::from))?,
    };
    let client = builder.hooks(|hooks| changes.subscribe(hooks)).build()?;
    changes.follow(client.clone());
    client.wait_for_ready(MAX_INIT_WAIT);
    Ok((client, source))
}

fn with_real_cdn(sdk_key: &str) -> (ClientBuilder, String) {
    let mode = PollingMode::auto().interval(Duration::from_secs(10)).max_init_wait(MAX_INIT_WAIT);
    (Client::builder(sdk_key).polling_mode(mode), "ConfigCat's CDN".to_owned())
}

fn with_sample(path: Option<PathBuf>) -> Result<(ClientBuilder, String)> {
    let source = path.as_ref().map_or("examples/flags.json".to_owned(), |path| path.display().to_string());
    let base_url = sample::serve(path.unwrap_or_else(sample::default_path))
        .map_err(|cause| format!("{source}: {cause}"))?;
    let mode = PollingMode::auto().interval(Duration::from_secs(1)).max_init_wait(MAX_INIT_WAIT);
    // The server is in this process, so no proxy leads to it.
    let builder = Client::builder(SDK_KEY).base_url(base_url).proxy(Proxy::None).polling_mode(mode);
    Ok((builder, source))
}

fn port() -> Result<u16> {
    match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| format!("PORT is no port: {port}").into()),
        Err(_) => Ok(0),
    }
}
