//! Guards against requests from elsewhere and against too many: the application is for one machine,
//! and pages of other sites must not use it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{FromRequestParts, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use configcat::Client;
use flag_html::query::check;
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

/// The most open event streams, one for each open page. More than a person opens, and few enough
/// that idle connections cost little.
pub(crate) const MAX_STREAMS: usize = 64;

/// The least time between two fetches that visitors request: the shortest interval that polling
/// accepts.
const REFRESH_DISTANCE: Duration = Duration::from_secs(1);

/// The attributes in the query of an address, if they are within the limits.
pub(crate) struct Attributes(pub(crate) Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Attributes {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(attributes) = query.map_err(IntoResponse::into_response)?;
        check(&attributes).map_err(|text| (StatusCode::BAD_REQUEST, text + "\n").into_response())?;
        Ok(Self(attributes))
    }
}

/// Refuses requests that name another host than this machine, and those inside of pages of other
/// sites.
///
/// Without the first, a site could make its own name resolve to 127.0.0.1, and then read these
/// pages as its own (DNS rebinding). The port is not compared, since it may be forwarded. Without
/// the second, a page with images of `/events` would take all places for streams, and one with
/// images of `/compare` all time of this process. A link on another site works.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = if !host(headers).is_some_and(is_local) {
        "Open this application at 127.0.0.1 or localhost. It refuses other host names.\n"
    } else if !is_same_origin(headers) && !is_link(headers) {
        "Open this application in a page of its own. It refuses requests inside of other sites.\n"
    } else {
        return next.run(request).await;
    };
    (StatusCode::FORBIDDEN, text).into_response()
}

/// Returns whether the answer becomes the page of a tab, as after a click on a link.
fn is_link(headers: &HeaderMap) -> bool {
    let is = |name, value| headers.get(name).is_some_and(|known| known == value);
    is("Sec-Fetch-Mode", "navigate") && is("Sec-Fetch-Dest", "document")
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
}

/// Returns whether a request comes from a page of this application, or from no page at all.
///
/// The browser sets `Sec-Fetch-Site`, an older one `Origin`, and no script can change these
/// headers.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("Sec-Fetch-Site") {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            let own = host(headers).map(|host| format!("http://{host}"));
            own.is_some_and(|own| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
        }
        None => true,
    }
}

/// Fetches that visitors request: one at a time, with a pause between two.
#[derive(Clone)]
pub(crate) struct Refreshes {
    distance: Duration,
    last: Arc<Mutex<Option<Instant>>>,
}

impl Refreshes {
    pub(crate) fn new() -> Self {
        Self { distance: REFRESH_DISTANCE, last: Arc::default() }
    }

    /// Fetches on a thread that may block, unless such a fetch is under way or has just ended.
    pub(crate) async fn refresh(&self, client: Client) {
        let Ok(mut last) = Arc::clone(&self.last).try_lock_owned() else { return };
        if last.is_some_and(|end| end.elapsed() < self.distance) {
            return;
        }
        // The thread holds the lock. Otherwise a visitor that closes the connection would make room
        // for another fetch.
        let fetch = move || {
            // The page shows the error from `health()`.
            let _ = client.force_refresh();
            *last = Some(Instant::now());
        };
        let _ = spawn_blocking(fetch).await;
    }
}

/// The places for event streams.
#[derive(Clone)]
pub(crate) struct Streams(Arc<Semaphore>);

impl Streams {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_STREAMS)))
    }

    /// Takes a place. Dropping it frees the place. Returns `None` if no place is free.
    pub(crate) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Waker},
        time::Duration,
    };

    use configcat::{Client, PollingMode, fetch::Proxy};
    use configcat_testkit::{Cdn, Reply, SDK_KEY};

    use super::{HeaderMap, Refreshes, is_local, is_same_origin};

    #[test]
    fn this_machine_has_two_names_and_any_port() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LocalHost:1", "localhost:"] {
            assert!(is_local(host), "{host}");
        }
        let others = [
            "",
            ":80",
            "example.com",
            "example.com:8080",
            "127.0.0.1.example.com",
            "localhost.",
            "127.0.0.2",
        ];
        for host in others {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn the_pages_of_others_have_another_origin() {
        let host = ("host", "127.0.0.1:8080");
        for (headers, expected) in [
            (&[host][..], true),
            (&[host, ("sec-fetch-site", "same-origin")], true),
            (&[host, ("sec-fetch-site", "none")], true),
            (&[host, ("sec-fetch-site", "same-site")], false),
            (&[host, ("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080")], false),
            (&[host, ("origin", "http://127.0.0.1:8080")], true),
            (&[host, ("origin", "http://127.0.0.1:8081")], false),
            (&[host, ("origin", "https://127.0.0.1:8080")], false),
            (&[host, ("origin", "http://localhost:8080")], false),
            (&[host, ("origin", "null")], false),
            (&[host, ("origin", "")], false),
            (&[("origin", "http://127.0.0.1:8080")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_same_origin(&map), expected, "{headers:?}");
        }
    }

    fn cdn_and_client() -> (Cdn, Client) {
        let cdn = Cdn::new(r#"{"f": {}}"#);
        let client = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = client.polling_mode(PollingMode::manual()).build().unwrap();
        (cdn, client)
    }

    #[tokio::test]
    async fn fetches_that_visitors_ask_for_keep_their_distance() {
        for (distance, expected) in [(Duration::MAX, 1), (Duration::ZERO, 20)] {
            let (cdn, client) = cdn_and_client();
            let refreshes = Refreshes { distance, ..Refreshes::new() };
            for _ in 0..20 {
                refreshes.refresh(client.clone()).await;
            }
            assert_eq!(cdn.count(), expected);
        }
    }

    #[tokio::test]
    async fn while_a_fetch_hangs_there_is_no_other_though_its_visitor_has_gone() {
        let (cdn, client) = cdn_and_client();
        cdn.script([Reply::hang()]);
        let refreshes = Refreshes { distance: Duration::ZERO, ..Refreshes::new() };
        {
            let visitor = pin!(refreshes.refresh(client.clone()));
            assert!(visitor.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        cdn.await_hanging(1);
        for _ in 0..20 {
            refreshes.refresh(client.clone()).await;
        }
        assert_eq!(cdn.count(), 1);
        cdn.release();
    }
}
