//! `configcat eval`: the value of one setting or of all, for one user or for many.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use configcat_eval::{Config, Evaluation, EvaluationError, User, Value};
use serde_json::{Value as Json, json};

use crate::{
    Outcome,
    failure::Failure,
    flags::Flags,
    format::Format,
    screen::{Screen, shown},
    table::{lines, table},
    users::UserArgs,
};

/// The rows of a table. A longer output is several tables, so that the first one comes soon and
/// memory does not grow with the users.
const ROWS: usize = 1000;

/// Prints the value of a setting, or a table of all.
///
/// The value of one setting for one user is printed bare. Exits with 1 if an evaluation fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Key of the setting; all settings if it is missing
    key: Option<String>,
    #[command(flatten)]
    users: UserArgs,
    /// Form of the output; `json` prints an object a line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The result of one evaluation.
type Evaluated<'c> = Result<Evaluation<'c>, EvaluationError>;

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    if let Some(key) = &args.key {
        // Before anything is written: an unknown key is wrong use, not a failed evaluation.
        flags.check_key(key)?;
    }
    let users = args.users.all()?;
    let has_failed = match (args.format, &args.key, users.as_slice()) {
        (Format::Json, key, users) => print_json(&flags.config, key.as_deref(), users, screen)?,
        (Format::Text, Some(key), [user]) => print_value(&flags, key, user.as_ref(), screen)?,
        (Format::Text, Some(key), users) => print_users(&flags.config, key, users, screen)?,
        (Format::Text, None, users) => {
            let mut has_failed = false;
            for user in users {
                if users.len() > 1 {
                    writeln!(screen, "{}", name(user.as_ref()))?;
                }
                has_failed |= print_settings(&flags.config, user.as_ref(), screen)?;
                if users.len() > 1 {
                    writeln!(screen)?;
                }
            }
            has_failed
        }
    };
    Ok(Outcome::found(has_failed))
}

/// Prints the value bare, for scripts.
fn print_value(flags: &Flags, key: &str, user: Option<&User>, screen: &mut Screen) -> Result<bool, Failure> {
    match flags.config.evaluate(key, user) {
        Ok(evaluation) => {
            let value = evaluation.value().to_string();
            // A script gets the very value. A terminal does not do what a value says.
            let line = if screen.is_terminal() { shown(&value) } else { value };
            screen.exact(format!("{line}\n").as_bytes())?;
            Ok(false)
        }
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: {}", shown(&error.to_string()));
            Ok(true)
        }
    }
}

/// Prints a row for each user.
fn print_users(config: &Config, key: &str, users: &[Option<User>], screen: &mut Screen) -> io::Result<bool> {
    let mut has_failed = false;
    for users in users.chunks(ROWS) {
        let mut table = table(screen.width(), &["user", "value", "served by"]);
        for user in users {
            let evaluated = config.evaluate(key, user.as_ref());
            has_failed |= evaluated.is_err();
            table.add_row([name(user.as_ref()), value(&evaluated), served_by(&evaluated)]);
        }
        screen.write_all(lines(&table).as_bytes())?;
    }
    Ok(has_failed)
}

/// Prints a row for each setting.
fn print_settings(config: &Config, user: Option<&User>, screen: &mut Screen) -> io::Result<bool> {
    let mut has_failed = false;
    let keys: Vec<&str> = config.keys().collect();
    if keys.is_empty() {
        writeln!(screen, "the config has no settings")?;
    }
    for keys in keys.chunks(ROWS) {
        let mut table = table(screen.width(), &["key", "value", "served by"]);
        for key in keys {
            let evaluated = config.evaluate(key, user);
            has_failed |= evaluated.is_err();
            table.add_row([shown(key), value(&evaluated), served_by(&evaluated)]);
        }
        screen.write_all(lines(&table).as_bytes())?;
    }
    Ok(has_failed)
}

fn print_json(
    config: &Config,
    key: Option<&str>,
    users: &[Option<User>],
    screen: &mut Screen,
) -> io::Result<bool> {
    let keys: Vec<&str> = key.map_or_else(|| config.keys().collect(), |key| vec![key]);
    let mut has_failed = false;
    for user in users {
        // The user as the evaluation log has it, which is JSON.
        let json: Option<Json> = user.as_ref().and_then(|user| serde_json::from_str(&user.to_string()).ok());
        for key in &keys {
            let evaluated = config.evaluate(key, user.as_ref());
            has_failed |= evaluated.is_err();
            screen.json(&match evaluated {
                Ok(evaluation) => json!({
                    "key": key,
                    "user": json,
                    "value": value_json(evaluation.value()),
                    "variationId": evaluation.variation_id(),
                    "rule": evaluation.matched_rule(),
                    "option": evaluation.matched_option(),
                }),
                Err(error) => json!({
                    "key": key,
                    "user": json,
                    "error": error.kind().to_string(),
                    "place": error.place(),
                }),
            })?;
        }
    }
    Ok(has_failed)
}

/// Returns the name of a user in a table: the identifier, or all attributes if it is empty.
pub(crate) fn name(user: Option<&User>) -> String {
    let Some(user) = user else { return "(no user)".to_owned() };
    let identifier = user.get(User::IDENTIFIER).map(ToString::to_string).unwrap_or_default();
    // Users without an identifier would all have the same name.
    shown(&if identifier.is_empty() { user.to_string() } else { identifier })
}

fn value(evaluated: &Evaluated<'_>) -> String {
    match evaluated {
        Ok(evaluation) => shown(&evaluation.value().to_string()),
        Err(error) => format!("error: {}", shown(&error.kind().to_string())),
    }
}

/// Returns the part of the setting that has served the value. Rules and options are counted from 1,
/// as people do.
fn served_by(evaluated: &Evaluated<'_>) -> String {
    let evaluation = match evaluated {
        Ok(evaluation) => evaluation,
        Err(error) => return shown(error.place()),
    };
    let option = evaluation.matched_option().map(|option| format!("option {}", option + 1));
    let rule = evaluation.matched_rule().map(|rule| format!("rule {}", rule + 1));
    match (rule, option) {
        (Some(rule), Some(option)) => format!("{rule}, {option}"),
        (rule, option) => rule.or(option).unwrap_or_else(|| "default".to_owned()),
    }
}

/// Returns a value of a setting as JSON. A double without a fraction stays one, as in `2.0`.
pub(crate) fn value_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        // A double without a fraction stays one, as in `2.0`.
        Value::Double(value) => json!(value),
        Value::Text(value) => json!(&**value),
    }
}
