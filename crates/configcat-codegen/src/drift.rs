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

/// The beginnings of flags.
const FLAGS: [&str; 2] = ["pub static ", "pub(crate) static "];

/// The beginnings of what belongs to the flag behind it: the attribute that reports its uses, and
/// the enum of its values. Other attributes concern the layout or lints.
const BEFORE_FLAGS: [&str; 3] = ["#[deprecated(", "pub enum ", "pub(crate) enum "];

/// The declarations of flags by the literals of their keys, without comments and in one layout.
fn declarations(code: &str) -> BTreeMap<String, String> {
    let declaration = |statement: Statement| {
        let first = |beginnings: &[&str]| {
            beginnings.iter().filter_map(|beginning| statement.mask.find(beginning)).min()
        };
        // The flags inside of `all()` are copies without a visibility.
        let (flag, begin) = (first(&FLAGS)?, first(&[&BEFORE_FLAGS[..], &FLAGS].concat())?);
        let key = key_of(statement.text.get(flag..)?)?;
        Some((key, statement.text.get(begin..)?.to_owned()))
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

/// A statement in one layout.
#[derive(Default)]
struct Statement {
    text: String,
    /// The text with dots in place of string literals, whose content may look like code.
    mask: String,
}

impl Statement {
    fn push(&mut self, char: char, in_string: bool) {
        self.text.push(char);
        match in_string {
            true => self.mask.extend(std::iter::repeat_n('.', char.len_utf8())),
            false => self.mask.push(char),
        }
    }
}

/// Splits code at `;`. Drops comments, and reduces white space to one space, at the inside of
/// parentheses to nothing. String literals stay unchanged.
fn statements(code: &str) -> Vec<Statement> {
    let (mut all, mut current) = (Vec::new(), Statement::default());
    let (mut in_string, mut is_escaped) = (false, false);
    let mut chars = code.chars().peekable();
    while let Some(char) = chars.next() {
        if in_string {
            in_string = char != '"' || is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            current.push(char, true);
            continue;
        }
        match char {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|char| *char != '\n').is_some() {},
            ';' => all.push(std::mem::take(&mut current)),
            _ if char.is_whitespace() => {
                if !current.text.is_empty() && !current.text.ends_with([' ', '(']) {
                    current.push(' ', false);
                }
            }
            ')' => {
                // rustfmt adds a comma where it breaks the line. Without this, a new layout would
                // count as a drift.
                let end = current.text.trim_end_matches([' ', ',']).len();
                current.text.truncate(end);
                current.mask.truncate(end);
                current.push(')', false);
            }
            _ => {
                in_string = char == '"';
                current.push(char, in_string);
            }
        }
    }
    all
}
