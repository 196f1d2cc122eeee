//! The application over HTTP, without a browser.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod support;

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use ureq::Agent;

use self::support::App;

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(30))).build().into()
}

/// Status, headers and body of a page.
fn get(app: &App, path: &str) -> (u16, String, String) {
    let mut response = agent().get(format!("{}{path}", app.url)).call().unwrap();
    let headers = format!("{:?}", response.headers());
    (response.status().as_u16(), headers, response.body_mut().read_to_string().unwrap())
}

#[test]
fn pages_are_whole_without_a_script() {
    let app = App::start();
    let (status, headers, page) = get(&app, "?Identifier=%231003&Country=DE&Plan=pro&Orders=12");
    assert_eq!(status, 200);
    assert!(headers.contains("default-src 'none'"), "{headers}");
    for text in [
        "<h1>Guten Tag!</h1>",
        "maxUploadMb",
        ">100<",
        "Rule 2: ",
        "Healthy.",
        "the first config, with 9 flags",
    ] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let (status, _, page) = get(&app, "flag/greeting?Country=HU");
    assert_eq!(status, 200);
    for text in ["<strong>Country</strong>", "equals", "<code>HU</code>", "this rule matches", "not reached"]
    {
        assert!(page.contains(text), "{text} in {page}");
    }
    let (status, _, page) = get(&app, "?Identifier=");
    assert!(status == 200 && page.contains("User Object is missing"), "{page}");
    assert_eq!(get(&app, "flag/none").0, 404);
    for (path, kind) in
        [("style.css", "text/css"), ("live.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
    {
        let (status, headers, _) = get(&app, path);
        assert!(status == 200 && headers.contains(kind), "{path} {headers}");
    }
}

#[test]
fn texts_of_a_config_and_of_users_are_no_markup() {
    const HOSTILE: &str = r#""><script>alert(1)</script>&'"#;
    let json = HOSTILE.replace('"', r#"\""#);
    let config = format!(
        r#"{{"f": {{"{json}": {{"t": 1, "v": {{"s": "{json}"}}, "i": "{json}", "r": [
            {{"c": [{{"u": {{"a": "{json}", "c": 0, "l": ["{json}"]}}}}, {{"p": {{"f": "{json}", "c": 0, "v": {{"s": "{json}"}}}}}}],
              "p": [{{"p": 100, "v": {{"s": "{json}"}}, "i": "{json}"}}]}}]}}}}}}"#
    );
    let app = App::with(&config, &[]);
    let hostile = "%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%26%27";
    for path in [String::new(), format!("flag/{hostile}"), format!("flag/{hostile}other")] {
        let (_, _, page) = get(&app, &format!("{path}?Identifier={hostile}&{hostile}={hostile}"));
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
        assert!(!page.contains(r#"=""><"#), "{page}");
    }
}

#[test]
fn events_tell_of_each_config() {
    let app = App::start();
    let (_, _, page) = get(&app, "");
    let version =
        |page: &str| page.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let response = agent().get(format!("{}events", app.url)).call().unwrap();
    let lines = BufReader::new(response.into_body().into_reader()).lines().map(Result::unwrap);
    let mut ids = lines.filter_map(|line| line.strip_prefix("id: ").map(str::to_owned));
    let first = ids.next().unwrap();
    assert_eq!(first, version(&page), "it is told at once, to a page that has come with it");
    app.start_sale();
    let second = ids.find(|id| *id != first).unwrap();
    let (_, _, page) = get(&app, "");
    assert_eq!(second, version(&page));
    assert!(page.contains("for everybody else false → true"), "{page}");
}

#[test]
fn a_refresh_goes_back_to_the_page_of_the_user() {
    let app = App::start();
    let url = format!("{}refresh?Country=DE", app.url);
    let mut response = agent().post(url).send_empty().unwrap();
    assert!(response.body_mut().read_to_string().unwrap().contains("<h1>Guten Tag!</h1>"));
}

#[test]
fn webhooks_need_a_key_and_a_signature() {
    for (key, expected) in [("", 404), ("configcat_whsk_any", 401)] {
        let app = App::with(r#"{"f": {}}"#, &[("CONFIGCAT_WEBHOOK_KEY", key)]);
        let response = agent().post(format!("{}webhook", app.url)).send_empty().unwrap();
        assert_eq!(response.status(), expected);
    }
}
