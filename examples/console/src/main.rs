//! The sample application: `cargo run -p console`.
//!
//! It serves `examples/flags.json` from a small CDN in the same process, evaluates its flags for
//! three users, explains one evaluation, changes a flag, and waits until the client has polled the
//! change.
//!
//! | variable | effect |
//! |---|---|
//! | `CONFIGCAT_SDK_KEY` | evaluates the config of this key, from ConfigCat's CDN, for one user |
//! | `CONFIGCAT_LOG` | level of the log on stderr: `off`, `error`, `warn` (default), `info`, `debug`, `trace` |

mod logger;
mod table;
#[cfg(test)]
mod tests;

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
    sync::mpsc,
    time::{Duration, Instant},
};

use configcat::{
    CacheState, Client, EvaluationDetails, Flag, PollingMode, Snapshot, User, Value, fetch::Proxy,
};
use configcat_testkit::{Cdn, SDK_KEY};
use console::users::users;

use crate::table::Table;

type Result = std::result::Result<(), Box<dyn Error>>;

const SAMPLE_CONFIG: &str = include_str!("../../flags.json");

/// The limit of each wait. A poll comes within a second, and its answer from this process at once.
const LIMIT: Duration = Duration::from_secs(3);

// A `Flag` has key, type and default in one place, so no two calls can disagree about them.
static IS_SALE_RUNNING: Flag<bool> = Flag::new("isSaleRunning", false);
static DISCOUNT: Flag<f64> = Flag::new("discount", 0.0);

fn main() -> ExitCode {
    match run(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(out: &mut impl Write) -> Result {
    logger::init()?;
    let has_key = env::var_os("CONFIGCAT_SDK_KEY").is_some_and(|key| !key.is_empty());
    if has_key { with_real_cdn(out) } else { with_sample_config(out) }
}

fn with_sample_config(out: &mut impl Write) -> Result {
    let cdn = Cdn::new(SAMPLE_CONFIG);
    let client = Client::builder(SDK_KEY)
        .base_url(cdn.url())
        .proxy(Proxy::None) // the server is in this process
        .polling_mode(PollingMode::auto().interval(Duration::from_secs(1)))
        .build()?;
    if client.wait_for_ready(LIMIT) == CacheState::NoFlagData {
        return Err("the client has no config after 3 s; CONFIGCAT_LOG=info shows its fetches".into());
    }
    if let Some(problem) = client.check(&[&IS_SALE_RUNNING, &DISCOUNT]).into_iter().next() {
        return Err(problem.into());
    }

    writeln!(out, "The flags of examples/flags.json, served at {}", cdn.url())?;
    let users = users();
    let snapshot = client.snapshot();
    for (about, user) in &users {
        writeln!(out, "\n{about}")?;
        write_flags(&snapshot, user, out)?;
    }
    let (_, jane) = &users[0];
    write_explanation(&snapshot, "checkoutLayout", jane, out)?;
    change_a_flag(&client, &cdn, jane, out)?;

    // The next poll finds the config unchanged, which shows that an ETag saves the download.
    cdn.await_answers(304, 1);
    let (sent, not_modified) = (cdn.answers(200), cdn.answers(304));
    Ok(writeln!(out, "Answers of the CDN: {sent} × 200 with the config, {not_modified} × 304 not modified")?)
}

/// Starts the sale in the config of the CDN, and waits until the client has it.
fn change_a_flag(client: &Client, cdn: &Cdn, user: &User, out: &mut impl Write) -> Result {
    let evaluate = || (client.get(&IS_SALE_RUNNING, user), client.get(&DISCOUNT, user));
    let (sender, config_changed) = mpsc::channel();
    client.hooks().on_config_changed(move |_| {
        // Sending fails after this function has returned, when there is no receiver.
        let _ = sender.send(());
    });

    let before = evaluate();
    let start = Instant::now();
    cdn.serve(&with_sale(SAMPLE_CONFIG));
    config_changed
        .recv_timeout(LIMIT)
        .map_err(|_| "the client has not polled the changed config within 3 s")?;
    let after = evaluate();
    if after != (true, 0.25) {
        return Err(format!("the sale should be on with a discount of 0.25, but is {after:?}").into());
    }

    writeln!(out, "\nThe sale starts. The client has the change after {:.1?}", start.elapsed())?;
    let mut table = Table::new(["key", "before", "after"]);
    table.row([IS_SALE_RUNNING.key().into(), before.0.to_string(), after.0.to_string()]);
    table.row([DISCOUNT.key().into(), before.1.to_string(), after.1.to_string()]);
    Ok(writeln!(out, "{table}")?)
}

/// Returns the config with its first flag, `isSaleRunning`, turned on.
fn with_sale(config: &str) -> String {
    config.replace(r#"{ "b": false }, "i": "5f1a90c2""#, r#"{ "b": true }, "i": "d7064eb8""#)
}

fn with_real_cdn(out: &mut impl Write) -> Result {
    let client = Client::builder_from_env() // reads CONFIGCAT_SDK_KEY
        .polling_mode(PollingMode::manual())
        .request_timeout(Duration::from_secs(8))
        .build()?;
    client
        .force_refresh()
        .map_err(|error| format!("cannot fetch the config of CONFIGCAT_SDK_KEY: {error:#}"))?;
    let snapshot = client.snapshot();
    let user = User::new("12345").email("jane@example.com").country("HU");
    writeln!(out, "The flags for {user}")?;
    write_flags(&snapshot, &user, out)?;
    match snapshot.get_all_keys().first() {
        Some(key) => write_explanation(&snapshot, key, &user, out),
        None => Ok(writeln!(out, "The config has no flags yet.")?),
    }
}

/// Writes a table of all flags.
fn write_flags(snapshot: &Snapshot, user: &User, out: &mut impl Write) -> Result {
    let mut table = Table::new(["key", "value", "variation", "why"]);
    for details in snapshot.get_all_value_details(user) {
        let why = reason(&details);
        let variation_id = details.variation_id.unwrap_or_default();
        table.row([details.key, details.value.to_string(), variation_id, why]);
    }
    Ok(write!(out, "{table}")?)
}

/// Returns the rule or percentage option that the value comes from, in words.
fn reason(details: &EvaluationDetails<Value>) -> String {
    match (&details.matched_targeting_rule, &details.matched_percentage_option) {
        (Some(rule), None) => format!("rule {}: {}", rule.index + 1, rule.text()),
        (Some(rule), Some(option)) => {
            format!("{}% option of rule {}: {}", option.percentage, rule.index + 1, rule.text())
        }
        (None, Some(option)) => format!("{}% option", option.percentage),
        (None, None) => "no rule matches: the value for all other users".to_owned(),
    }
}

fn write_explanation(snapshot: &Snapshot, key: &str, user: &User, out: &mut impl Write) -> Result {
    let trace = snapshot.explain(key, user).ok_or("there is no config to explain")?;
    // `{:#}`: with hints, if there are any.
    Ok(writeln!(out, "\nHow '{key}' is evaluated\n{trace:#}")?)
}
