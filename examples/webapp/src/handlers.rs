//! The routes and their handlers.

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
    view::View,
};

/// The limits of the body of a webhook: its size, and the time until it has arrived. Its template
/// on the dashboard makes some hundred bytes of each change.
const MAX_WEBHOOK_BODY: usize = 256 * 1024;
const WEBHOOK_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The life of an event stream. After it, an open page connects again by itself. A page that hangs
/// does not, and frees its place.
const STREAM_LIFETIME: Duration = Duration::from_secs(600);

/// The content security policy: files of this server only, and no scripts or styles inside the
/// pages. So texts of a config or a user cannot run code.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn router(app: App) -> Router {
    let asset = |kind, content: &'static str| get(async move || ([(header::CONTENT_TYPE, kind)], content));
    Router::new()
        .route("/", get(index))
        .route("/flag/{key}", get(flag))
        .route("/compare", get(compare))
        .route("/flags.json", get(flags_json))
        .route("/events", get(events))
        .route("/refresh", post(refresh))
        .route("/style.css", asset("text/css", flag_html::STYLE))
        .route("/page.js", asset("text/javascript", flag_html::SCRIPT))
        .route("/live.js", asset("text/javascript", include_str!("../assets/live.js")))
        .route("/icon.svg", asset("image/svg+xml", flag_html::ICON))
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page. All flags are at /.\n"))
        .layer(middleware::from_fn(guard::local_only))
        // Outside of `local_only`: a webhook arrives under the host name of a tunnel, and its
        // signature protects it.
        .route("/webhook", post(webhook).layer(DefaultBodyLimit::max(MAX_WEBHOOK_BODY)))
        .layer(middleware::map_response(with_policy))
        .with_state(app)
}

async fn with_policy(response: Response) -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], response)
}

/// Shows all flags for a user. Neither blocks nor awaits, since the config is in memory.
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

async fn compare(State(app): State<App>, Attributes(query): Attributes) -> Html<String> {
    Html(View::new(&app, query).compare().into_string())
}

async fn flags_json(State(app): State<App>, Attributes(query): Attributes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], View::new(&app, query).json())
}

/// Fetches now, and redirects to the page of all flags. Its footer shows the result.
async fn refresh(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if !guard::is_same_origin(&headers) {
        let text = "Only the pages of this application may request a fetch. Use their button.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    app.refreshes.refresh(app.client).await;
    Redirect::to(&format!("/?{}", query.unwrap_or_default())).into_response()
}

/// Receives a webhook of ConfigCat after a change on the dashboard.
async fn webhook(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers().clone();
    match timeout(WEBHOOK_BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => app.webhook.receive(&headers, &body).into_response(),
        Ok(Err(rejection)) => rejection.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Sends events to an open page: the version of the config as id, and as data the state of fetching
/// and the flags that the last config has changed.
///
/// The server drops the stream when the page is closed: the connection ends, or the keep-alive
/// message that is sent each 15 s fails.
async fn events(State(app): State<App>) -> Response {
    let Some(place) = app.streams.enter() else {
        let text = format!(
            "{MAX_STREAMS} pages are open, which is the limit. This page is not updated; close another one.\n"
        );
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let news = app.changes.watch();
    let state = (app, news, place, Instant::now() + STREAM_LIFETIME);
    let events = stream::unfold(state, async |(app, mut news, place, end)| {
        timeout_at(end, news.changed()).await.ok()?.ok()?;
        // The version is read first, as in a view: a page then gets the changes to this version, or
        // to a later one that begins at a version that the page does not have.
        let version = app.version();
        let event = Event::default().id(version).data(app.news());
        Some((Ok::<_, Infallible>(event), (app, news, place, end)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
