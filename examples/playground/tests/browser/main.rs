//! Tests of the playground in a headless browser: `cargo xtask playground`, then `cargo test -p
//! playground --test browser`.
//!
//! Needs Chromium and its driver (`apt-get install chromium chromium-driver`); without them it
//! fails. With `PLAYGROUND_SCREENSHOTS=docs` it writes the screenshots of the documentation.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod files;
#[allow(dead_code, reason = "the web application uses more of it")]
#[path = "../../../webapp/tests/browser/webdriver.rs"]
mod webdriver;

use std::{env, fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};

use self::{
    files::Files,
    webdriver::{Browser, count, has, text},
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Opens the page, and waits for its flags.
fn open() -> (Files, Browser) {
    let (files, browser) = (Files::serve(), Browser::start());
    browser.open(&files.url);
    browser.wait_for(&text("#count"), "9 flags");
    (files, browser)
}

/// Returns a config of 150 flags, each of which some users get.
fn many_flags() -> String {
    let flag = |number: usize| {
        let country = if number % 10 == 0 { "HU" } else { "FR" };
        json!({"t": 0, "v": {"b": false}, "r": [{
            "c": [{"u": {"a": "Country", "c": 28, "s": country}}], "s": {"v": {"b": true}},
        }]})
    };
    let flags: serde_json::Map<_, _> =
        (0..150).map(|number| (format!("flag{number:03}"), flag(number))).collect();
    json!({"f": flags}).to_string()
}

/// Puts a text into the field of the config, as pasting does it.
fn paste(browser: &Browser, config: &str) {
    let config = json!(config);
    browser.run(&format!(
        "const source = document.getElementById('source'); source.value = {config}; \
         source.dispatchEvent(new Event('input', {{bubbles: true}}))"
    ));
}

#[test]
fn a_pasted_config_of_each_version_shows_its_flags() {
    let (_files, browser) = open();
    for (config, key, value) in [
        (r#"{"f": {"six": {"t": 0, "v": {"b": true}}}}"#, "six", "true"),
        (r#"{"f": {"five": {"t": 1, "v": "text"}}}"#, "five", "text"),
        (r#"{"four": {"t": 2, "v": 42}}"#, "four", "42"),
        (r#"{"flags": {"simple": 0.5}}"#, "simple", "0.5"),
    ] {
        paste(&browser, config);
        browser.wait_for(&text("#count"), "1 flags");
        browser.wait_for(&text(&format!("#flag-{key} .value")), value);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_file_is_opened_or_dropped() {
    let (_files, browser) = open();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    browser.type_text("#open", &write("good.json", br#"{"f": {"opened": {"t": 0, "v": {"b": true}}}}"#));
    browser.wait_for(&text("#flag-opened .value"), "true");
    browser.type_text("#open", &write("bad.json", b"{\"f\": {\n\"\xff\": 1}}"));
    browser.wait_for(&has("#problem", "config JSON is not UTF-8"), true);
    browser.wait_for(&has("#problem", "Line 2: "), true);
    browser.run(
        "const transfer = new DataTransfer(); transfer.items.add(new File(['{\"flags\": {\"dropped\": 1}}'], 'x.json')); \
         document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}))",
    );
    browser.wait_for(&text("#flag-dropped .value"), "1");
    browser.wait_for("return document.querySelector('#source').value", r#"{"flags": {"dropped": 1}}"#);
    // A folder is a file that cannot be read.
    browser.run(
        "const file = new File([], 'folder'); file.arrayBuffer = () => Promise.reject(new Error('not found')); \
         const transfer = {types: ['Files'], files: [file]}; \
         document.body.dispatchEvent(Object.defineProperty(new DragEvent('drop', {bubbles: true}), 'dataTransfer', {value: transfer}))",
    );
    browser.wait_for(&has("#news", "folder cannot be read: not found"), true);
    // A text is dropped into the field by the browser.
    let prevented = "const transfer = new DataTransfer(); transfer.setData('text/plain', '{}'); \
         return !document.getElementById('source').dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}))";
    assert_eq!(browser.run(prevented), json!(false));
    browser.run("const file = new File([new Uint8Array((16 << 20) + 1)], 'x.json'); const transfer = new DataTransfer(); transfer.items.add(file); \
         document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}))");
    browser.wait_for(&has("#news", "x.json is larger than 16 MiB, which is the limit."), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_user_is_typed_and_the_values_follow() {
    let (_files, browser) = open();
    paste(&browser, &many_flags());
    browser.wait_for(&text("#count"), "150 flags");
    browser.wait_for(&text("#flag-flag010 .value"), "true");
    browser.fill("#field-Country", "FR");
    browser.wait_for(&text("#flag-flag010 .value"), "false");
    browser.wait_for(&text("#flag-flag011 .value"), "true");
    browser.fill("#find", "G01");
    browser.wait_for(&text("#count"), "10 of 150 flags");
    browser.click("#differs");
    browser.wait_for(&text("#count"), "9 of 150 flags");
    // The evaluation is a tree, and a page of its own has the rules and the log.
    browser.click("#summary-flag011");
    browser.wait_for(&has("#why-flag011 .tree", "User.Country EQUALS 'FR'"), true);
    browser.click("#link-flag011");
    browser.wait_for(&text("h1"), "flag011");
    browser.wait_for(&has(".rule.matched", "this rule matches"), true);
    let log = "Evaluating 'flag011' for User '{\"Identifier\":\"#1001\",\"Email\":\"jane@example.com\",\"Country\":\"FR\"";
    browser.wait_for(&has("#evaluation-log", log), true);
    browser.fill("#field-Country", "HU");
    browser.wait_for(&text(".facts .value"), "false");
    browser.click(".back a");
    browser.wait_for(&text("#count"), "1 of 150 flags");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn keys_may_repeat_faster_than_addresses_may_change() {
    let (_files, browser) = open();
    browser.run(
        "const input = document.querySelector('#field-Country'); for (let n = 0; n <= 500; n++) { \
         input.value = n === 500 ? 'DE' : `${n}`; input.dispatchEvent(new Event('input', {bubbles: true})); }",
    );
    browser.wait_for(&text("#flag-greeting .value"), "Guten Tag!");
    browser.wait_for("return location.hash.includes('Country=DE')", true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_large_text_is_read_when_typing_pauses() {
    let (_files, browser) = open();
    let value = "x".repeat(1000);
    let flags: Vec<_> =
        (0..10_000).map(|number| format!(r#""flag{number}": {{"t": 1, "v": {{"s": "{value}"}}}}"#)).collect();
    paste(&browser, &format!(r#"{{"f": {{{}}}}}"#, flags.join(",")));
    browser.wait_for(&text("#count"), "10000 flags");
    browser.run(
        "window.reads = 0; const setItem = Storage.prototype.setItem; \
         Storage.prototype.setItem = function (...pair) { window.reads++; return setItem.apply(this, pair); }; \
         const source = document.getElementById('source'); \
         for (let n = 0; n < 20; n++) { source.value += ' '; source.dispatchEvent(new Event('input', {bubbles: true})); }",
    );
    browser.wait_for("return window.reads", 1);
    // What is too large to be edited is not read.
    browser.run(
        "const source = document.getElementById('source'); source.value = ' '.repeat((16 << 20) + 1); \
         source.dispatchEvent(new Event('input', {bubbles: true}))",
    );
    browser.wait_for(&has("#news", "The config is larger than 16 MiB, which is the limit."), true);
    assert_eq!(browser.run("return window.reads"), json!(1));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_page_without_a_clipboard_says_so() {
    let (_files, browser) = open();
    browser.click("#link-greeting");
    browser.wait_for(&text("h1"), "greeting");
    browser.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})");
    browser.click("#copy");
    browser.wait_for(&text("#news"), "The browser does not allow this page to copy.");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn two_users_are_compared_side_by_side() {
    let (_files, browser) = open();
    paste(&browser, &many_flags());
    browser.wait_for(&text("#count"), "150 flags");
    browser.click("#compare");
    browser.wait_for(&text("h1"), "Two users side by side");
    browser.wait_for(&has("#compared .lead", "15 of 150 flags differ between #1001 and no user."), true);
    browser.fill(r"#field-\%2Eother\%2ECountry", "FR");
    browser.wait_for(&has("#compared .lead", "150 of 150 flags differ between #1001 and a user."), true);
    browser.wait_for(&count("tbody tr.differs"), 150);
    browser.click("#value-1-flag011");
    browser.wait_for(&text("h1"), "flag011");
    browser.wait_for(&text(".facts .value"), "true");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_broken_text_is_shown_with_its_line_while_the_last_good_flags_stay() {
    let (_files, browser) = open();
    paste(&browser, "{\"f\": {\n  \"aä\": oops\n}}");
    browser
        .wait_for(&has("#problem", "config JSON is not valid JSON: expected value at line 2 column"), true);
    browser.wait_for(&has("#problem", "Line 2:   \"aä\": oops"), true);
    browser.wait_for(&text("#count"), "9 flags");
    browser.click("#fault");
    browser.wait_for("return document.activeElement.id", "source");
    browser.wait_for("const s = document.activeElement; return s.value[s.selectionStart]", "o");
    paste(&browser, "{\"f\": {}}");
    browser.wait_for(&text("#problem"), "");
    browser.wait_for(&text("#count"), "0 flags");
    // One broken setting fails alone.
    paste(&browser, r#"{"f": {"good": {"t": 0, "v": {"b": true}}, "bad": {"t": 0, "v": {"s": "x"}}}}"#);
    browser.wait_for(&text("#flag-good .value"), "true");
    browser.wait_for(&has("#summary-bad", "Cannot be evaluated"), true);
    browser.wait_for(&has("#faults", "f.bad"), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn an_edit_shows_what_changes() {
    let (_files, browser) = open();
    let flags = |on: bool| {
        format!(
            r#"{{"f": {{"on": {{"t": 0, "v": {{"b": {on}}}}}, "needs": {{"t": 0, "v": {{"b": false}}, "r": [
                {{"c": [{{"p": {{"f": "on", "c": 0, "v": {{"b": true}}}}}}], "s": {{"v": {{"b": true}}}}}}]}}}}}}"#
        )
    };
    paste(&browser, &flags(false));
    browser.click("#base");
    browser.wait_for(&count("#changes"), 0);
    paste(&browser, &flags(true));
    browser.wait_for(&has("#changes", "on for all other users false → true"), true);
    browser.wait_for(&has("#changes", "needs needs on, which changed"), true);
    browser.wait_for(&count(".flag .mark.new"), 2);
    browser.click("#base");
    browser.wait_for(&count("#changes"), 0);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_link_carries_config_and_user() {
    let (files, browser) = open();
    paste(&browser, &many_flags());
    browser.fill("#field-Country", "FR");
    browser.fill("#find", "flag01");
    browser.wait_for(&text("#count"), "10 of 150 flags");
    browser.click("#link");
    browser.wait_for("return location.hash.includes('.config=')", true);
    let link = browser.address();
    let other = Browser::start();
    other.open(&link);
    other.wait_for(&text("#count"), "10 of 150 flags");
    other.wait_for(&text("#flag-flag011 .value"), "true");
    other.wait_for("return document.querySelector('#field-Country').value", "FR");
    other.wait_for("return document.querySelector('#source').value === ''", false);
    // The config is in the text field now. A reload gets it from there.
    other.wait_for("return location.hash.includes('.config=')", false);
    other.run("location.reload()");
    other.wait_for(&text("#count"), "10 of 150 flags");
    assert!(files.paths().iter().all(|path| !path.contains("config=")), "{:?}", files.paths());
    // The edited config is the one that stays, not that of the link.
    paste(&browser, r#"{"flags": {"flag01x": 1}}"#);
    browser.wait_for("return location.hash.includes('.config=')", false);
    browser.run("location.reload()");
    browser.wait_for(&text("#flag-flag01x .value"), "1");
    browser.click("#link");
    browser.wait_for("return location.hash.includes('.config=')", true);
    browser.click("#link-flag01x");
    browser.wait_for(&text("h1"), "flag01x");
    paste(&browser, r#"{"flags": {"flag01x": 2}}"#);
    browser.run("history.back()");
    browser.wait_for(&text("#flag-flag01x .value"), "2");
    // A link that was damaged.
    for (packed, reason) in [("%00", "no readable config"), ("AAAA", "no readable config")] {
        other.open(&format!("{}#.config={packed}", files.url));
        other.wait_for(&has("#news", reason), true);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_link_with_a_huge_text_is_refused() {
    let (_files, browser) = open();
    // 64 MiB of zeros, packed by the browser itself.
    browser.run(
        "new Response(new Blob([new Uint8Array(64 << 20)]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer() \
         .then((packed) => { let text = ''; for (const byte of new Uint8Array(packed)) text += String.fromCharCode(byte); \
         location.hash = '.config=' + btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''); })",
    );
    browser.wait_for(&has("#news", "it holds more than 16 MiB, which is the limit"), true);
    browser.wait_for(&text("#count"), "9 flags");
}

#[test]
fn no_request_leaves_the_page() {
    let (files, browser) = open();
    let loaded = files.paths();
    let mut names = loaded.clone();
    names.sort();
    let expected = [
        "/",
        "/icon.svg",
        "/module.js",
        "/module_bg.wasm",
        "/page.js",
        "/playground.css",
        "/playground.js",
        "/style.css",
    ];
    names.retain(|name| name != "/icon.svg");
    assert_eq!(names, expected.into_iter().filter(|name| *name != "/icon.svg").collect::<Vec<_>>());
    // With the network off everything works.
    let offline = json!({"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.command("Network.enable", &json!({}));
    browser.command("Network.emulateNetworkConditions", &offline);
    browser.requests();
    paste(&browser, &many_flags());
    browser.fill("#field-Country", "FR");
    browser.wait_for(&text("#flag-flag011 .value"), "true");
    browser.click("#link-flag011");
    browser.wait_for(&text("h1"), "flag011");
    browser.click(".back a");
    browser.wait_for(&text("#count"), "150 flags");
    browser.click("#compare");
    browser.wait_for(&count("tbody tr"), 150);
    browser.click("#link");
    browser.wait_for("return location.hash.includes('.config=')", true);
    browser.click("#config > summary");
    browser.click("#sample");
    browser.wait_for(&text("#count"), "9 flags");
    assert_eq!(browser.requests(), [""; 0]);
    assert_eq!(files.paths().len(), loaded.len());
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn neither_config_nor_user_runs_code() {
    let (files, browser) = open();
    let markup = "<img src=x onerror=document.title='run'><script>document.title='run'</script>";
    let config = json!({"f": {markup: {"t": 1, "v": {"s": markup}, "r": [
        {"c": [{"u": {"a": markup, "c": 28, "s": markup}}], "s": {"v": {"s": markup}}}]}}});
    paste(&browser, &config.to_string());
    browser.wait_for(&text("#count"), "1 flags");
    browser.open(&format!("{}#Identifier=%3Cscript%3E&{}", files.url, "%3Cimg%20src%3Dx%3E=1"));
    browser.wait_for(&text("#count"), "1 flags");
    browser.click(".flag h3 a");
    browser.wait_for(&has("#evaluation-log", "<script>"), true);
    assert_eq!(browser.run(&count("main img, main script")), json!(0));
    // The policy refuses what is inside of the page, and other hosts.
    let refused = "const style = document.createElement('style'); style.textContent = 'body { color: red }'; document.head.append(style); \
                   return getComputedStyle(document.body).color !== 'rgb(255, 0, 0)'";
    assert_eq!(browser.run(refused), json!(true));
    browser.complaints();
    browser.run("fetch('http://127.0.0.1:9/').catch((error) => { window.refused = true })");
    browser.wait_for("return window.refused", true);
    assert!(browser.complaints().iter().any(|complaint| complaint.contains("Content Security Policy")));
}

#[test]
fn the_keyboard_is_enough() {
    let (_files, browser) = open();
    browser.press(TAB);
    browser.wait_for("return document.activeElement.id", "skip");
    browser.press(ENTER);
    browser.wait_for("return document.activeElement.id", "main");
    let focused = "return document.activeElement.id";
    let tab_to = |id: &str| {
        for _ in 0..60 {
            browser.press(TAB);
            if browser.run(focused) == json!(id) {
                return;
            }
        }
        panic!("no way to {id}, but to {}", browser.run(focused));
    };
    tab_to("field-Country");
    browser.type_text("#field-Country", "\u{e009}a\u{e000}DE");
    browser.wait_for(&text("#flag-greeting .value"), "Guten Tag!");
    assert_eq!(browser.run(focused), json!("field-Country"), "the focus stays");
    tab_to("summary-greeting");
    browser.press(ENTER);
    browser.wait_for("return document.querySelector('#why-greeting').open", true);
    tab_to("link-isSaleRunning");
    browser.press(ENTER);
    browser.wait_for(&text("h1"), "isSaleRunning");
    browser.run("history.back()");
    browser.wait_for(&text("h1"), "Playground");
    browser.wait_for(&text("#flag-greeting .value"), "Guten Tag!");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// The pages that are checked and photographed, by their fragments.
const PAGES: [(&str, &str); 3] = [
    ("list", "Identifier=%231001&Country=HU&Plan=pro&Orders=many&email=a"),
    ("flag", ".flag=maxUploadMb&Identifier=%231001&Country=HU&Plan=pro&Orders=3"),
    ("compare", ".compare=&Identifier=%231001&Country=HU&.other.Identifier=%231003&.other.Country=DE"),
];

#[test]
fn everybody_can_use_it() {
    let (files, browser) = open();
    let sample = browser.run("return document.querySelector('#source').value");
    paste(&browser, &sample.as_str().unwrap().replace("Guten Tag!", "Servus!"));
    paste(&browser, "{ oops");
    for (_, fragment) in PAGES {
        browser.open(&format!("{}#{fragment}", files.url));
        browser.wait_for("return document.querySelector('#body h2, #compared') !== null", true);
        browser.run("document.querySelectorAll('details').forEach((details) => details.open = true)");
        for element in
            browser.all("a, button, input:not([type=hidden]), textarea, summary, section[aria-labelledby]")
        {
            let (name, role) = browser.name_and_role(&element);
            assert!(!name.trim().is_empty(), "a {role} without a name at {fragment}");
        }
        assert_eq!(
            browser.run(include_str!("../../../webapp/tests/browser/headings.js")),
            json!([]),
            "{fragment}"
        );
        for scheme in ["light", "dark"] {
            browser.look(1280, 900, scheme);
            let contrast = browser.run(include_str!("../../../webapp/tests/browser/contrast.js"));
            assert_eq!(contrast, json!([]), "{scheme} {fragment}");
        }
        browser.look(320, 800, "light");
        let overflow = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert_eq!(overflow, json!(0), "it scrolls sideways: {fragment}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn screenshots_are_taken_where_they_are_asked_for() {
    let (files, browser) = open();
    let folder = env::var_os("PLAYGROUND_SCREENSHOTS");
    let sample = browser.run("return document.querySelector('#source').value");
    paste(&browser, &sample.as_str().unwrap().replace("Guten Tag!", "Servus!"));
    for (name, page, width, height, scheme) in [
        ("wide-light", 0, 1280, 1280, "light"),
        ("wide-dark", 0, 1280, 1280, "dark"),
        ("narrow-light", 0, 390, 1400, "light"),
        ("narrow-dark", 1, 390, 1400, "dark"),
        ("flag-light", 1, 1280, 1500, "light"),
        ("compare-light", 2, 1280, 1200, "light"),
    ] {
        browser.look(width, height, scheme);
        browser.open(&format!("{}#{}", files.url, PAGES[page].1));
        browser.wait_for("return document.querySelector('#body h2, #compared') !== null", true);
        browser.run("document.querySelector('#why-maxUploadMb')?.setAttribute('open', '')");
        browser.run("document.getAnimations().forEach((animation) => animation.finish())");
        // Scaled down, so that the files in the repository are small.
        let scale = if width > 1000 { 0.8 } else { 1.0 };
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": scale});
        let png: Json = browser.command("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
        let png = BASE64_STANDARD.decode(png["data"].as_str().unwrap()).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        if let Some(folder) = &folder {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            fs::write(root.join(folder).join(format!("playground-{name}.png")), png).unwrap();
        }
    }
}
