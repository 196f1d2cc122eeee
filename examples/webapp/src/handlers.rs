//! What is answered to which request.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Path, RawQuery, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::stream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    app::App,
    guard::{self, Attributes, MAX_STREAMS},
    health,
    pages::View,
};

/// How large the body of a webhook may be, and how long it may take to come. It holds what its
/// author on the dashboard makes of the changes: some hundred bytes for each.
const MAX_WEBHOOK_BODY: usize = 256 * 1024;
const WEBHOOK_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an event stream lasts. The page then connects again by itself, but one that hangs does
/// not, and so gives its place away.
const STREAM_LIFETIME: Duration = Duration::from_secs(600);

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
        .route("/style.css", asset("text/css", include_str!("../assets/style.css")))
        .route("/live.js", asset("text/javascript", include_str!("../assets/live.js")))
        .route("/icon.svg", asset("image/svg+xml", include_str!("../assets/icon.svg")))
        .layer(middleware::from_fn(guard::local_only))
        // Its signature protects it, and it comes by another name of this machine: that of a
        // tunnel.
        .route("/webhook", post(webhook).layer(DefaultBodyLimit::max(MAX_WEBHOOK_BODY)))
        .layer(middleware::map_response(with_policy))
        .with_state(app)
}

async fn with_policy(response: Response) -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], response)
}

/// All flags for a user. Nothing here blocks or awaits: the config is in memory.
async fn index(State(app): State<App>, Attributes(query): Attributes) -> Html<String> {
    Html(View::new(&app, query).index().into_string())
}

async fn flag(State(app): State<App>, Path(key): Path<String>, Attributes(query): Attributes) -> Response {
    let view = View::new(&app, query);
    match view.flag(&key) {
        Some(page) => Html(page.into_string()).into_response(),
        None => (StatusCode::NOT_FOUND, Html(view.no_flag(&key).into_string())).into_response(),
    }
}

/// Fetches now, and goes to the page of all flags. What came of it is in its foot.
async fn refresh(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if !guard::is_same_origin(&headers) {
        let text = "Only the pages of this application may ask for a fetch.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    app.refreshes.refresh(app.client).await;
    Redirect::to(&format!("/?{}", query.unwrap_or_default())).into_response()
}

/// A webhook of ConfigCat: something has changed.
async fn webhook(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers().clone();
    match timeout(WEBHOOK_BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => app.webhook.receive(&headers, &body).into_response(),
        Ok(Err(rejection)) => rejection.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Tells an open page what is new: the version of the config as id, how fetching goes as data.
///
/// The server drops the stream when the page has gone: it sees the connection end, or what it sends
/// each 15 s to keep the connection alive fails.
async fn events(State(app): State<App>) -> Response {
    let Some(place) = app.streams.enter() else {
        let text = format!("{MAX_STREAMS} pages are open already. This one is not kept up to date.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let state = (app.client, app.changes.watch(), place, Instant::now() + STREAM_LIFETIME);
    let events = stream::unfold(state, async |(client, mut news, place, end)| {
        timeout_at(end, news.changed()).await.ok()?.ok()?;
        let version = *news.borrow_and_update();
        let event = Event::default().id(version.to_string()).data(health::line(&client));
        Some((Ok::<_, Infallible>(event), (client, news, place, end)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
