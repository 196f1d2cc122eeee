//! The document as a whole: which form and version it has, and its settings one after the other.

use alloc::{format, string::String};

use super::{
    CowStr, Field, RawPreferences, RawSegment, RawSetting, RawValue, Scalar,
    cursor::{Cursor, FromJson, Name, name_as_str},
    field::Found,
    legacy::LegacySetting,
};
use crate::{error::ParseError, json::JsonString};

/// What a document is handed to piece by piece, so that there is never more of the model than one piece.
pub(crate) trait Sink<'de> {
    /// The document is read once more, from its start: what was handed on before does not count.
    fn restart(&mut self);
    /// Settings begin, in that object. Of a member that is given twice the last counts, so they take the place of others.
    fn begin_settings(&mut self, place: Place, settings: Cursor<'de>);
    fn setting(&mut self, key: CowStr<'de>, setting: Field<RawSetting<'de>>);
    /// A setting of the simple form.
    fn value(&mut self, key: CowStr<'de>, value: Field<Scalar<'de>>);
    fn begin_segments(&mut self);
    fn segment(&mut self, segment: Field<RawSegment<'de>>);
}

/// The object that settings are in.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// The document itself, in version 4.
    Root,
    #[default]
    Settings,
    Flags,
}

/// What a document may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Forms {
    Config,
    /// A config, or the simple form.
    Overrides,
}

/// What a document is, beside its settings and segments.
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
    let document = Cursor::new(json).map_err(ParseError::NotJson)?;
    let root = Root::read(document, forms, sink).ok_or(ParseError::NotAnObject)?;
    match &root.flags {
        Field::Absent => {}
        _ if root.had_settings => return Err(ParseError::FlagsAndConfig),
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
        Field::Absent if matches!(&url, Field::Valid(url) if !url.is_empty()) => {
            sink.begin_settings(Place::Settings, document);
            None
        }
        Field::Absent | Field::Malformed(_) => return Err(root.hints.no_config(forms)),
    };
    let Some(place) = place else { return Ok(DocumentInfo { salt: salt.valid(), is_legacy: false }) };
    sink.restart();
    settings_at(document, place).object(|settings| {
        sink.begin_settings(place, *settings);
        settings.members(|key, setting| {
            let setting = LegacySetting::read(setting).map(LegacySetting::convert);
            sink.setting(name_as_str(key), setting);
        });
    });
    Ok(DocumentInfo { salt: None, is_legacy: true })
}

/// How many members the object here has, of those with the same name each.
#[cold]
pub(crate) fn count_members(mut object: Cursor<'_>) -> usize {
    let mut count = 0;
    object.members(|_, member| {
        member.skip();
        count += 1;
    });
    count
}

/// The object at that place.
fn settings_at(document: Cursor<'_>, place: Place) -> Cursor<'_> {
    let name: &[u8] = match place {
        Place::Root => return document,
        Place::Settings => b"f",
        Place::Flags => b"flags",
    };
    let (mut document, mut settings) = (document, document);
    document.object(|members| {
        members.members(|member, value| {
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
    /// Whether there is `f`, be it that it is given again and null then.
    had_settings: bool,
    flags: Field<()>,
    hints: Hints<'de>,
}

impl<'de> Root<'de> {
    /// `None` if the document is no object.
    fn read<S: Sink<'de>>(mut document: Cursor<'de>, forms: Forms, sink: &mut S) -> Option<Self> {
        let mut root = Self::default();
        let read = document.object(|members| {
            members.members(|name, value| match &*name {
                b"p" => root.preferences = RawPreferences::read(value),
                b"s" => read_segments(value, sink),
                b"f" => {
                    root.settings = read_settings(value, sink);
                    root.had_settings |= !root.settings.is_absent();
                }
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
            let setting = RawSetting::read(setting);
            form.record(&key, &setting);
            sink.setting(name_as_str(key), setting);
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

/// What settings look like when they are read as version 6.
#[derive(Debug, Default)]
struct SettingsForm {
    /// How many default values are objects with a member for a type, as in version 6, and how many are bare.
    typed: usize,
    bare: usize,
    /// Whether there is a bare member `v`, and whether there is an object with a value.
    has_bare_v: bool,
    has_object: bool,
}

impl SettingsForm {
    fn record(&mut self, key: &[u8], setting: &Field<RawSetting<'_>>) {
        self.has_bare_v |= key == b"v" && setting.is_bare();
        if let Field::Valid(setting) = setting {
            self.has_object |= !setting.value.is_absent();
            self.typed += usize::from(is_typed(&setting.value));
            self.bare += usize::from(setting.value.is_bare());
        }
    }

    /// Whether it is one setting of version 4 under the key `f`, and not a map of settings.
    fn is_one_setting(&self) -> bool {
        self.has_bare_v && !self.has_object
    }

    /// Whether most values look like those of version 5; where as many look like those of version 6, it has no salt,
    /// which only version 6 has.
    fn is_version_5(&self, has_salt: bool) -> bool {
        self.bare >= self.typed + usize::from(has_salt || self.bare == 0)
    }
}

/// Whether it is a value as version 6 writes it: for at least one type.
fn is_typed(value: &Field<RawValue<'_>>) -> bool {
    let Field::Valid(RawValue { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
}

/// Whether the document is a map of settings of version 4: one member has a bare value and a type, or all have the
/// former. An answer such as `{"error": {"code": 429}}` is not.
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

/// What members that are not read say about a document that is no config.
#[derive(Default)]
struct Hints<'de> {
    has_flags: bool,
    /// A name that is one of those that are read, but for its case.
    similar: Option<&'static str>,
    /// A bool, number or text, which looks like a setting outside of `flags`.
    bare: Option<(Name<'de>, &'de str)>,
}

impl<'de> Hints<'de> {
    /// Names and values that are longer are not quoted.
    const LONGEST: usize = 64;

    /// Skips a member.
    fn record(&mut self, name: Name<'de>, value: &mut Cursor<'de>) {
        self.has_flags |= *name == *b"flags";
        for known in ["flags", "f"] {
            if name.eq_ignore_ascii_case(known.as_bytes()) {
                self.similar = Some(known);
            }
        }
        let is_bare = matches!(value.found(), Some(Found::Bool | Found::Number | Found::String));
        let value = value.raw();
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
