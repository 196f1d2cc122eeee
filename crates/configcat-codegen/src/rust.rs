//! Texts and numbers as Rust code. Any text is possible: keys and values come from the dashboard.

/// The most characters of a text that a comment shows: with the rest of the sentence they fill
/// about one line.
pub(crate) const MAX_SHOWN: usize = 60;

/// Returns a string literal. Letters and digits of all languages stay as they are. Other characters
/// beyond ASCII are escaped, such as those that reverse the direction of writing: they could hide
/// code from a reviewer.
pub(crate) fn literal(text: &str) -> String {
    format!("\"{}\"", text.chars().map(|char| escaped(char, '"')).collect::<String>())
}

/// Returns a text for a doc comment: a code span on one line that the text cannot end, of limited
/// length.
pub(crate) fn comment(text: &str) -> String {
    let mut chars = text.chars();
    let shown: String = chars.by_ref().take(MAX_SHOWN).map(|char| escaped(char, '`')).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    // Two backticks without text between them are no code span.
    if shown.is_empty() { "an empty text".to_owned() } else { format!("`{shown}`{more}") }
}

fn escaped(char: char, quote: char) -> String {
    match char {
        '\\' if quote == '"' => "\\\\".to_owned(),
        '"' if quote == '"' => "\\\"".to_owned(),
        '`' if quote == '`' => char.escape_unicode().to_string(),
        ' '..='~' => char.to_string(),
        '\n' | '\r' | '\t' => char.escape_default().to_string(),
        _ if !char.is_ascii() && char.is_alphanumeric() => char.to_string(),
        _ => char.escape_unicode().to_string(),
    }
}

/// Returns whether a text may be a type, as far as that keeps it in its place; the compiler sees
/// the rest.
pub(crate) fn is_type(text: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "_:<>[](), ".contains(char);
    text.starts_with(|char: char| char.is_ascii_alphabetic() || "_:[(<".contains(char))
        && text.chars().all(is_part)
}

/// Returns the literal of a finite number.
pub(crate) fn float(value: f64) -> Option<String> {
    value.is_finite().then(|| format!("{value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_anything() {
        for (text, expected) in [
            ("isNew", r#""isNew""#),
            ("größe 新", r#""größe 新""#),
            ("\"; panic!(); \"", r#""\"; panic!(); \"""#),
            ("a\\b\nc\r\td\0", r#""a\\b\nc\r\td\u{0}""#),
            ("*/ // # {}", r#""*/ // # {}""#),
            ("\u{202e}abc\u{2066}", r#""\u{202e}abc\u{2066}""#),
            ("\u{feff}\u{85}\u{2028}\u{1f680}", r#""\u{feff}\u{85}\u{2028}\u{1f680}""#),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn comments_stay_in_their_span() {
        for (text, expected) in [
            ("isNew", "`isNew`"),
            ("", "an empty text"),
            ("a`b` *c*\n/// d", r"`a\u{60}b\u{60} *c*\n/// d`"),
            ("\u{202e}x\\\"", r#"`\u{202e}x\"`"#),
        ] {
            assert_eq!(comment(text), expected);
        }
        assert_eq!(comment(&"x".repeat(60)), format!("`{}`", "x".repeat(60)));
        assert_eq!(comment(&"x".repeat(61)), format!("`{}`…", "x".repeat(60)));
    }

    #[test]
    fn types_stay_in_their_place() {
        for text in ["u8", "crate::Limits", "Vec<(u8, Option<String>)>", "::a::B", "[u8]", "(u8,)"] {
            assert!(is_type(text), "{text}");
        }
        for text in ["", " u8", "u8; fn main() {}", "[u8; 4]", "u8>> = x", "\"u8\"", "u8\n", "u8 // x", "é"]
        {
            assert!(!is_type(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_floats() {
        let numbers = [0.0, -0.0, 1.0, 0.25, 1e300, f64::MIN_POSITIVE];
        let written = numbers.map(|number| float(number).unwrap());
        assert_eq!(written[..5], ["0.0", "-0.0", "1.0", "0.25", "1e300"]);
        assert_eq!(written.map(|text| text.parse::<f64>().unwrap()), numbers);
        assert_eq!(float(f64::NAN), None);
    }
}
