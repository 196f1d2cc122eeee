//! Flags as code.

use configcat_eval::{Setting, SettingDescription, SettingType, Value};

use crate::{
    CodegenError,
    names::type_of,
    options::{Defaults, Options},
    rust::{comment, float, literal},
    values::Values,
};

/// The longest line, the longest arguments of a call, and the longest arguments of an attribute
/// that rustfmt leaves on one line: the defaults of its options `max_width`, `fn_call_width` and
/// `attr_fn_like_width`.
const MAX_LINE: usize = 100;
const MAX_ARGUMENTS: usize = 60;
const MAX_ATTRIBUTE: usize = 70;

/// A setting as code.
pub(crate) struct Flag {
    pub(crate) key: String,
    /// The declaration, without its visibility.
    pub(crate) declaration: String,
    /// The arguments of the attribute `deprecated`.
    pub(crate) deprecation: Option<String>,
    /// The enum of its values.
    pub(crate) values: Option<Values>,
    comment: Vec<String>,
    /// `true` if Clippy may take the default value for an approximation of a constant such as π.
    may_be_constant: bool,
    /// `true` if rustfmt would change the layout.
    is_long: bool,
}

impl Flag {
    pub(crate) fn new(options: &Options, name: &str, setting: &Setting<'_>) -> Result<Self, CodegenError> {
        let (key, described) = (setting.key().to_owned(), setting.describe());
        let Some(setting_type) = described.setting_type else { return Err(CodegenError::NoType { key }) };
        let neutral = match setting_type {
            SettingType::Bool => Value::Bool(false),
            SettingType::Text => Value::from(""),
            SettingType::Int => Value::Int(0),
            SettingType::Double => Value::Double(0.0),
        };
        let chosen = match options.defaults {
            Defaults::Neutral => Some(&neutral),
            Defaults::OfConfig => described.default.value.as_ref(),
        };
        let Some((chosen, code)) = chosen.and_then(|chosen| Some((chosen, value(chosen)?))) else {
            return Err(CodegenError::NoDefault { key });
        };
        // JSON first: its texts are values of the type that the user has named, and not of an enum.
        let json = options.json.get(&key);
        let values = if json.is_none() {
            let type_name = type_of(name, options.json.values().map(String::as_str));
            Values::of(setting, type_name, options.max_variants)
        } else {
            None
        };
        let (rust_type, default) = match (json, &values) {
            (Some(json), _) => (format!("Json<{json}>"), "Json::new(Default::default)".to_owned()),
            (None, Some(values)) => {
                (format!("Parsed<{}>", values.name), format!("Parsed({})", values.code_of(chosen)))
            }
            (None, None) => (rust_type(setting_type).to_owned(), code),
        };
        // rustfmt would break a longer line, and the next check would find another layout.
        let arguments = format!("{}, {default}", literal(&key));
        let declaration = format!("static {name}: Flag<{rust_type}> = Flag::new({arguments});");
        // The note is all that the compiler says about the flag, so it has the value.
        let constant = if options.deprecates_constants { setting.constant_value() } else { None };
        let deprecation = constant.map(|constant| {
            format!("note = {}", literal(&format!("always {} in this config", shown(constant))))
        });
        let visible = width(options.visibility()) + 1 + width(&declaration);
        let is_long = visible > MAX_LINE
            || width(&arguments) > MAX_ARGUMENTS
            || deprecation.as_ref().is_some_and(|arguments| width(arguments) > MAX_ATTRIBUTE);
        // Clippy's lint would fail the build of users that deny it, over a value of the dashboard.
        let may_be_constant = setting_type == SettingType::Double && default != "0.0";
        let comment = describe(&key, &described, setting_type);
        Ok(Self { key, declaration, deprecation, values, comment, may_be_constant, is_long })
    }

    /// Writes the flag, with the type of its values.
    pub(crate) fn write(&self, visibility: &str, code: &mut String) {
        if let Some(values) = &self.values {
            values.write(&self.key, visibility, code);
        }
        *code += &format!("\n/// {}\n", self.comment.join("\n/// "));
        if self.may_be_constant {
            *code += "#[allow(clippy::approx_constant)]\n";
        }
        if self.is_long {
            *code += "#[rustfmt::skip]\n";
        }
        if let Some(deprecation) = &self.deprecation {
            *code += &format!("#[deprecated({deprecation})]\n");
        }
        *code += &format!("{visibility} {}\n", self.declaration);
        if let Some(values) = &self.values {
            values.write_from_str(code);
        }
    }
}

fn rust_type(setting_type: SettingType) -> &'static str {
    match setting_type {
        SettingType::Bool => "bool",
        SettingType::Text => "&str",
        SettingType::Int => "i64",
        SettingType::Double => "f64",
    }
}

/// Returns a value for a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => comment(text),
        other => format!("`{other}`"),
    }
}

/// Returns a value as Rust code; `None` for NaN and infinity, which have no literal.
fn value(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Double(value) => float(*value),
        Value::Text(text) => Some(literal(text)),
    }
}

/// Returns the greatest width of a text in columns: a character beyond ASCII may take two.
fn width(text: &str) -> usize {
    text.chars().map(|char| if char.is_ascii() { 1 } else { 2 }).sum()
}

/// Returns the comment of a flag, in lines that fit beside `/// `.
fn describe(key: &str, setting: &SettingDescription, setting_type: SettingType) -> Vec<String> {
    let article = if setting_type == SettingType::Int { "an" } else { "a" };
    let default = setting.default.value.as_ref().map_or("an invalid value".to_owned(), shown);
    let mut parts = vec![
        format!("{}: {article} {setting_type} setting.", comment(key)),
        format!("In the config: {default} by default;"),
    ];
    for (count, what) in
        [(setting.rules.len(), "targeting rule"), (setting.options.len(), "percentage option")]
    {
        match count {
            0 => {}
            1 => parts.push(format!("1 {what};")),
            _ => parts.push(format!("{count} {what}s;")),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            // Lines break between parts only: inside a code span, the rest of its text could begin
            // a line as a heading or a list.
            Some(line) if width(line) + 1 + width(&part) <= MAX_LINE - "/// ".len() => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    if let Some(last) = lines.last_mut() {
        last.pop();
        last.push('.');
    }
    lines
}
