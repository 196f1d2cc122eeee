//! The values of a text setting as an enum.

use std::collections::{BTreeMap, BTreeSet};

use configcat_eval::{Setting, SettingType, Value};

use crate::{
    names::{hex, variant_of},
    rust::{MAX_SHOWN, comment, literal},
};

/// The values of a text setting as an enum.
pub(crate) struct Values {
    /// The name of the enum.
    pub(crate) name: String,
    /// The names of the variants, by value.
    variants: BTreeMap<String, String>,
}

impl Values {
    /// Returns the enum of the values that a setting serves; `None` if it is no text, or if its
    /// values are too many or too long.
    pub(crate) fn of(setting: &Setting<'_>, name: String, max_variants: usize) -> Option<Self> {
        if setting.setting_type() != Some(SettingType::Text) {
            return None;
        }
        let values: BTreeSet<&str> = setting.served_values().filter_map(|it| it.value().as_text()).collect();
        let is_long = |value: &&str| value.chars().nth(MAX_SHOWN).is_some();
        if values.is_empty() || values.len() > max_variants || values.iter().any(is_long) {
            return None;
        }
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        values.iter().for_each(|value| *names.entry(variant_of(value)).or_default() += 1);
        let variants = values.into_iter().map(|value| {
            let name = variant_of(value);
            let is_own = names.get(&name) == Some(&1);
            (value.to_owned(), if is_own { name } else { hex(value) })
        });
        Some(Self { name, variants: variants.collect() })
    }

    /// Returns a value as code.
    pub(crate) fn code_of(&self, value: &Value) -> String {
        let text = value.as_text().unwrap_or_default();
        match (self.variants.get(text), text) {
            (Some(variant), _) => format!("{}::{variant}", self.name),
            // `String::from` cannot make a `static`; only the neutral default comes here.
            (None, _) => format!("{}::Other(String::new())", self.name),
        }
    }

    /// Writes the enum, with the text of each variant.
    // The check reads from here to the end of the flag, so no `;` may be in it.
    pub(crate) fn write(&self, key: &str, visibility: &str, code: &mut String) {
        *code += &format!("\n/// Values of {} in the config.\n", comment(key));
        *code += "#[derive(Debug, Clone, PartialEq, Eq, Hash)]\n";
        // Values such as `size-s` and `a-b-c` would fail the build of users that deny these lints.
        *code += "#[allow(clippy::enum_variant_names, clippy::upper_case_acronyms)]\n";
        *code += &format!("{visibility} enum {} {{\n", self.name);
        for (value, variant) in &self.variants {
            *code += &format!("    /// {}\n    {variant},\n", comment(value));
        }
        *code +=
            "    /// A text that the config did not have when this was generated.\n    Other(String),\n}\n";
        *code += &format!("\n#[rustfmt::skip]\nimpl {} {{\n    /// Returns the text.\n", self.name);
        if visibility != "pub" {
            // The lint is for flags.
            *code += "    #[allow(dead_code)]\n";
        }
        *code += &format!("    {visibility} fn as_str(&self) -> &str {{\n        match self {{\n");
        for (value, variant) in &self.variants {
            *code += &format!("            Self::{variant} => {},\n", literal(value));
        }
        *code += "            Self::Other(text) => text,\n        }\n    }\n}\n";
    }

    /// Writes the conversion from a text.
    pub(crate) fn write_from_str(&self, code: &mut String) {
        *code += &format!("\n#[rustfmt::skip]\nimpl std::str::FromStr for {} {{\n", self.name);
        *code += "    type Err = std::convert::Infallible;\n\n";
        // Not `Self::Err`, which could also be the variant of a value `err`.
        *code += "    fn from_str(text: &str) -> Result<Self, std::convert::Infallible> {\n";
        *code += "        Ok(match text {\n";
        for (value, variant) in &self.variants {
            *code += &format!("            {} => Self::{variant},\n", literal(value));
        }
        *code += "            other => Self::Other(other.to_owned()),\n        })\n    }\n}\n";
    }
}
