//! Names of statics from keys of settings.

/// Returns the name of a flag: words in capitals, with `_` between them.
pub(crate) fn name_of(key: &str) -> String {
    let mut name = String::new();
    let chars: Vec<char> = key.chars().collect();
    for (index, &char) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before)).copied();
        let after = chars.get(index + 1).copied();
        if begins_word(before, char, after) && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if char.is_ascii_alphanumeric() {
            name.push(char.to_ascii_uppercase());
        } else if !char.is_ascii() {
            // By its number: other characters may be no letters in Rust, or look like one of ASCII.
            name += &format!("U{:X}", u32::from(char));
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "FLAG".to_owned(),
        Some('0'..='9') => format!("FLAG_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Returns whether a word begins with this character, or ends before it.
fn begins_word(before: Option<char>, char: char, after: Option<char>) -> bool {
    if !char.is_ascii_alphanumeric() || before.is_some_and(|before| !before.is_ascii_alphanumeric()) {
        return true;
    }
    let follows_capital = before.is_some_and(|before| before.is_ascii_uppercase());
    let before_small = after.is_some_and(|after| after.is_ascii_lowercase());
    // A word begins at the U of `newUi`, and at the second T of `HTTPTimeout`.
    char.is_ascii_uppercase() && (!follows_capital || before_small)
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn keys_become_names() {
        for (key, name) in [
            ("isNewUiEnabled", "IS_NEW_UI_ENABLED"),
            ("is-new-ui-enabled", "IS_NEW_UI_ENABLED"),
            ("is.new UI enabled", "IS_NEW_UI_ENABLED"),
            ("IS_NEW__UI", "IS_NEW_UI"),
            ("IsNew", "IS_NEW"),
            ("HTTPTimeoutMs", "HTTP_TIMEOUT_MS"),
            ("useHTTP", "USE_HTTP"),
            ("useHTTP2", "USE_HTTP2"),
            ("limit2x", "LIMIT2X"),
            ("utf8Names", "UTF8_NAMES"),
            ("aB", "A_B"),
            ("A", "A"),
            ("-a-", "A"),
            ("type", "TYPE"),
            ("self", "SELF"),
            ("2faEnabled", "FLAG_2FA_ENABLED"),
            ("-2", "FLAG_2"),
            ("", "FLAG"),
            ("---", "FLAG"),
            ("größe", "GR_UF6_UDF_E"),
            ("新", "U65B0"),
            ("a\u{202e}b", "A_U202E_B"),
            ("a\"b\n*/c", "A_B_C"),
        ] {
            assert_eq!(name_of(key), name, "{key:?}");
        }
    }
}
