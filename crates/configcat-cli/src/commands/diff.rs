//! `configcat diff`: the flags that differ, and the users that notice it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
};

use configcat_analysis::{FlagChange, Population, Served, Witness, compare};
use configcat_eval::{ChangeKind, Config, EvaluationError, User};
use serde_json::{Value as Json, json};

use crate::{
    Outcome,
    commands::eval::value_json,
    failure::Failure,
    flags::Flags,
    format::Format,
    screen::{BOLD, FAINT, GREEN, RED, Screen, YELLOW, percent, plural, shown, styled},
    users::UserArgs,
};

/// The seed of the generated users. Fixed, so that the same configs give the same output.
const SEED: u64 = 1;
/// The most pairs of values that are printed for a flag. A text setting may have any number.
// Five lines show what most users see, and fit beside the other flags.
const MOST_PAIRS: usize = 5;

/// Prints the flags that differ between two configs, each with a user that gets another value, and
/// with the share of such users.
///
/// A flag counts as changed also if only a segment or a prerequisite flag of it has changed. The
/// users are those of --user, or users generated from the comparison values of both configs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Old config: a file, `-`, or the folder of a file cache
    old: PathBuf,
    /// New config
    new: PathBuf,
    #[command(flatten)]
    users: UserArgs,
    /// Number of generated users, if there is no file of users
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    population: u32,
    /// Exit with 1 if a flag differs
    #[arg(long)]
    exit_code: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A change, and its effect on users.
struct Effect {
    change: FlagChange,
    /// The number of users with another value or variation id.
    affected: usize,
    /// The number of users with each pair of an old and a new value, as text.
    pairs: BTreeMap<(String, String), usize>,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    // The old one first: with `git show … | configcat diff - flags.json` it is standard input.
    let (old, new) = (Flags::read(&args.old)?, Flags::read(&args.new)?);
    let users = users(args, &old.config, &new.config)?;
    let changes = compare(&old.config, &new.config).changes;
    let effect = |change| effect(change, &old.config, &new.config, &users);
    let effects: Vec<Effect> = changes.into_iter().map(effect).collect();
    match args.format {
        Format::Json => screen.json(&json!({
            "users": users.len(),
            "changes": effects.iter().map(json_of).collect::<Vec<_>>(),
        }))?,
        Format::Text => {
            let kind = if args.users.has_file() { "given" } else { "generated" };
            print(&effects, users.len(), kind, screen)?;
        }
    }
    // Without the option a difference is fine, as with `git diff`.
    Ok(Outcome::found(args.exit_code && !effects.is_empty()))
}

fn users(args: &Args, old: &Config, new: &Config) -> Result<Vec<Option<User>>, Failure> {
    if args.users.has_file() {
        return args.users.all();
    }
    // The comparison values of both, since a new value is in the new config alone.
    let count = usize::try_from(args.population).unwrap_or(usize::MAX);
    Ok(Population::new([old, new]).users(SEED).take(count).map(Some).collect())
}

fn effect(mut change: FlagChange, old: &Config, new: &Config, users: &[Option<User>]) -> Effect {
    let (mut affected, mut pairs) = (0, BTreeMap::new());
    for user in users {
        let results = [old, new].map(|config| config.evaluate(&change.key, user.as_ref()));
        // An application gets its default from both, whatever the errors are.
        if let [Err(_), Err(_)] = results {
            continue;
        }
        // Values as text: a flag may change its type, and people compare what they see.
        let [before, after] = results.each_ref().map(|result| match result {
            Ok(evaluation) => (shown(&evaluation.value().to_string()), evaluation.variation_id()),
            Err(error) => (outcome_of(error), None),
        });
        // The variation id counts, since analytics see it.
        if before != after {
            affected += 1;
            *pairs.entry((before.0, after.0)).or_default() += 1;
            // The search has limits, and knows no text for a hash.
            if let Witness::NotFound | Witness::Hidden = change.witness {
                let [old, new] = results.map(|result| result.map(|evaluation| Served::from(&evaluation)));
                change.witness = Witness::User { user: user.clone(), old, new };
            }
        }
    }
    Effect { change, affected, pairs }
}

/// Returns the text in place of a value.
fn outcome_of(error: &EvaluationError) -> String {
    match error.kind() {
        // An added or removed flag is no mistake, so its side is no error.
        configcat_eval::ErrorKind::SettingNotFound { .. } => "(no setting)".to_owned(),
        kind => format!("(error: {})", shown(&kind.to_string())),
    }
}

fn print(effects: &[Effect], users: usize, kind: &str, screen: &mut Screen) -> io::Result<()> {
    if effects.is_empty() {
        return writeln!(screen, "no flag differs: every user gets the same from both configs");
    }
    for effect in effects {
        print_effect(effect, users, kind, screen)?;
    }
    let differs = if effects.len() == 1 { "differs" } else { "differ" };
    writeln!(screen, "{} {differs}", plural(effects.len(), "flag"))
}

fn print_effect(effect: &Effect, users: usize, kind: &str, screen: &mut Screen) -> io::Result<()> {
    let Effect { change, affected, pairs } = effect;
    let (sign, style, what) = match change.kind {
        ChangeKind::Added => ("+", GREEN, "added"),
        ChangeKind::Removed => ("-", RED, "removed"),
        ChangeKind::TypeChanged => ("!", RED, "has another type"),
        _ => ("~", YELLOW, "changed"),
    };
    writeln!(screen, "{} {} {what}", styled(style, sign), styled(BOLD, shown(&change.key)))?;
    match &change.witness {
        Witness::User { user, old, new } => {
            let user =
                user.as_ref().map_or_else(|| "without a user".to_owned(), |user| shown(&user.to_string()));
            writeln!(screen, "    for example {user}")?;
            writeln!(screen, "      {} → {}", styled(RED, served(old)), styled(GREEN, served(new)))?;
        }
        Witness::Equal => writeln!(screen, "    every user gets the same as before")?,
        Witness::Hidden => {
            let text = "no user was found: the config has only hashes of the values that decide";
            writeln!(screen, "    {}", styled(FAINT, text))?;
        }
        _ => writeln!(screen, "    {}", styled(FAINT, "no user was found for whom it differs"))?,
    }
    // Proved, so a share of 0 would say less.
    if !matches!(change.witness, Witness::Equal) {
        let share = percent(*affected, users);
        writeln!(screen, "    {share} of {users} {kind} users get something else")?;
    }
    let mut pairs: Vec<_> = pairs.iter().collect();
    // The most frequent first: the others may be cut.
    pairs.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for ((old, new), count) in pairs.iter().take(MOST_PAIRS) {
        let change =
            if old == new { format!("{old}, another variation") } else { format!("{old} → {new}") };
        writeln!(screen, "      {change}: {}", percent(**count, users))?;
    }
    if pairs.len() > MOST_PAIRS {
        writeln!(screen, "      {}", styled(FAINT, format_args!("and {} more", pairs.len() - MOST_PAIRS)))?;
    }
    writeln!(screen)
}

/// Returns a value with the part of the setting that serves it.
fn served(result: &Result<Served, EvaluationError>) -> String {
    let served = match result {
        Ok(served) => served,
        Err(error) => return outcome_of(error),
    };
    let option = served.option.map(|option| format!("option {}", option + 1));
    let rule = served.rule.map(|rule| format!("rule {}", rule + 1));
    let by = match (rule, option) {
        (Some(rule), Some(option)) => format!("{rule}, {option}"),
        (rule, option) => rule.or(option).unwrap_or_else(|| "default".to_owned()),
    };
    format!("{} ({by})", shown(&served.value.to_string()))
}

fn json_of(effect: &Effect) -> Json {
    let Effect { change, affected, pairs } = effect;
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::TypeChanged => "typeChanged",
        _ => "changed",
    };
    let served = |result: &Result<Served, EvaluationError>| match result {
        Ok(served) => json!({
            "value": value_json(&served.value),
            "variationId": served.variation_id,
            "rule": served.rule,
            "option": served.option,
        }),
        Err(error) => json!({ "error": error.to_string() }),
    };
    let witness = match &change.witness {
        Witness::User { user, old, new } => {
            let user = user.as_ref().and_then(|user| serde_json::from_str::<Json>(&user.to_string()).ok());
            json!({ "user": user, "old": served(old), "new": served(new) })
        }
        Witness::Equal => json!("equal"),
        Witness::Hidden => json!("hidden"),
        _ => json!("notFound"),
    };
    let pairs = pairs.iter().map(|((old, new), users)| json!({ "old": old, "new": new, "users": users }));
    json!({
        "key": change.key,
        "kind": kind,
        "witness": witness,
        "affectedUsers": affected,
        "values": pairs.collect::<Vec<_>>(),
    })
}
