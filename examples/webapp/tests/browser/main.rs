//! Tests of the application in a headless browser: `cargo test -p webapp --test browser`.
//!
//! Needs Chromium and its driver (`apt-get install chromium chromium-driver`); without them it
//! fails. With `WEBAPP_SCREENSHOTS=docs` it writes the screenshots of the documentation.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod debugger;
#[path = "../support/mod.rs"]
mod support;
mod webdriver;

use std::{env, fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use self::{support::App, webdriver::Browser};

/// Returns JavaScript for the shown value of a flag.
fn value(key: &str) -> String {
    format!("return document.querySelector('#flag-{key} .value')?.textContent")
}

/// Returns JavaScript that tests whether a text is visible on the page.
fn shows(text: &str) -> String {
    format!("return document.body.innerText.includes({})", json!(text))
}

#[test]
fn another_user_gets_other_values() {
    let (app, browser) = (App::start(), Browser::start());
    browser.open(&app.url);
    browser.wait_for(&value("greeting"), "Jó napot!");
    browser.wait_for(&value("maxUploadMb"), "500");
    assert_eq!(browser.text("h1"), "Jó napot!");

    browser.click(".presets li:nth-child(2) a");
    browser.wait_for(&value("greeting"), "Guten Tag!");
    browser.wait_for(&value("maxUploadMb"), "100");
    assert_eq!(browser.text(".presets [aria-current=true]"), "Bob");

    browser.fill("#field-Country", "HU");
    browser.click(".edit button");
    browser.wait_for(&value("greeting"), "Jó napot!");
    browser.wait_for(&value("maxUploadMb"), "100");

    browser.click("#link-supportChannel");
    browser.wait_for("return document.querySelector('h1').textContent", "supportChannel");
    let first = browser.text(".rule:nth-child(1)");
    assert!(first.contains("Roles array contains any of admin, owner false"), "{first}");
    let matched = browser.text(".rule.matched").to_uppercase();
    assert!(matched.contains("FOR ALL OTHER USERS E-MAIL"), "{matched}");
    browser.click(".back a");
    browser.wait_for(&value("greeting"), "Jó napot!");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_change_of_the_config_shows_on_the_open_page() {
    let (app, browser) = (App::start(), Browser::start());
    browser.open(&app.url);
    browser.click(".presets li:nth-child(2) a");
    browser.wait_for(&value("greeting"), "Guten Tag!");
    browser.wait_for(&value("isSaleRunning"), "false");
    browser.wait_for(&shows("The sale is on"), false);
    let address = browser.address();
    browser.click("#summary-discount");
    browser.fill("#field-Company", "half typed");
    browser.run("window.isTheSamePage = true");

    app.start_sale();
    browser.wait_for(&value("isSaleRunning"), "true");
    browser.wait_for(&value("discount"), "0.1");
    browser.wait_for(&shows("The sale is on: 10 % off for you."), true);
    let news = "The config has changed. isSaleRunning for all other users false → true; \
                discount needs isSaleRunning, which changed";
    browser.wait_for("return document.querySelector('#news').textContent", news);
    browser.wait_for("return window.isTheSamePage", true);
    browser.wait_for("return document.querySelector('#why-discount').open", true);
    browser.wait_for("return document.querySelector('#field-Company').value", "half typed");
    browser.wait_for("return document.querySelector('.presets [aria-current=true]').textContent", "Bob");
    assert_eq!(browser.address(), address);

    // The footer shows that the config is broken. The flags stay.
    app.edit(|config| config.replace('}', ""));
    browser.wait_for("return /fetch(es)? failed/.test(document.querySelector('#health').textContent)", true);
    browser.wait_for(&value("discount"), "0.1");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_page_of_a_flag_that_has_not_changed_is_not_fetched_again() {
    let (app, other) = (App::start(), Browser::start());
    other.open(&format!("{}flag/greeting", app.url));
    other.run("window.fetched = 0; window.fetch = () => { window.fetched++; throw 'no page is needed' }");
    let version = "return document.body.dataset.version";
    let before = other.run(version);
    let changed = Browser::start();
    changed.open(&format!("{}flag/discount", app.url));
    changed.wait_for("return document.querySelector('.facts .value').textContent", "0");
    app.start_sale();
    changed.wait_for("return document.querySelector('.facts .value').textContent", "0.25");
    other.wait_for(&format!("return document.body.dataset.version !== {before}"), true);
    other.wait_for("return window.fetched", 0);
    let marks = "return document.querySelectorAll('.mark.new').length";
    changed.wait_for(marks, 1);
    // The next change removes the mark.
    app.edit(|config| config.replace("Guten Tag!", "Servus!"));
    changed.wait_for(marks, 0);
    assert_eq!(changed.complaints(), [""; 0]);
}

#[test]
fn everybody_can_use_it() {
    let (app, browser) = (App::with(&debugger::many_flags(), &[]), Browser::start());
    app.start_sale();
    browser.open(&app.url);
    browser.wait_for(&value("isSaleRunning"), "true");
    // A page has all kinds of marks: a change, a warning, a problem with the file.
    app.edit(|config| config.replacen('{', "{ oops", 1));
    browser.wait_for("return document.querySelector('#problem').textContent !== ''", true);
    let pages = [
        app.url.clone(),
        format!("{}?Identifier=1&.find=max&.differs=on", app.url),
        format!("{}flag/checkoutLayout?.find=a", app.url),
        format!("{}flag/maxUploadMb?Identifier=1&Orders=many", app.url),
        format!("{}compare", app.url),
        format!("{}flag/none?Identifier=", app.url),
    ];
    for page in &pages {
        browser.open(page);
        browser.run("document.querySelectorAll('details').forEach((details) => details.open = true)");
        assert_eq!(browser.run("return document.documentElement.lang"), "en");
        for element in
            browser.all("a, button, input:not([type=hidden]), summary, nav, section[aria-labelledby]")
        {
            let (name, role) = browser.name_and_role(&element);
            assert!(!name.trim().is_empty(), "a {role} without a name on {page}");
        }
        assert_eq!(browser.run(include_str!("headings.js")), json!([]), "{page}");
        for scheme in ["light", "dark"] {
            browser.look(1280, 900, scheme);
            assert_eq!(browser.run(include_str!("contrast.js")), json!([]), "{scheme} {page}");
        }
        browser.look(320, 800, "light");
        let overflow = "return document.documentElement.scrollWidth - innerWidth";
        assert_eq!(browser.run(overflow), json!(0), "it scrolls sideways: {page}");
    }
    let not_found = browser.complaints();
    assert!(not_found.iter().all(|complaint| complaint.contains("flag/none")), "{not_found:?}");
}

#[test]
fn screenshots_are_taken_where_they_are_asked_for() {
    let (app, browser) = (App::start(), Browser::start());
    let folder = env::var_os("WEBAPP_SCREENSHOTS");
    let flag = format!("{}flag/checkoutLayout", app.url);
    let compare = format!("{}compare", app.url);
    browser.open(&app.url);
    app.start_sale();
    browser.wait_for(&value("isSaleRunning"), "true");
    for (name, page, width, height, scheme) in [
        ("wide-light", &app.url, 1280, 1280, "light"),
        ("wide-dark", &app.url, 1280, 1280, "dark"),
        ("narrow-light", &app.url, 390, 1400, "light"),
        ("narrow-dark", &flag, 390, 1040, "dark"),
        ("flag-light", &flag, 1280, 1500, "light"),
        ("compare-light", &compare, 1280, 1000, "light"),
    ] {
        browser.look(width, height, scheme);
        browser.open(page);
        browser.run("document.querySelector('#why-discount')?.setAttribute('open', '')");
        // Scaled down, so that the files in the repository are small.
        let scale = if width > 1000 { 0.8 } else { 1.0 };
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": scale});
        let png = browser.command("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
        let png = BASE64_STANDARD.decode(png["data"].as_str().unwrap()).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        if let Some(folder) = &folder {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            fs::write(root.join(folder).join(format!("webapp-{name}.png")), png).unwrap();
        }
    }
}
