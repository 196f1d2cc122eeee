//! What is answered to which request.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use configcat::Client;
use futures_util::stream::{self, Stream};
use tokio::task::spawn_blocking;

use crate::{changes::Changes, health, pages::View, webhook::Webhook};

/// What all handlers share; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) changes: Arc<Changes>,
    /// Where the flags come from, for the foot of the page.
    pub(crate) source: Arc<str>,
    pub(crate) webhook: Webhook,
}

type Attributes = Query<Vec<(String, String)>>;

/// Nothing from elsewhere, and nothing within the pages but text: whatever a config or a user says.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn router(app: App) -> Router {
    let asset = |kind, content: &'static str| get(async move || ([(header::CONTENT_TYPE, kind)], content));
    Router::new()
        .route("/", get(index))
        .route("/flag/{key}", get(flag))
        .route("/events", get(events))
        .route("/refresh", post(refresh))
        .route("/webhook", post(webhook))
        .route("/style.css", asset("text/css", include_str!("../assets/style.css")))
        .route("/live.js", asset("text/javascript", include_str!("../assets/live.js")))
        .route("/icon.svg", asset("image/svg+xml", include_str!("../assets/icon.svg")))
        .layer(middleware::map_response(with_policy))
        .with_state(app)
}

async fn with_policy(response: Response) -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], response)
}

/// All flags for a user. Nothing here blocks or awaits: the config is in memory.
async fn index(State(app): State<App>, Query(query): Attributes) -> Html<String> {
    Html(View::new(&app, query).index().into_string())
}

async fn flag(State(app): State<App>, Path(key): Path<String>, Query(query): Attributes) -> Response {
    let view = View::new(&app, query);
    match view.flag(&key) {
        Some(page) => Html(page.into_string()).into_response(),
        None => (StatusCode::NOT_FOUND, Html(view.no_flag(&key).into_string())).into_response(),
    }
}

/// Fetches now, on a thread that may block, and goes to the page of all flags. What came of it is in its foot.
async fn refresh(State(app): State<App>, RawQuery(query): RawQuery) -> Redirect {
    // An error is in `health()` too, which the page shows.
    let _ = spawn_blocking(move || app.client.force_refresh()).await;
    Redirect::to(&format!("/?{}", query.unwrap_or_default()))
}

/// A webhook of ConfigCat: something has changed. The body is read whole, up to the limit of 2 MB that axum has.
async fn webhook(State(app): State<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    app.webhook.receive(&headers, &body)
}

/// Tells an open page what is new: the version of the config as id, how fetching goes as data.
async fn events(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = app.changes.watch();
    let events = stream::unfold((app.client, news), async |(client, mut news)| {
        news.changed().await.ok()?;
        let version = *news.borrow_and_update();
        let event = Event::default().id(version.to_string()).data(health::line(&client));
        Some((Ok(event), (client, news)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
