//! The difference between two configs, in words.

use configcat_analysis::{Comparison, FlagChange, Served, Witness};
use configcat_eval::{ChangeKind, EvaluationError};
use serde_json::{Value as Json, json};

use crate::{
    commands::eval::value_json,
    screen::{BOLD, FAINT, plural, shown, styled},
};

/// Returns a sentence, and a line for each changed flag.
pub(crate) fn text(comparison: &Comparison) -> String {
    let mut text = match comparison.changes.len() {
        0 => "No flag has changed.".to_owned(),
        1 => "1 flag has changed:".to_owned(),
        count => format!("{} have changed:", plural(count, "flag")),
    };
    for change in &comparison.changes {
        text +=
            &format!("\n  {} {}{}", styled(BOLD, shown(&change.key)), kind(change.kind), for_whom(change));
    }
    text
}

fn for_whom(change: &FlagChange) -> String {
    let Witness::User { user, old, new } = &change.witness else {
        let reason = match change.witness {
            Witness::Equal => "nobody gets another value",
            Witness::Hidden => "it compares hashes, so for whom is hidden",
            _ => "no user was found who gets another value",
        };
        return format!(": {}", styled(FAINT, reason));
    };
    let whom = user
        .as_ref()
        .map_or_else(|| "without a user".to_owned(), |user| format!("for {}", shown(&user.to_string())));
    match change.kind {
        ChangeKind::Added => format!(": {} {whom}", served(new)),
        ChangeKind::Removed => format!(": it was {} {whom}", served(old)),
        _ => format!(": {} → {} {whom}", served(old), served(new)),
    }
}

fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::TypeChanged => "type changed",
        _ => "changed",
    }
}

fn served(result: &Result<Served, EvaluationError>) -> String {
    match result {
        // As JSON, so that a text differs from a number and can be empty.
        Ok(served) => shown(&value_json(&served.value).to_string()),
        Err(error) => format!("error ({})", shown(&error.to_string())),
    }
}

/// Returns a list with an object for each changed flag.
pub(crate) fn json(comparison: &Comparison) -> Json {
    let result = |result: &Result<Served, EvaluationError>| match result {
        Ok(served) => json!({
            "value": value_json(&served.value),
            "variationId": served.variation_id,
            "rule": served.rule,
            "option": served.option,
        }),
        Err(error) => json!({"error": error.to_string()}),
    };
    let changes = comparison.changes.iter().map(|change| {
        let witness = match &change.witness {
            Witness::User { user, old, new } => {
                // Printed users are JSON.
                let user: Option<Json> =
                    user.as_ref().and_then(|user| serde_json::from_str(&user.to_string()).ok());
                json!({"user": user, "old": result(old), "new": result(new)})
            }
            Witness::Equal => json!("equal"),
            Witness::Hidden => json!("hidden"),
            _ => json!("notFound"),
        };
        let kind = if change.kind == ChangeKind::TypeChanged { "typeChanged" } else { kind(change.kind) };
        json!({"key": change.key, "kind": kind, "witness": witness})
    });
    changes.collect()
}
