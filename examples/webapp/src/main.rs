//! The sample web application: `cargo run -p webapp`, then open the address that it prints.
//!
//! It shows the values of the flags of `examples/flags.json` for a user, with the reasons. Change
//! that file during the run: the page shows the change in about a second. A synchronous SDK in
//! asynchronous code works here in this way:
//!
//! - **One client** for the process, in the state of the router. Cloning it is cheap.
//! - **Blocking calls run on threads for that**, with `spawn_blocking`: the wait for the first
//!   config here, and `force_refresh` in `guard`.
//! - **Evaluations never block** after that, so handlers evaluate directly. Each handler takes one
//!   snapshot, so that all values of a page come from the same config.
//! - **Hooks run on a thread of the client.** They send to a channel (`changes`), which wakes the
//!   waiting tasks.
//!
//! It serves the browsers of this machine only, within the limits of [`guard`]: it refuses requests
//! that name another host, and those inside of pages of other sites. Only `/webhook` accepts
//! requests from outside.
//!
//! | argument or variable | effect |
//! |---|---|
//! | the first argument | the config JSON to serve instead of `examples/flags.json` |
//! | `CONFIGCAT_SDK_KEY` | shows the flags of this key, from ConfigCat's CDN |
//! | `CONFIGCAT_WEBHOOK_KEY` | receives webhooks of ConfigCat at `/webhook`, verified with this signing key; several keys are separated by commas |
//! | `PORT` | the port on 127.0.0.1; by default any free one |

mod app;
mod changes;
mod compare;
mod flag_page;
mod guard;
mod handlers;
mod health;
mod json;
mod list;
mod pages;
mod sample;
mod user_form;
mod view;
mod webhook;

use std::{env, error::Error, net::Ipv4Addr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
use configcat_testkit::SDK_KEY;
use tokio::{net::TcpListener, task::spawn_blocking};

use crate::{
    app::App,
    changes::Changes,
    guard::{Refreshes, Streams},
    sample::FileProblem,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The limit of the wait for the first config, before the server starts. The same as the max init
/// wait of the client, so that evaluations need not wait after it.
const MAX_INIT_WAIT: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    env_logger::init();
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
    let file = FileProblem::default();
    let (client, source) = {
        let (changes, file) = (Arc::clone(&changes), file.clone());
        spawn_blocking(move || start(&changes, file)).await??
    };
    client.ready().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port()?)).await?;
    println!("The flags of {source}: http://{}/", listener.local_addr()?);
    let webhook = webhook::Webhook::new(&client, &env::var("CONFIGCAT_WEBHOOK_KEY").unwrap_or_default())?;
    let (refreshes, streams) = (Refreshes::new(), Streams::new());
    let app = App { client, changes, source: source.into(), file, webhook, refreshes, streams };
    Ok(axum::serve(listener, handlers::router(app)).await?)
}

/// Builds the client. Returns it with the source of its flags, for the footer.
fn start(changes: &Arc<Changes>, file: FileProblem) -> Result<(Client, String)> {
    let (builder, source) = match env::var("CONFIGCAT_SDK_KEY") {
        Ok(sdk_key) if !sdk_key.is_empty() => with_real_cdn(&sdk_key),
        _ => with_sample(env::args_os().nth(1).map(PathBuf::from), file)?,
    };
    let client = builder.hooks(|hooks| changes.subscribe(hooks)).build()?;
    changes.follow(client.clone());
    Ok((client, source))
}

fn with_real_cdn(sdk_key: &str) -> (ClientBuilder, String) {
    let mode = PollingMode::auto().interval(Duration::from_secs(10)).max_init_wait(MAX_INIT_WAIT);
    (Client::builder(sdk_key).polling_mode(mode), "ConfigCat's CDN".to_owned())
}

fn with_sample(path: Option<PathBuf>, problem: FileProblem) -> Result<(ClientBuilder, String)> {
    let source = path.as_ref().map_or("examples/flags.json".to_owned(), |path| path.display().to_string());
    let base_url = sample::serve(path.unwrap_or_else(sample::default_path), &source, problem)
        .map_err(|cause| format!("{source}: {cause}"))?;
    let mode = PollingMode::auto().interval(Duration::from_secs(1)).max_init_wait(MAX_INIT_WAIT);
    // The server is in this process, which no proxy can reach.
    let builder = Client::builder(SDK_KEY).base_url(base_url).proxy(Proxy::None).polling_mode(mode);
    Ok((builder, source))
}

fn port() -> Result<u16> {
    match env::var("PORT") {
        Ok(port) => {
            port.parse().map_err(|_| format!("PORT is '{port}'; use a number from 0 to 65535").into())
        }
        Err(_) => Ok(0),
    }
}
