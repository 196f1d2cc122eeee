//! The ways to find out why a user gets a value, each with 150 flags.

use serde_json::json;

use super::{shows, value};
use crate::{
    support::{App, SAMPLE},
    webdriver::{Browser, count, has, text},
};

/// Returns the sample with 141 flags more, of which 15 have another value in Hungary.
pub(crate) fn many_flags() -> String {
    let flag = |number: usize| {
        let country = if number % 10 == 0 { "HU" } else { "FR" };
        format!(
            r#""extra{number:03}": {{"t": 0, "v": {{"b": false}}, "r": [
                {{"c": [{{"u": {{"a": "Country", "c": 28, "s": "{country}"}}}}], "s": {{"v": {{"b": true}}}}}}]}},"#
        )
    };
    let (before, after) = SAMPLE.split_once(r#""isSaleRunning": {"#).unwrap();
    let extra: String = (0..141).map(flag).collect();
    format!(r#"{before}{extra}"isSaleRunning": {{{after}"#)
}

fn start() -> (App, Browser) {
    (App::with(&many_flags(), &[]), Browser::start())
}

#[test]
fn the_user_changes_on_the_page_of_a_flag() {
    let (app, browser) = start();
    browser.open(&format!("{}flag/greeting", app.url));
    browser.wait_for(&text(".facts .value"), "Jó napot!");
    browser.click(".presets li:nth-child(2) a");
    browser.wait_for(&text(".facts .value"), "Guten Tag!");
    browser.fill("#field-Country", "FR");
    browser.click(".edit button");
    browser.wait_for(&text(".facts .value"), "Hello!");
    assert_eq!(browser.text("h1"), "greeting");
    assert!(browser.address().contains("/flag/greeting?"));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_missing_user_and_a_missing_attribute_are_named() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.click(".presets li:nth-child(4) a");
    browser.wait_for(&text("#summary-greeting"), "No user was given: why greeting");
    browser.open(&format!("{}?Identifier=1&plan=pro&Country=HU", app.url));
    let missing = "the user has no attribute 'Plan', and has 'plan'; names are case-sensitive";
    browser.wait_for(&has("#summary-maxUploadMb", missing), true);
    browser.wait_for(&has("#flag-maxUploadMb .mark.warn", "warning"), true);
    browser.wait_for(&count("#flag-greeting .mark.warn"), 0);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_list_is_filtered_as_the_text_is_typed() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.wait_for(&text("#count"), "150 flags");
    browser.run("window.isTheSamePage = true");
    browser.fill("#find", "eXtra");
    browser.wait_for(&text("#count"), "141 of 150 flags");
    browser.click("#differs");
    browser.wait_for(&text("#count"), "15 of 150 flags");
    browser.wait_for(&count(".flag"), 15);
    browser.wait_for(&value("extra010"), "true");
    browser.wait_for("return window.isTheSamePage", true);
    // The filter stays for another user, on the page of a flag, and on the way back.
    browser.click(".presets li:nth-child(2) a");
    browser.wait_for(&text("#count"), "0 of 150 flags");
    browser.click(".presets li:nth-child(1) a");
    browser.wait_for(&text("#count"), "15 of 150 flags");
    browser.follow("#link-extra010");
    browser.wait_for(&text("h1"), "extra010");
    browser.follow(".edit button");
    browser.wait_for(&text("h1"), "extra010");
    browser.follow(".back a");
    browser.wait_for(&text("#count"), "15 of 150 flags");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_filter_beyond_the_limit_of_an_address_is_refused_with_the_limit() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.run("const find = document.querySelector('#find'); find.value = 'x'.repeat(9000); find.dispatchEvent(new Event('input'))");
    browser.wait_for(&has("#news", "The limits are 128 attributes and 8192 bytes."), true);
    browser.fill("#find", "upload");
    browser.wait_for(&text("#count"), "1 of 150 flags");
}

#[test]
fn a_text_that_changes_the_direction_does_not_reverse_the_words_after_it() {
    let (app, browser) = start();
    browser.open(&format!("{}compare?Identifier=%E2%80%AEx", app.url));
    // The place of a word is that of its first letter.
    let place = "const [first, second] = [...document.querySelectorAll('#compared .lead strong')]; \
                 return first.getBoundingClientRect().right <= second.getBoundingClientRect().left";
    browser.wait_for(place, true);
}

#[test]
fn the_keyboard_keeps_its_place_after_a_change() {
    let (app, browser) = start();
    browser.open(&format!("{}compare", app.url));
    browser.press("\u{e004}");
    browser.wait_for("return document.activeElement.textContent", "Skip to the flags");
    browser.wait_for("return document.activeElement.getBoundingClientRect().top >= 0", true);
    browser.run("document.querySelector('#value-1-isSaleRunning').focus()");
    app.start_sale();
    browser.wait_for(&has("#news", "The config has changed."), true);
    browser.wait_for("return document.activeElement.id", "value-1-isSaleRunning");
    browser.press("\u{e007}");
    browser.wait_for(&text("h1"), "isSaleRunning");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn two_browsers_have_their_own_user_and_see_the_same_change() {
    let (app, first) = start();
    let second = Browser::start();
    first.open(&format!("{}?Identifier=1&Country=HU", app.url));
    second.open(&format!("{}?Identifier=2&Country=DE", app.url));
    app.start_sale();
    for (browser, greeting) in [(&first, "Jó napot!"), (&second, "Guten Tag!")] {
        browser.wait_for(&value("isSaleRunning"), "true");
        browser.wait_for(&value("greeting"), greeting);
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn the_list_is_filtered_without_a_script() {
    let (app, browser) = start();
    browser.command("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(&app.url);
    browser.fill("#find", "upload");
    assert_eq!(browser.text("#count"), "150 flags", "no script runs");
    browser.follow("#filter");
    assert_eq!(browser.text("#count"), "1 of 150 flags");
    browser.click("#differs");
    browser.follow("#filter");
    assert_eq!(browser.text("#flag-maxUploadMb .value"), "500");
    assert_eq!(browser.all("#copy").len(), 0);
    browser.follow("#link-maxUploadMb");
    assert!(!browser.is_displayed("#copy"), "the button needs the script");
}

#[test]
fn two_users_are_compared_side_by_side() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.click(".beside a");
    browser.wait_for(&has("#compared .lead", "flags differ between Jane and Bob."), true);
    browser.wait_for(&count("tbody tr"), 150);
    // The rows that differ come first.
    browser.wait_for(&count("tr.differs ~ tr:not(.differs)"), 150 - 20);
    browser.wait_for(&count("tr:not(.differs) ~ tr.differs"), 0);
    browser.wait_for(&count("tr.differs th .mark"), 20);
    // The second user becomes Mei, then one from Hungary.
    browser.click(".two > section:nth-of-type(2) .presets li:nth-child(3) a");
    browser.wait_for(&has("#compared .lead", "differ between Jane and Mei."), true);
    browser.click(".two > section:nth-of-type(2) summary");
    browser.fill("#field-%2Eother%2ECountry".replace('%', "\\%").as_str(), "HU");
    browser.click(".two > button");
    browser.wait_for(&has("#compared .lead", "differ between Jane and #1010."), true);
    browser.wait_for("return [...document.querySelectorAll('tr.differs th')].some((key) => key.textContent.startsWith('extra'))", false);
    browser.wait_for(&has("tr.differs th", "differs"), true);
    // Each value leads to its explanation.
    browser.click("tr.differs:first-child td:nth-child(3) a");
    browser.wait_for(&has(".facts", "#1010"), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_failed_fetch_is_shown_in_place_of_the_list() {
    let key = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
    // Nothing listens there.
    let app = App::with("{}", &[("CONFIGCAT_SDK_KEY", key), ("HTTPS_PROXY", "http://127.0.0.1:1")]);
    let browser = Browser::start();
    browser.open(&app.url);
    browser.wait_for(&has("#fetch-error", "There are no flags, since the fetch failed: "), true);
    browser.wait_for(&has("#fetch-error", "Connection refused"), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_broken_file_is_shown_with_its_line_while_the_last_good_flags_stay() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.wait_for(&text("#problem"), "");
    app.edit(|config| config.replacen("{", "{ oops", 1));
    browser.wait_for(&has("#problem", "flags.json:1:3: config JSON is not valid JSON"), true);
    browser.wait_for(&has("#news", "flags.json:1:3: "), true);
    browser.wait_for(&value("greeting"), "Jó napot!");
    app.edit(|config| config.replacen("{ oops", "{", 1));
    browser.wait_for(&text("#problem"), "");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_change_is_marked_on_its_row() {
    let (app, browser) = start();
    browser.open(&app.url);
    browser.wait_for(&count(".mark.new"), 0);
    app.start_sale();
    browser.wait_for(&has("#flag-isSaleRunning .mark.new", "changed "), true);
    browser.wait_for(&has("#flag-discount .mark.new", "changed "), true); // it depends on the other
    browser.wait_for(&count(".mark.new"), 2);
    browser.click("#link-isSaleRunning");
    browser.wait_for(&has(".facts .mark.new", "changed "), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_evaluation_is_copied_as_rust() {
    let (app, browser) = start();
    let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.command("Browser.grantPermissions", &permissions);
    browser.open(&format!("{}flag/maxUploadMb?Identifier=1&Orders=12&Roles=a,+b", app.url));
    browser.click("#copy");
    browser.wait_for(&text("#news"), "Copied.");
    let expected = "let user = User::new(\"1\")\n    .custom(\"Orders\", 12)\n    .custom(\"Roles\", [\"a\", \"b\"]);\n\
                    let value = client.get_value(\"maxUploadMb\", 0_i64, &user);";
    browser.wait_for("return navigator.clipboard.readText()", expected);
    assert_eq!(browser.text("#code"), expected);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn another_value_has_its_conditions_in_words() {
    let (app, browser) = start();
    browser.open(&format!("{}flag/maxUploadMb?Identifier=1&Plan=pro&Orders=3", app.url));
    for part in [
        "Rule 2",
        "Plan is one of pro, team met this user has “pro”",
        "Orders > 10 not met this user has “3”",
    ] {
        browser.wait_for(&shows(part), true);
    }
    browser.wait_for(&has(".needs", "a confidential value"), true);
    browser.open(&format!("{}flag/recommendationWeight?Identifier=1", app.url));
    browser.wait_for(&has(".needs", "depends on the bucket of Identifier: 50 to 99"), true);
    browser.wait_for(&has(".needs", "the bucket of this user is "), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn each_attribute_has_a_fitting_input() {
    let (app, browser) = start();
    browser.open(&app.url);
    let field = |name: &str, what: &str| format!("return document.querySelector('#field-{name}').{what}");
    for (name, kind) in
        [("RegisteredAt", "datetime-local"), ("Orders", "number"), ("Roles", "text"), ("Plan", "text")]
    {
        browser.wait_for(&field(name, "type"), kind);
        browser.wait_for(&field(name, "list.options.length > 0"), true);
    }
    browser.wait_for(&field("RegisteredAt", "value"), "2021-05-04T00:00");
    browser.wait_for(&value("recommendationWeight"), "0.75");
    browser.run("document.querySelector('#field-RegisteredAt').value = '2025-01-01T00:01'");
    browser.fill("#field-Orders", "7.5");
    browser.click(".edit button");
    browser.wait_for(&value("recommendationWeight"), "1");
    browser.wait_for(&field("Orders", "value"), "7.5");
    // A value that does not fit is kept, with the reason for what it does.
    browser.open(&format!("{}?Identifier=1&Country=DE&Orders=many&Plan=pro", app.url));
    browser.wait_for(&field("Orders", "value"), "many");
    browser.wait_for(&has("#summary-maxUploadMb", "Attribute invalid: Orders"), true);
    assert_eq!(browser.complaints(), [""; 0]);
}
