//! Differences between code and config.

use std::{collections::BTreeMap, fmt};

/// A flag that differs between code and config. Keys and declarations are shown as in the code, in
/// quotes and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drift {
    /// The config has a setting that the code does not have.
    NotInCode {
        /// The key, as a string literal.
        key: String,
    },
    /// The code has a flag that the config does not have.
    NotInConfig {
        /// The key, as a string literal.
        key: String,
    },
    /// Name, type or default value differ.
    Changed {
        /// The key, as a string literal.
        key: String,
        /// The declaration that would be generated now.
        expected: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInCode { key } => write!(f, "{key} is in the config, but not in the code"),
            Self::NotInConfig { key } => write!(f, "{key} is in the code, but not in the config"),
            Self::Changed { key, expected } => {
                write!(f, "{key} differs from the config, which makes it `{expected}`")
            }
        }
    }
}

/// Compares the code that is generated now with the code of earlier, by key.
pub(crate) fn drifts(expected: &str, code: &str) -> Vec<Drift> {
    let (mut code, mut drifts) = (declarations(code), Vec::new());
    for (key, expected) in declarations(expected) {
        match code.remove(&key) {
            None => drifts.push(Drift::NotInCode { key }),
            // Comments and layout are dropped before, so a difference is in name, type or default.
            Some(found) if found != expected => drifts.push(Drift::Changed { key, expected }),
            Some(_) => {}
        }
    }
    drifts.extend(code.into_keys().map(|key| Drift::NotInConfig { key }));
    // By key, so that the report does not depend on the order of the checks above.
    drifts.sort_by(|a, b| key(a).cmp(key(b)));
    drifts
}

fn key(drift: &Drift) -> &str {
    match drift {
        Drift::NotInCode { key } | Drift::NotInConfig { key } | Drift::Changed { key, .. } => key,
    }
}

/// The declarations of flags by the literals of their keys, without comments and in one layout.
fn declarations(code: &str) -> BTreeMap<String, String> {
    let declaration = |statement: String| {
        // Attributes before the declaration concern the layout or the compiler, not the flag.
        let begin = statement.find("pub static ").unwrap_or_default();
        let declaration = statement.get(begin..)?;
        Some((key_of(declaration)?, declaration.to_owned()))
    };
    statements(code).into_iter().filter_map(declaration).collect()
}

/// The literal of the key in the declaration of a flag.
fn key_of(statement: &str) -> Option<String> {
    let (_, arguments) = statement.split_once("Flag::new(")?;
    let mut is_escaped = false;
    let is_end = |(_, char): &(usize, char)| {
        let is_end = *char == '"' && !is_escaped;
        is_escaped = *char == '\\' && !is_escaped;
        is_end
    };
    let (end, _) = arguments.strip_prefix('"')?.char_indices().find(is_end)?;
    arguments.get(..end + 2).map(str::to_owned)
}

/// Splits code at `;`. Drops comments, and reduces white space to one space, at the inside of
/// parentheses to nothing. String literals stay unchanged.
fn statements(code: &str) -> Vec<String> {
    let (mut all, mut current) = (Vec::new(), String::new());
    let (mut in_string, mut is_escaped) = (false, false);
    let mut chars = code.chars().peekable();
    while let Some(char) = chars.next() {
        if in_string {
            in_string = char != '"' || is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            current.push(char);
            continue;
        }
        match char {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|char| *char != '\n').is_some() {},
            ';' => all.push(std::mem::take(&mut current)),
            _ if char.is_whitespace() => {
                if !current.is_empty() && !current.ends_with([' ', '(']) {
                    current.push(' ');
                }
            }
            ')' => {
                // rustfmt adds a comma where it breaks the line. Without this, a new layout would
                // count as a drift.
                current.truncate(current.trim_end_matches([' ', ',']).len());
                current.push(')');
            }
            _ => {
                in_string = char == '"';
                current.push(char);
            }
        }
    }
    all
}
