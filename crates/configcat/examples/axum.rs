//! A web server with axum: one client in the state of the router, awaited before it serves.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example axum`

use std::{env, error::Error};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use configcat::{Client, User};
use tokio::net::TcpListener;

/// Evaluates directly: a ready client never waits.
async fn greeting(State(client): State<Client>, Path(country): Path<String>) -> String {
    client.get_value("greeting", "(no greeting)", &User::new("#UNIQUE-USER-ID#").country(country))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let mut builder = Client::builder_from_env();
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    client.ready().await;

    let app = Router::new().route("/{country}", get(greeting)).with_state(client);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/HU", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
