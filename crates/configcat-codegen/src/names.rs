//! Names of statics and of types from keys of settings, and names of variants from their values.

/// Types and traits that the generated code uses.
const RESERVED: [&str; 8] = ["AnyFlag", "Default", "Flag", "Json", "Parsed", "Result", "Self", "String"];

/// Returns the name of a flag: words in capitals, with `_` between them.
pub(crate) fn name_of(key: &str) -> String {
    let name = words(key);
    match name.chars().next() {
        None => "FLAG".to_owned(),
        Some('0'..='9') => format!("FLAG_{name}"),
        Some(_) => name,
    }
}

/// Returns the name of the type for a flag of this name, in a module that uses these other types.
pub(crate) fn type_of<'t>(name: &str, mut types: impl Iterator<Item = &'t str>) -> String {
    let name = camel(name);
    // An enum `Vec` would also be the one of a type `Vec<u64>` of the user.
    let is_part = |part: &str| part == name;
    let is_used = RESERVED.contains(&&*name) || types.any(|it| parts(it).any(is_part));
    if is_used { name + "Value" } else { name }
}

/// Returns the names in a type.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| char != '_' && !char.is_ascii_alphanumeric())
}

/// Returns the name of the variant for a value.
///
/// Not numbered where several values have the same name: with the next generation, a number could
/// go to another value.
pub(crate) fn variant_of(value: &str) -> String {
    let name = camel(&words(value));
    match name.chars().next() {
        None if value.is_empty() => "Empty".to_owned(),
        None => hex(value),
        Some('0'..='9') => format!("V{name}"),
        // Names that mean something else, and those that `hex` makes of other values.
        Some(_) if name == "Other" || name == "Self" || name.starts_with("Hex") => hex(value),
        Some(_) => name,
    }
}

/// Returns a name that no other value has, for values whose names are not their own.
pub(crate) fn hex(value: &str) -> String {
    value.bytes().fold("Hex".to_owned(), |name, byte| format!("{name}{byte:02X}"))
}

/// Returns words in capitals with `_` between them as a type is written.
fn camel(words: &str) -> String {
    let capitalized = words.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_owned() + &rest.to_ascii_lowercase()
    });
    capitalized.collect()
}

/// Returns the words of a text in capitals, with `_` between them.
fn words(key: &str) -> String {
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
    name.trim_end_matches('_').to_owned()
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
    use super::{name_of, type_of, variant_of};

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

    #[test]
    fn names_become_types() {
        for (name, expected) in [
            ("CHECKOUT_LAYOUT", "CheckoutLayout"),
            ("FLAG_2FA", "Flag2fa"),
            ("FLAG", "FlagValue"),
            ("DEFAULT", "DefaultValue"),
            ("VEC", "VecValue"),
            ("LIMITS", "LimitsValue"),
            ("LIMIT", "Limit"),
            ("A", "A"),
        ] {
            let types = ["Vec<crate::Limits>", "u8"];
            assert_eq!(type_of(name, types.into_iter()), expected);
        }
    }

    #[test]
    fn values_become_variants() {
        for (value, expected) in [
            ("one-page", "OnePage"),
            ("onePage", "OnePage"),
            ("HTTP", "Http"),
            ("2fa", "V2fa"),
            ("", "Empty"),
            ("--", "Hex2D2D"),
            ("other", "Hex6F74686572"),
            ("self", "Hex73656C66"),
            ("hex2D2D", "Hex68657832443244"),
            ("größe", "GrUf6UdfE"),
        ] {
            assert_eq!(variant_of(value), expected, "{value:?}");
        }
    }
}
