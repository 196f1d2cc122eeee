//! Tests of the application over HTTP, without a browser.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod support;

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use ureq::Agent;

use self::support::App;

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(30))).build().into()
}

/// Text of a flag whose evaluation takes too much work.
const TOO_COMPLEX: &str = "evaluating takes more work than any real config does";

/// Returns status, headers and body of a page.
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
    let (status, _, page) = get(&app, "flag/Greting?Country=HU");
    assert!(status == 404 && page.contains("Did you mean <a href=\"/flag/greeting?Country=HU\">"), "{page}");
    assert_eq!(get(&app, "flag/").2, "There is no such page. All flags are at /.\n");
    for (path, kind) in [
        ("style.css", "text/css"),
        ("page.js", "text/javascript"),
        ("live.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let (status, headers, _) = get(&app, path);
        assert!(status == 200 && headers.contains(kind), "{path} {headers}");
    }
}

#[test]
fn flags_json_has_values_ids_and_reasons() {
    let app = App::start();
    let (status, headers, text) = get(&app, "flags.json?Identifier=1&Country=DE&plan=pro");
    assert!(
        status == 200 && headers.contains("application/json") && headers.contains("nosniff"),
        "{headers}"
    );
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["user"], serde_json::json!({"Identifier": "1", "Country": "DE", "plan": "pro"}));
    let greeting = serde_json::json!({
        "value": "Guten Tag!", "variationId": "0de5783c", "error": null, "warnings": [],
        "reason": "Rule 2: User.Country IS ONE OF ['AT', 'CH', 'DE']",
    });
    assert_eq!(json["flags"]["greeting"], greeting);
    assert_eq!(json["flags"]["discount"]["value"], 0.0);
    assert_eq!(json["flags"]["maxUploadMb"]["value"], 10);
    let missing = "Attribute missing: Company, Plan (the user has no attribute 'Plan', and has 'plan'; names \
                   are case-sensitive)";
    assert_eq!(json["flags"]["maxUploadMb"]["reason"], missing);
    assert_eq!(json["flags"]["maxUploadMb"]["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(json["flags"].as_object().unwrap().len(), 9);
    let (_, _, text) = get(&app, "flags.json?Identifier=&.find=greet");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["user"], json["flags"].as_object().unwrap().len()), (&serde_json::Value::Null, 1));
}

#[test]
fn the_list_of_flags_has_one_budget_of_work() {
    // Each flag evaluates 50,000 conditions, a third of the budget.
    let conditions = vec![r#"{"a": "Email", "c": 29, "s": "x"}"#; 1000].join(",");
    let rules = vec![r#"{"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}}}"#; 50].join(",");
    let flags: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|key| format!(r#""{key}": {{"t": 0, "v": {{"b": false}}, "r": [{rules}]}}"#))
        .into();
    let flags = flags.join(",");
    let app = App::with(&format!(r#"{{"s": [{{"n": "S", "r": [{conditions}]}}], "f": {{{flags}}}}}"#), &[]);
    let (_, _, page) = get(&app, "?Identifier=1&Email=e");
    assert_eq!(page.matches("class=\"flag\"").count(), 5, "{page}");
    assert_eq!(page.matches(TOO_COMPLEX).count(), 2, "{page}");
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
    for path in
        [String::new(), format!("flag/{hostile}"), format!("flag/{hostile}other"), "compare".to_owned()]
    {
        let other = format!(".other.{hostile}={hostile}&.find={hostile}");
        let (_, _, page) = get(&app, &format!("{path}?Identifier={hostile}&{hostile}={hostile}&{other}"));
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
        assert!(!page.contains(r#"=""><"#), "{page}");
    }
}

#[test]
fn overrides_are_for_one_page_and_a_banner_says_so() {
    let app = App::start();
    let query = "Identifier=1&flags=isSaleRunning%3Dtrue%3Bdiscount%3D0.5%3BmaxUploadMb%3Dmany";
    let (_, _, page) = get(&app, &format!("?{query}"));
    assert!(page.contains("The sale is on: 50 % off for you."), "{page}");
    for text in ["On this page only", "<code>isSaleRunning</code>", "<code>discount</code>"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(page.contains("(not <code>maxUploadMb</code>, which is of another type)"), "{page}");
    // No link and no form leads to another page with the overrides.
    assert!(!page.contains("flags="), "{page}");
    let (_, _, json) = get(&app, &format!("flags.json?{query}"));
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["flags"]["isSaleRunning"]["value"], &json["user"]),
        (&json!(true), &json!({"Identifier": "1"}))
    );
    assert_eq!(json["overridden"], json!(["isSaleRunning", "discount"]));
    let json =
        |query: &str| serde_json::from_str::<Json>(&get(&app, &format!("flags.json?{query}")).2).unwrap();
    let refused = json("flags=isSaleRunning");
    assert!(refused["overridesError"].as_str().unwrap().starts_with("part 1 of the overrides"), "{refused}");
    let plain = json("Identifier=1");
    assert_eq!((&plain["overridden"], &plain["overridesError"]), (&json!([]), &Json::Null));
    let (_, _, page) = get(&app, "?Identifier=1");
    assert!(!page.contains("The sale is on") && !page.contains("On this page only"), "{page}");
    let (status, _, page) = get(&app, "?flags=isSaleRunning");
    assert!(status == 200 && page.contains("No flag is overridden: part 1 of the overrides"), "{page}");
}

#[test]
fn overrides_are_no_markup() {
    let app = App::start();
    let (_, _, page) = get(&app, "?flags=%3Cscript%3Ealert(1)%3C/script%3E%3Dx%3Bgreeting%3D%3Cb%3Ebold");
    assert!(
        page.contains("<code>&lt;script&gt;alert(1)") && page.contains("<h1>&lt;b&gt;bold</h1>"),
        "{page}"
    );
    assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
}

/// Returns the ids of the events in a stream, with their data.
fn events(mut lines: impl Iterator<Item = String>) -> impl Iterator<Item = (String, Json)> {
    std::iter::from_fn(move || {
        let mut event = (None, None);
        loop {
            match lines.next()?.split_once(": ") {
                Some(("id", id)) => event.0 = Some(id.to_owned()),
                Some(("data", data)) => event.1 = serde_json::from_str(data).ok(),
                _ => {}
            }
            if let (Some(id), Some(data)) = (&event.0, &event.1) {
                return Some((id.clone(), Json::clone(data)));
            }
        }
    })
}

#[test]
fn events_tell_of_each_config() {
    let app = App::start();
    let (_, _, page) = get(&app, "");
    let version =
        |page: &str| page.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let response = agent().get(format!("{}events", app.url)).call().unwrap();
    let lines = BufReader::new(response.into_body().into_reader()).lines().map(Result::unwrap);
    let mut events = events(lines);
    let (first, _) = events.next().unwrap();
    assert_eq!(first, version(&page), "it is told at once, to a page that has come with it");
    app.start_sale();
    let (second, data) = events.find(|(id, _)| *id != first).unwrap();
    let changed: BTreeSet<_> = data["changed"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    assert_eq!((&data["since"], changed), (&json!(first), BTreeSet::from(["discount", "isSaleRunning"])));
    assert!(data["health"].as_str().unwrap().starts_with("Healthy."), "{data}");
    let (_, _, page) = get(&app, "");
    assert_eq!(second, version(&page));
    assert!(page.contains("for all other users false → true"), "{page}");
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

/// Sends a request with these headers. Returns the status and the text of the answer.
fn post(app: &App, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = agent().post(format!("{}{path}", app.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send_empty().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

#[test]
fn a_query_has_a_limited_number_of_attributes_and_bytes() {
    let app = App::start();
    let attributes = |count: usize| (0..count).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");
    let text = |bytes: usize| format!("Email={}", "%40".repeat(bytes - "Email".len()));
    for (query, expected) in [
        (attributes(128), 200),
        (attributes(129), 400),
        (attributes(6000), 400),
        (text(8 * 1024), 200),
        (text(8 * 1024 + 1), 400),
    ] {
        for path in ["", "flag/greeting", "compare", "flags.json"] {
            let (status, _, page) = get(&app, &format!("{path}?{query}"));
            assert_eq!(status, expected, "{path} and {} bytes", query.len());
            let says_why = page.contains("The limits are 128 attributes and 8192 bytes.");
            assert_eq!(says_why, expected == 400, "{page}");
        }
    }
}

#[test]
fn other_sites_cannot_have_it_fetch() {
    let app = App::start();
    let origin = app.url.trim_end_matches('/');
    for (headers, expected) in [
        (&[][..], 200),
        (&[("Origin", origin)], 200),
        (&[("Sec-Fetch-Site", "same-origin"), ("Origin", origin)], 200),
        (&[("Origin", "http://example.com")], 403),
        (&[("Origin", "null")], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Sec-Fetch-Site", "same-site"), ("Origin", origin)], 403),
    ] {
        assert_eq!(post(&app, "refresh", headers).0, expected, "{headers:?}");
    }
}

#[test]
fn a_malformed_sdk_key_is_an_error_that_does_not_show_it() {
    let key = "secret-part-of-a-malformed-key";
    let output = Command::new(env!("CARGO_BIN_EXE_webapp")).env("CONFIGCAT_SDK_KEY", key).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(
        text.contains("SDK key") && !text.contains("secret") && !text.contains("malformed-key"),
        "{text}"
    );
}

#[test]
fn other_sites_can_link_to_a_page_and_use_it_for_nothing_else() {
    let app = App::start();
    let cross = ("Sec-Fetch-Site", "cross-site");
    for (headers, expected) in [
        (&[][..], 200),
        (&[("Sec-Fetch-Site", "same-origin")], 200),
        (&[("Sec-Fetch-Site", "none")], 200),
        (&[cross, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], 200),
        (&[cross, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")], 403),
        (&[cross, ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")], 403),
        (&[cross, ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "document")], 403),
        (&[("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors")], 403),
        (&[cross], 403),
        (&[("Origin", "http://example.com")], 403),
    ] {
        for path in ["", "flag/greeting", "compare", "flags.json", "events", "page.js", "live.js"] {
            let request = agent().get(format!("{}{path}", app.url));
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            assert_eq!(request.call().unwrap().status(), expected, "{path} {headers:?}");
        }
    }
}

#[test]
fn a_page_of_many_flags_has_a_limited_size() {
    let flag = |number: usize| format!(r#""flag{number}": {{"t": 2, "v": {{"i": {number}}}}}"#);
    let flags: Vec<_> = (0..2_000).map(flag).collect();
    let app = App::with(&format!(r#"{{"f": {{{}}}}}"#, flags.join(",")), &[]);
    let long = format!("Identifier=1&Email={}", "%40".repeat(8_000));
    for path in ["", "compare"] {
        for (query, is_whole) in [("Identifier=1", true), (&long, false)] {
            let (status, _, page) = get(&app, &format!("{path}?{query}"));
            assert_eq!(status, 200);
            assert!(page.len() < 5 << 20, "{} bytes of /{path}", page.len());
            assert_eq!(page.contains("more flags are left out"), !is_whole, "/{path}");
            assert!(page.contains("2000 flags"), "/{path} has the number of all flags");
        }
    }
    let (_, _, json) = get(&app, &format!("flags.json?{long}"));
    assert!(json.contains("\"flag1999\"") && json.len() < 5 << 20, "{} bytes of JSON", json.len());
}

#[test]
fn of_two_values_of_an_attribute_the_form_and_the_evaluation_have_the_last() {
    let app = App::start();
    let (_, _, page) = get(&app, "flag/greeting?Country=FR&Country=HU&=nameless");
    for text in ["Jó napot!", "name=\"Country\" value=\"HU\"", ".country(&quot;HU&quot;)"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(!page.contains(".country(&quot;FR&quot;)") && !page.contains("nameless"), "{page}");
}

#[test]
fn a_name_that_another_site_has_for_this_machine_leads_nowhere() {
    let app = App::start();
    for path in ["", "flag/greeting", "compare", "flags.json", "events", "page.js", "live.js"] {
        let url = format!("{}{path}", app.url);
        let response = agent().get(&url).header("Host", "example.com").call().unwrap();
        assert_eq!(response.status(), 403, "{path}");
    }
    assert_eq!(post(&app, "refresh", &[("Host", "example.com")]).0, 403);
    assert_eq!(post(&app, "webhook", &[("Host", "tunnel.example.com")]).0, 404, "it has no key");
}

#[test]
fn sixty_four_pages_are_kept_up_to_date_and_those_that_go_make_room() {
    let app = App::start();
    let open = || agent().get(format!("{}events", app.url)).call().unwrap();
    let mut streams: Vec<_> = (0..64).map(|_| open()).collect();
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(open().status(), 503);
    assert_eq!(get(&app, "").0, 200, "pages are shown all the same");
    streams.truncate(60);
    let start = Instant::now();
    while streams.len() < 64 {
        assert!(start.elapsed() < Duration::from_secs(30), "no room again");
        streams.extend(Some(open()).filter(|stream| stream.status() == 200));
    }
    assert_eq!(open().status(), 503);
}

#[test]
fn the_body_of_a_webhook_is_limited_in_size_and_time() {
    let app = App::with(r#"{"f": {}}"#, &[("CONFIGCAT_WEBHOOK_KEY", "configcat_whsk_any")]);
    let url = format!("{}webhook", app.url);
    for (bytes, expected) in [(256 * 1024, 401), (256 * 1024 + 1, 413)] {
        assert_eq!(agent().post(&url).send(&vec![b' '; bytes]).unwrap().status(), expected);
    }
    let address = app.url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "POST /webhook HTTP/1.1\r\nHost: {address}\r\nContent-Length: 5\r\n\r\nbody").unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 408");
}
