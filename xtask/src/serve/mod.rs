//! `cargo xtask serve SDK`: an official SDK gets flags, a 304 and a change from `configcat serve`.

mod process;

use std::{
    collections::BTreeMap,
    env::{self, consts::EXE_SUFFIX},
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use configcat_eval::{Config, User, Value};
use serde_json::Value as Json;

use self::process::Process;
use crate::{
    missing, node, python,
    workspace::{cargo, in_workspace, run as run_command},
};

/// A text of the form of a key. SDKs check no more than that.
const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

/// An official SDK.
#[derive(Clone, Copy)]
pub(crate) enum Sdk {
    Python,
    Node,
    Browser,
}

impl Sdk {
    pub(crate) const ALL: [Self; 3] = [Self::Python, Self::Node, Self::Browser];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Browser => "browser",
        }
    }

    /// Installs the SDK. Returns the reason if it cannot.
    pub(crate) fn missing(self) -> Option<&'static str> {
        match self {
            Self::Python => python::LATEST.install().err(),
            Self::Node => node::install().err(),
            Self::Browser => node::install().err().or_else(missing::chromium),
        }
    }
}

/// Runs the SDK of this name, with a command that is built before, or with the one that another
/// step has built.
pub(crate) fn run(name: &str, is_to_build: bool) -> Result<bool, Box<dyn Error>> {
    let sdk =
        Sdk::ALL.into_iter().find(|sdk| sdk.name() == name).ok_or("the SDKs are python, node and browser")?;
    if is_to_build {
        run_command(cargo("build --quiet --package configcat-cli"))?;
    }
    if let Some(reason) = sdk.missing() {
        return Err(reason.into());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("flags.json");
    let flags = fs::read_to_string(in_workspace("examples/flags.json"))?;
    fs::write(&file, &flags)?;
    let server = Server::start(&file)?;
    match sdk {
        Sdk::Python => {
            let mut client = Command::new(python::LATEST.interpreter());
            client.arg(in_workspace("xtask/src/serve/client.py"));
            with_program(client, "ConfigCat-Python/m-", &server, &file, &flags)?;
        }
        Sdk::Node => {
            let mut client = Command::new("node");
            client.arg(in_workspace("xtask/src/serve/client.js")).env("NODE_PATH", node::modules());
            with_program(client, "ConfigCat-UnifiedJS-Node/m-", &server, &file, &flags)?;
        }
        Sdk::Browser => in_browser(&server, &file, &flags, folder.path())?,
    }
    server.stop()?;
    Ok(true)
}

/// Runs a program that prints all values after the first fetch, after the second one, and after one
/// that it makes when it gets a line.
fn with_program(
    mut command: Command,
    sdk: &str,
    server: &Server,
    file: &Path,
    flags: &str,
) -> Result<(), Box<dyn Error>> {
    command.args([&server.url, SDK_KEY]);
    // A proxy of the environment would get the requests.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let mut client = Process::start("the client", command)?;
    for status in [200, 304] {
        check_values(&client.next()?, flags)?;
        server.request(sdk, status)?;
    }
    let changed = server.change(file, flags)?;
    client.nudge()?;
    check_values(&client.next()?, &changed)?;
    server.request(sdk, 200)?;
    if !client.end()?.success() {
        return Err("the client fails".into());
    }
    println!("{sdk}…: the values, a 304, and a change");
    Ok(())
}

/// Compares the values that an SDK prints with those of this workspace.
fn check_values(values: &Json, flags: &str) -> Result<(), Box<dyn Error>> {
    // JavaScript and JSON have one type of numbers.
    let text = |value: &Json| value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
    let user = User::new("12345").email("jane@example.com").country("HU");
    let config = Config::parse(flags)?;
    let mut expected = BTreeMap::new();
    for key in config.keys() {
        let value = match config.evaluate(key, &user)?.value() {
            Value::Bool(value) => Json::from(*value),
            Value::Int(value) => Json::from(*value),
            Value::Double(value) => Json::from(*value),
            Value::Text(value) => Json::from(&**value),
        };
        expected.insert(key.to_owned(), text(&value));
    }
    let values = values.as_object().ok_or("the values are no object")?;
    let values: BTreeMap<String, String> =
        values.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    if values == expected { Ok(()) } else { Err(format!("{values:?} instead of {expected:?}").into()) }
}

/// Opens a page that polls each second, and reports the value of a flag as a path.
fn in_browser(server: &Server, file: &Path, flags: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let sdk = node::modules().join("@configcat/sdk/dist/configcat.browser.umd.min.js");
    let page = include_str!("page.html").replace("URL", &server.url).replace("KEY", SDK_KEY);
    let page = page.replace("SDK", &format!("file://{}", sdk.display()));
    fs::write(folder.join("page.html"), page)?;
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server"]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command.arg(format!("file://{}", folder.join("page.html").display()));
    // It complains about each service of a desktop that is not there.
    command.stderr(Stdio::null());
    let _browser = Process::start("the browser", command)?;
    let saw = |value: &str| {
        let path = format!("/saw/{value}");
        server.process.next_that(|event| event.get("path").and_then(Json::as_str) == Some(&path))
    };
    let sdk = "ConfigCat-UnifiedJS-Browser/a-";
    server.request(sdk, 200)?;
    saw("false")?;
    server.request(sdk, 304)?;
    server.change(file, flags)?;
    saw("true")?;
    println!("{sdk}…: a value, a 304, and a change");
    Ok(())
}

/// A running `configcat serve`.
struct Server {
    process: Process,
    url: String,
}

impl Server {
    fn start(file: &Path) -> Result<Self, Box<dyn Error>> {
        // Beside this program, which is of the same profile.
        let program = env::current_exe()?.with_file_name(format!("configcat{EXE_SUFFIX}"));
        let mut command = Command::new(program);
        command.arg("serve").arg(file).args(["--port", "0", "--format", "json"]);
        let process = Process::start("configcat serve", command)?;
        let start = process.next()?;
        let url = start.get("url").and_then(Json::as_str).ok_or("configcat serve prints no URL")?.to_owned();
        Ok(Self { process, url })
    }

    /// Waits for a request of this SDK that was answered with this status.
    fn request(&self, sdk: &str, status: u16) -> Result<(), Box<dyn Error>> {
        self.process.next_that(|event| {
            let name = event.get("sdk").and_then(Json::as_str).unwrap_or_default();
            name.starts_with(sdk) && event.get("status") == Some(&Json::from(status))
        })?;
        Ok(())
    }

    /// Saves the flags with the first one turned on, and waits until they are served. Returns them.
    fn change(&self, file: &Path, flags: &str) -> Result<String, Box<dyn Error>> {
        let changed =
            flags.replace(r#"{ "b": false }, "i": "5f1a90c2""#, r#"{ "b": true }, "i": "d7064eb8""#);
        // As editors do it.
        let new = file.with_extension("new");
        fs::write(&new, &changed)?;
        fs::rename(&new, file)?;
        let saved = self.process.next_that(|event| event.get("event") == Some(&Json::from("saved")))?;
        let is_changed = saved.get("changes").and_then(Json::as_array).is_some_and(|changes| {
            changes.iter().any(|change| change.get("key") == Some(&Json::from("isSaleRunning")))
        });
        if is_changed { Ok(changed) } else { Err(format!("the change is not reported: {saved}").into()) }
    }

    fn stop(self) -> Result<(), Box<dyn Error>> {
        self.process.interrupt()?;
        let status = self.process.end()?;
        if status.success() { Ok(()) } else { Err(format!("configcat serve ends with {status}").into()) }
    }
}
