//! A headless Chromium, driven by the WebDriver protocol (<https://www.w3.org/TR/webdriver2/>).

use std::{
    fmt::Display,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::Agent;

/// The limit of each wait: far longer than any page takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// A browser with an empty profile. Dropping it ends the browser, also after a panic.
pub(crate) struct Browser {
    agent: Agent,
    driver: Child,
    session: String,
    /// The folder of the profile and of all other files.
    folder: TempDir,
}

/// An element of a page.
pub(crate) struct Element(String);

impl Browser {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        let command = command.arg("--port=0").env("TMPDIR", folder.path()).process_group(0);
        let mut driver = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver; apt-get install chromium chromium-driver");
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut ports = lines.filter_map(|line| {
            line.split_once("started successfully on port ")
                .map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let port = ports.next().expect("chromedriver listens at a port");
        let agent =
            Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(LIMIT));
        let mut browser = Self {
            agent: agent.build().into(),
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            folder,
        };
        let options = json!({"args": browser.arguments()});
        let capabilities = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}});
        let session = browser.post("", &json!({"capabilities": {"alwaysMatch": capabilities}}));
        browser.session += &format!("/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    fn arguments(&self) -> Vec<String> {
        let fixed = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ];
        let profile = format!("--user-data-dir={}", self.folder.path().join("profile").display());
        fixed.map(str::to_owned).into_iter().chain([profile]).collect()
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    pub(crate) fn address(&self) -> String {
        self.get("/url").as_str().unwrap().to_owned()
    }

    /// Runs JavaScript, and returns its result.
    pub(crate) fn run(&self, script: &str) -> Json {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Returns all elements of a CSS selector.
    pub(crate) fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let id = |element: &Json| {
            element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
        };
        found.as_array().unwrap().iter().map(|element| Element(id(element))).collect()
    }

    /// Returns the only element of a CSS selector.
    pub(crate) fn one(&self, selector: &str) -> Element {
        let mut found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector}");
        found.remove(0)
    }

    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.one(selector).0), &json!({}));
    }

    /// Clicks on a link or a button that leads to another page, and waits for that page. Needs no
    /// script in the page.
    pub(crate) fn follow(&self, selector: &str) {
        let Element(root) = self.one(":root");
        self.click(selector);
        // A form is sent after the click has returned. The elements of its page are stale once the
        // next page is there, and commands wait until that is loaded.
        let (url, start) = (format!("{}/element/{root}/name", self.session), Instant::now());
        while self.agent.get(&url).call().unwrap().status().is_success() {
            assert!(start.elapsed() < LIMIT, "{selector} leads to no other page");
            std::thread::sleep(PAUSE);
        }
    }

    /// Replaces the text of a field by typing.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let Element(id) = self.one(selector);
        self.post(&format!("/element/{id}/clear"), &json!({}));
        self.type_text(selector, text);
    }

    /// Types into a field, after the text that is there.
    pub(crate) fn type_text(&self, selector: &str, text: &str) {
        let Element(id) = self.one(selector);
        self.post(&format!("/element/{id}/value"), &json!({"text": text}));
    }

    /// Presses a key, as the active element gets it: <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
    pub(crate) fn press(&self, key: &str) {
        let actions = ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [keyboard]}));
    }

    /// Returns the visible text of the only element.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.get(format!("/element/{}/text", self.one(selector).0)).as_str().unwrap().to_owned()
    }

    /// Returns whether the only element is visible.
    pub(crate) fn is_displayed(&self, selector: &str) -> bool {
        self.get(format!("/element/{}/displayed", self.one(selector).0)).as_bool().unwrap()
    }

    /// Returns the name and role of an element, as assistive technology reads them.
    pub(crate) fn name_and_role(&self, Element(id): &Element) -> (String, String) {
        let get = |what| self.get(format!("/element/{id}/{what}")).as_str().unwrap().to_owned();
        (get("computedlabel"), get("computedrole"))
    }

    /// Waits until JavaScript returns this.
    pub(crate) fn wait_for(&self, script: &str, expected: impl Into<Json>) {
        let (expected, start) = (expected.into(), Instant::now());
        let mut last = self.run(script);
        while last != expected {
            assert!(start.elapsed() < LIMIT, "{script} gives {last} and not {expected}");
            std::thread::sleep(PAUSE);
            last = self.run(script);
        }
    }

    /// Runs a command of Chromium's own protocol
    /// (<https://chromedevtools.github.io/devtools-protocol/>).
    pub(crate) fn command(&self, command: &str, parameters: &Json) -> Json {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Sets the size of the page, and the scheme `light` or `dark`.
    pub(crate) fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", &scheme);
    }

    /// Returns the complaints of the browser since the last call.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let is_bad = |entry: &&Json| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        log.as_array().unwrap().iter().filter(is_bad).map(Json::to_string).collect()
    }

    /// Returns the addresses of the requests that the page has sent since the last call.
    #[allow(dead_code, reason = "only the tests of the playground use it")]
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "performance"}));
        let messages = log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap());
        let messages = messages.map(|text| serde_json::from_str::<Json>(text).unwrap()["message"].take());
        let sent = messages.filter(|message| message["method"] == "Network.requestWillBeSent");
        sent.map(|message| message["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    fn get(&self, path: impl Display) -> Json {
        let url = format!("{}{path}", self.session);
        answer(&url, self.agent.get(&url).call())
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let url = format!("{}{path}", self.session);
        let request = self.agent.post(&url).header("Content-Type", "application/json");
        answer(&url, request.send(body.to_string()))
    }
}

/// Returns JavaScript for the text of the first element of a selector.
pub(crate) fn text(selector: &str) -> String {
    format!("return document.querySelector({})?.textContent", json!(selector))
}

/// Returns JavaScript for the number of elements of a selector.
pub(crate) fn count(selector: &str) -> String {
    format!("return document.querySelectorAll({}).length", json!(selector))
}

/// Returns JavaScript that tests whether the first element of a selector has a text.
pub(crate) fn has(selector: &str, part: &str) -> String {
    format!("return document.querySelector({})?.textContent.includes({})", json!(selector), json!(part))
}

fn answer(url: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Json {
    let mut response = response.unwrap_or_else(|error| panic!("{url}: {error}"));
    // A screenshot is larger than the default limit.
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    assert!(response.status().is_success(), "{url}: {text}");
    serde_json::from_str::<Json>(&text).unwrap()["value"].take()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser. If that fails, its processes are killed below.
        let _ = self.agent.delete(&self.session).call();
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
        // A process that is ending may still write to the folder, so removing it is tried again.
        let start = Instant::now();
        while std::fs::remove_dir_all(self.folder.path()).is_err() && start.elapsed() < LIMIT / 6 {
            std::thread::sleep(PAUSE);
        }
    }
}
