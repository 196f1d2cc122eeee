//! The document as a whole: its form and version, and its settings one after the other.

use alloc::{format, string::String};

use serde::de::{Error, IgnoredAny};

use super::{
    CowStr, Field, RawPreferences, RawSegment, RawSetting, RawValue, Scalar,
    cursor::Cursor,
    field::Found,
    from_json::FromJson,
    legacy::{LegacyParts, LegacySetting},
    name::{Name, name_as_str},
};
use crate::{error::ParseError, json::JsonString};

/// The receiver of a document, which gets one piece after the other.
// So there is never more than one piece of the model in memory.
pub(crate) trait Sink<'de> {
    /// Starts again: the document is read once more from its start, and all pieces so far are
    /// dropped.
    fn restart(&mut self);
    /// Starts the settings, in that object. The last of several members with the same name counts,
    /// so these settings replace earlier ones.
    fn begin_settings(&mut self, place: Place, settings: Cursor<'de>);
    /// Reads a setting of version 6, and records its form.
    fn setting(&mut self, key: CowStr<'de>, setting: &mut Cursor<'de>, form: &mut SettingsForm);
    /// Receives a setting of version 4 or 5.
    fn legacy_setting(&mut self, key: CowStr<'de>, setting: Field<LegacyParts<'de>>);
    /// Receives a setting of the simple form.
    fn value(&mut self, key: CowStr<'de>, value: Field<Scalar<'de>>);
    fn begin_segments(&mut self);
    fn segment(&mut self, segment: Field<RawSegment<'de>>);
}

/// The member of the document that has the settings.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// The document itself, in version 4.
    Root,
    #[default]
    Settings,
    Flags,
}

/// The forms that a document may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Forms {
    Config,
    /// A config, or the simple form.
    Overrides,
}

/// The salt and the version of a document.
pub(crate) struct DocumentInfo<'de> {
    pub(crate) salt: Option<CowStr<'de>>,
    pub(crate) is_legacy: bool,
}

/// Reads a document of any version, in one of these forms.
pub(crate) fn read<'de, S: Sink<'de>>(
    json: &'de str,
    forms: Forms,
    sink: &mut S,
) -> Result<DocumentInfo<'de>, ParseError> {
    let document = Cursor::new(json);
    let mut end = document;
    let root = Root::read(&mut end, forms, sink);
    if !end.is_at_end() {
        return Err(not_json(json));
    }
    let root = root.ok_or(ParseError::NotAnObject)?;
    match &root.flags {
        Field::Absent => {}
        _ if root.had_settings => return Err(ParseError::FlagsAndConfig),
        // The simple form has neither a salt nor a version.
        Field::Valid(()) => return Ok(DocumentInfo { salt: None, is_legacy: false }),
        Field::Malformed(mismatch) => {
            return Err(ParseError::FlagsNotAnObject { found: mismatch.found.name() });
        }
    }
    let RawPreferences { salt, url, .. } = root.preferences.valid().unwrap_or_default();
    let place = match &root.settings {
        Field::Valid(form) if !form.is_one_setting() => {
            form.is_version_5(!salt.is_absent()).then_some(Place::Settings)
        }
        _ if salt.is_absent() && holds_settings(document) => Some(Place::Root),
        Field::Valid(_) => None,
        // A config without settings may only name the URL to fetch from: a redirect between data
        // centers.
        Field::Absent if matches!(&url, Field::Valid(url) if !url.is_empty()) => {
            sink.begin_settings(Place::Settings, document);
            None
        }
        Field::Absent | Field::Malformed(_) => return Err(root.hints.no_config(forms)),
    };
    // Versions 4 and 5 are read a second time: their form is known only when all settings were
    // seen.
    let Some(place) = place else { return Ok(DocumentInfo { salt: salt.valid(), is_legacy: false }) };
    sink.restart();
    settings_at(document, place).object(|settings| {
        sink.begin_settings(place, *settings);
        settings.members(|key, setting| {
            let setting = LegacySetting::read(setting).map(LegacySetting::convert);
            sink.legacy_setting(name_as_str(key), setting);
        });
    });
    Ok(DocumentInfo { salt: None, is_legacy: true })
}

/// Returns the error of a document that is not JSON.
// The library reads the document again: only its error has line and column.
#[cold]
fn not_json(json: &str) -> ParseError {
    let checked = serde_json::from_str::<IgnoredAny>(json);
    // The library finds the fault too: `tests/it/json.rs` and the fuzz targets compare both.
    ParseError::NotJson(checked.err().unwrap_or_else(|| serde_json::Error::custom("syntax error")))
}

/// Returns the number of members of the object here, counting each of several with the same name.
#[cold]
pub(crate) fn count_members(mut object: Cursor<'_>) -> usize {
    let mut count = 0;
    object.members(|_, member| {
        member.skip();
        count += 1;
    });
    count
}

/// Returns the object at that place.
fn settings_at(document: Cursor<'_>, place: Place) -> Cursor<'_> {
    let name: &[u8] = match place {
        Place::Root => return document,
        Place::Settings => b"f",
        Place::Flags => b"flags",
    };
    let (mut document, mut settings) = (document, document);
    document.object(|members| {
        members.members(|member, value| {
            // The last of members with the same name counts, as in JavaScript.
            if *member == *name {
                settings = *value;
            }
            value.skip();
        });
    });
    settings
}

/// The members of a document that are read, except for what the sink has.
#[derive(Default)]
struct Root<'de> {
    preferences: Field<RawPreferences<'de>>,
    settings: Field<SettingsForm>,
    /// `true` if there is `f`, even if a later `f` is null.
    // Then `flags` beside it is an error, whichever comes first.
    had_settings: bool,
    flags: Field<()>,
    hints: Hints<'de>,
}

impl<'de> Root<'de> {
    /// Reads the members of a document; `None` if it is not an object.
    fn read<S: Sink<'de>>(document: &mut Cursor<'de>, forms: Forms, sink: &mut S) -> Option<Self> {
        let mut root = Self::default();
        let read = document.object(|members| {
            members.members(|name, value| match &*name {
                b"p" => root.preferences = RawPreferences::read(value),
                b"s" => read_segments(value, sink),
                b"f" => {
                    root.settings = read_settings(value, sink);
                    root.had_settings |= !root.settings.is_absent();
                }
                // In a config `flags` is an unknown member, and so is ignored.
                b"flags" if forms == Forms::Overrides => root.flags = read_flags(value, sink),
                _ => root.hints.record(name, value),
            });
        });
        read.valid().map(|()| root)
    }
}

fn read_segments<'de, S: Sink<'de>>(list: &mut Cursor<'de>, sink: &mut S) {
    sink.begin_segments();
    list.list(|segments| {
        segments.items(|segment| {
            sink.segment(RawSegment::read(segment));
            true
        });
    });
}

fn read_settings<'de, S: Sink<'de>>(map: &mut Cursor<'de>, sink: &mut S) -> Field<SettingsForm> {
    map.object(|settings| {
        sink.begin_settings(Place::Settings, *settings);
        let mut form = SettingsForm::default();
        settings.members(|key, setting| {
            sink.setting(name_as_str(key), setting, &mut form);
        });
        form
    })
}

fn read_flags<'de, S: Sink<'de>>(map: &mut Cursor<'de>, sink: &mut S) -> Field<()> {
    map.object(|flags| {
        sink.begin_settings(Place::Flags, *flags);
        flags.members(|key, value| sink.value(name_as_str(key), FromJson::read(value)));
    })
}

/// The form of settings when they are read as version 6.
#[derive(Debug, Default)]
pub(crate) struct SettingsForm {
    /// The number of default values that are objects with a member for a type, as in version 6, and
    /// of those that are bare.
    typed: usize,
    bare: usize,
    /// `true` if there is a bare member `v`, and `true` if there is an object with a value.
    has_bare_v: bool,
    has_object: bool,
}

impl SettingsForm {
    pub(crate) fn record(&mut self, key: &str, setting: &Field<RawSetting<'_>>) {
        self.has_bare_v |= key == "v" && setting.is_bare();
        if let Field::Valid(setting) = setting {
            self.has_object |= !setting.value.is_absent();
            self.typed += usize::from(is_typed(&setting.value));
            self.bare += usize::from(setting.value.is_bare());
        }
    }

    /// Returns whether this is one setting of version 4 with the key `f`, and not a map of
    /// settings.
    fn is_one_setting(&self) -> bool {
        self.has_bare_v && !self.has_object
    }

    /// Returns whether most values have the form of version 5.
    // With as many values of the form of version 6, the salt decides, which only version 6 has.
    fn is_version_5(&self, has_salt: bool) -> bool {
        self.bare >= self.typed + usize::from(has_salt || self.bare == 0)
    }
}

/// Returns whether the value has the form of version 6: a member for at least one type.
fn is_typed(value: &Field<RawValue<'_>>) -> bool {
    let Field::Valid(RawValue { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
}

/// Returns whether the document is a map of settings of version 4: one member has a bare value and
/// a type, or all have a bare value.
// An answer of a server such as `{"error": {"code": 429}}` is not a config.
fn holds_settings(mut document: Cursor<'_>) -> bool {
    let (mut settings, mut values, mut others) = (0, 0, 0);
    document.object(|members| {
        members.members(|_, member| {
            let kind = match LegacySetting::read(member) {
                Field::Valid(LegacySetting { value: Field::Valid(_), kind, .. }) => Some(kind),
                _ => None,
            };
            match kind {
                Some(Field::Valid(_)) => settings += 1,
                Some(Field::Absent) => values += 1,
                Some(Field::Malformed(_)) | None => others += 1,
            }
        });
    });
    settings > 0 || (values > 0 && others == 0)
}

/// Hints from members that are not read, for the error about a document that is not a config.
#[derive(Default)]
struct Hints<'de> {
    has_flags: bool,
    /// A known name that the document has in another case.
    similar: Option<&'static str>,
    /// A bool, number or string, which looks like a setting outside of `flags`.
    bare: Option<(Name<'de>, &'de str)>,
}

impl<'de> Hints<'de> {
    /// The longest name or value that the error quotes, in bytes.
    // An error is one short line, whatever the document has.
    const LONGEST: usize = 64;

    /// Skips a member, and keeps the hint that it gives.
    fn record(&mut self, name: Name<'de>, value: &mut Cursor<'de>) {
        self.has_flags |= *name == *b"flags";
        for known in ["flags", "f"] {
            if name.eq_ignore_ascii_case(known.as_bytes()) {
                self.similar = Some(known);
            }
        }
        let is_bare = matches!(value.found(), Some(Found::Bool | Found::Number | Found::String));
        let value = value.raw();
        // The first one is enough to show the correct form.
        if self.bare.is_none() && is_bare && name.len().max(value.len()) <= Self::LONGEST {
            self.bare = Some((name, value));
        }
    }

    #[cold]
    fn no_config(self, forms: Forms) -> ParseError {
        if forms == Forms::Config {
            return ParseError::NotAConfig { has_flags: self.has_flags };
        }
        let hint = match (self.similar, self.bare) {
            (Some(name), _) => format!("names are case-sensitive, write {}", JsonString(name)),
            (None, Some((name, value))) => {
                let name = name_as_str(name);
                format!(
                    "settings belong into \"flags\", as {{\"flags\": {{{}: {value}}}}}",
                    JsonString(&name)
                )
            }
            (None, None) => String::from("write {\"flags\": {\"isNew\": true}}"),
        };
        ParseError::NoFlags { hint }
    }
}
