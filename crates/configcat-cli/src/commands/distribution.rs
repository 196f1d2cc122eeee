//! `configcat distribution`: the shares of the values of a flag, as a bar chart.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use configcat_analysis::{Distribution, Share, distribution};
use configcat_eval::User;
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use crate::{
    Outcome,
    commands::eval::value_json,
    failure::Failure,
    flags::Flags,
    format::Format,
    screen::{GREEN, RED, Screen, plural, shown, styled},
    users::UserArgs,
};

/// Prints the shares of the values that a setting serves, as a bar chart.
///
/// The users are those of the file --user, or users that differ in one attribute only. Percentage
/// options of the setting count with their percentage, so their shares are exact. Exits with 1 if
/// an evaluation fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Key of the setting
    key: String,
    /// Attribute in which the users differ; its values are 1, 2, 3, …
    #[arg(long, value_name = "ATTRIBUTE", default_value = User::IDENTIFIER, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    by: String,
    /// Number of such users
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    #[command(flatten)]
    users: UserArgs,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    flags.check_key(&args.key)?;
    let users = if args.users.has_file() {
        args.users.all()?.into_iter().flatten().collect()
    } else {
        args.users.varied(&args.by, usize::try_from(args.count).unwrap_or(usize::MAX))?
    };
    let found = distribution(&flags.config, &args.key, &users);
    match args.format {
        Format::Json => screen.json(&json_of(&args.key, &found))?,
        Format::Text => print(&args.key, &found, screen)?,
    }
    Ok(Outcome::found(found.shares.iter().any(|share| share.outcome.is_err())))
}

fn print(key: &str, found: &Distribution, screen: &mut Screen) -> io::Result<()> {
    writeln!(screen, "{} for {}", shown(key), plural(found.users, "user"))?;
    let mut shares: Vec<(String, &Share)> = found.shares.iter().map(|share| (label(share), share)).collect();
    // The library has them in the order of their first user, which says nothing.
    shares.sort_by(|(_, a), (_, b)| b.percent.total_cmp(&a.percent));
    // Two fifths for labels, the rest for bars.
    let most = screen.width() * 2 / 5;
    let widest = shares.iter().map(|(label, _)| label.width()).max().unwrap_or(0).min(most);
    let room = screen.width().saturating_sub(widest + "  100.00 %  ".len()).max(10);
    for (label, share) in shares {
        let label = cut(&label, widest);
        let padding = " ".repeat(widest.saturating_sub(label.width()));
        let style = if share.outcome.is_ok() { GREEN } else { RED };
        let bar = styled(style, bar(share.percent, room));
        writeln!(screen, "{label}{padding}  {:6.2} %  {bar}", share.percent)?;
    }
    Ok(())
}

fn label(share: &Share) -> String {
    match &share.outcome {
        Ok((value, Some(id))) => shown(&format!("{value} ({id})")),
        Ok((value, None)) => shown(&value.to_string()),
        Err(error) => format!("error: {}", shown(&error.to_string())),
    }
}

/// Cuts a text to so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        // One column for the ellipsis, and one for the next character at least.
        if cut.width() + 2 > columns {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

/// Returns a bar in eighths of a column; `room` columns are 100 percent.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 1,000"
)]
fn bar(percent: f64, room: usize) -> String {
    // Unicode has blocks of eighths, so small shares can be seen.
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * room as f64 * 8.0).round() as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied().unwrap_or_default();
    "█".repeat(eighths / 8) + rest
}

fn json_of(key: &str, found: &Distribution) -> Json {
    let shares = found.shares.iter().map(|share| {
        let (value, id) = match &share.outcome {
            Ok((value, id)) => (value_json(value), id.as_deref()),
            Err(_) => (Json::Null, None),
        };
        json!({
            "value": value,
            "variationId": id,
            "error": share.outcome.as_ref().err().map(ToString::to_string),
            "users": share.users,
            "percent": share.percent,
        })
    });
    json!({ "key": key, "users": found.users, "shares": shares.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::{bar, cut};

    #[test]
    fn bars_and_labels_fit_their_room() {
        assert_eq!(bar(100.0, 10), "██████████");
        assert_eq!(bar(51.3, 10), "█████▏");
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(cut("Jó napot!", 5), "Jó n…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("abc", 3), "abc");
    }
}
