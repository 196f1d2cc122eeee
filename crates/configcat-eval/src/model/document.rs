//! The document as a whole: which form and version it has, and its settings one after the other.

use alloc::{format, string::String};

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::{
    Field, Preferences, Scalar, Segment, Setting, Text, Value,
    field::Found,
    legacy::LegacySetting,
    lenient::{Expected, Name, Raw, Shape, Take, Taking},
};
use crate::{error::ParseError, json::JsonText};

/// What a document is handed to piece by piece, so that there is never more of the model than one piece.
pub(crate) trait Sink<'de> {
    /// The document is read from its start: what was handed on before does not count.
    fn restart(&mut self);
    /// Settings begin. Of a member that is given twice the last counts, so they take the place of others.
    fn begin_settings(&mut self, place: Place);
    fn setting(&mut self, key: Text<'de>, setting: Field<Setting<'de>>);
    /// A setting of the simple form.
    fn value(&mut self, key: Text<'de>, value: Field<Scalar<'de>>);
    fn begin_segments(&mut self);
    fn segment(&mut self, segment: Field<Segment<'de>>);
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
pub(crate) struct Preferred<'de> {
    pub(crate) salt: Option<Text<'de>>,
    pub(crate) is_legacy: bool,
}

/// Reads a document of any version, in one of these forms.
pub(crate) fn read<'de, S: Sink<'de>>(
    json: &'de str,
    forms: Forms,
    sink: &mut S,
) -> Result<Preferred<'de>, ParseError> {
    let root = read_root(json, forms, sink)?;
    if forms == Forms::Overrides {
        match &root.flags {
            Field::Absent => {}
            _ if root.had_settings => return Err(ParseError::FlagsAndConfig),
            Field::Valid(()) => return Ok(Preferred { salt: None, is_legacy: false }),
            Field::Malformed(mismatch) => {
                return Err(ParseError::FlagsNotAnObject { found: mismatch.found.name() });
            }
        }
    }
    let Preferences { salt, url, .. } = root.preferences.valid().unwrap_or_default();
    let place = match &root.settings {
        Field::Valid(shape) if !shape.is_one_setting() => {
            shape.is_version_5(!salt.is_absent()).then_some(Place::Settings)
        }
        _ if salt.is_absent() && holds_settings(json) => Some(Place::Root),
        Field::Valid(_) => None,
        Field::Absent if matches!(&url, Field::Valid(url) if !url.is_empty()) => {
            sink.begin_settings(Place::Settings);
            None
        }
        Field::Absent | Field::Malformed(_) => return Err(root.hints.no_config(forms)),
    };
    let Some(place) = place else { return Ok(Preferred { salt: salt.valid(), is_legacy: false }) };
    sink.restart();
    sink.begin_settings(place);
    object(json, place).take(LegacySettings(sink));
    Ok(Preferred { salt: None, is_legacy: true })
}

/// How many settings there are, of those with the same key each.
#[cold]
pub(crate) fn count_settings(json: &str, place: Place) -> usize {
    object(json, place).take(CountMembers).valid().unwrap_or_default()
}

fn read_root<'de, S: Sink<'de>>(json: &'de str, forms: Forms, sink: &mut S) -> Result<Root<'de>, ParseError> {
    let mut read = |is_apart| {
        sink.restart();
        let mut json = serde_json::Deserializer::from_str(json);
        let root = serde::de::DeserializeSeed::deserialize(
            Taking(RootInto { sink, forms, reader: Reader { is_apart } }),
            &mut json,
        )?;
        json.end().map(|()| root)
    };
    // A text with a lone surrogate where no text is expected keeps `serde_json` from reading on.
    let root = read(false).or_else(|error| read(true).map_err(|_| error));
    root.map_err(ParseError::NotJson)?.valid().ok_or(ParseError::NotAnObject)
}

/// The object at that place, as it is written.
fn object(json: &str, place: Place) -> Raw<'_> {
    let name = match place {
        Place::Root => return Raw(json.trim_ascii()),
        Place::Settings => "f",
        Place::Flags => "flags",
    };
    Raw(json.trim_ascii()).take(LastMember(name)).valid().unwrap_or(Raw("null"))
}

/// How the pieces of a document are read.
#[derive(Clone, Copy)]
struct Reader {
    /// Whether each is read apart from the others, so that a fault of JSON texts in one does not harm the others.
    is_apart: bool,
}

impl Reader {
    fn member<'de, T: Shape<'de>, A: MapAccess<'de>>(self, members: &mut A) -> Result<Field<T>, A::Error> {
        if self.is_apart { Ok(apart(members.next_value()?)) } else { members.next_value() }
    }

    fn member_into<'de, T: Take<'de>, A: MapAccess<'de>>(
        self,
        members: &mut A,
        take: T,
    ) -> Result<Field<T::Output>, A::Error> {
        if self.is_apart {
            Ok(Raw::of(members.next_value()?).take(take))
        } else {
            members.next_value_seed(Taking(take))
        }
    }

    fn item<'de, T: Shape<'de>, A: SeqAccess<'de>>(
        self,
        items: &mut A,
    ) -> Result<Option<Field<T>>, A::Error> {
        if self.is_apart { Ok(items.next_element()?.map(apart)) } else { items.next_element() }
    }
}

fn apart<'de, T: Shape<'de>>(raw: Field<Raw<'de>>) -> Field<T> {
    raw.valid().map_or(Field::Absent, Raw::read_as)
}

/// The members of a document that are read, except for what the sink has.
#[derive(Default)]
struct Root<'de> {
    preferences: Field<Preferences<'de>>,
    settings: Field<ShapeOfSettings>,
    /// Whether there is `f`, be it that it is given again and null then.
    had_settings: bool,
    flags: Field<()>,
    hints: Hints<'de>,
}

struct RootInto<'s, S> {
    sink: &'s mut S,
    forms: Forms,
    reader: Reader,
}

impl<'de, S: Sink<'de>> Take<'de> for RootInto<'_, S> {
    const EXPECTED: Expected = Expected::Object;
    type Output = Root<'de>;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Root<'de>>, A::Error> {
        let Self { sink, forms, reader } = self;
        let mut root = Root::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            match &*name.0 {
                b"p" => root.preferences = reader.member(&mut members)?,
                b"s" => {
                    sink.begin_segments();
                    reader.member_into(&mut members, SegmentsInto { sink, reader })?;
                }
                b"f" => {
                    root.settings = reader.member_into(&mut members, SettingsInto { sink, reader })?;
                    root.had_settings |= !root.settings.is_absent();
                }
                b"flags" if forms == Forms::Overrides => {
                    root.flags = reader.member_into(&mut members, FlagsInto(sink))?;
                }
                _ => root.hints.note(name, Raw::of(members.next_value()?)),
            }
        }
        Ok(Some(root))
    }
}

struct SegmentsInto<'s, S> {
    sink: &'s mut S,
    reader: Reader,
}

impl<'de, S: Sink<'de>> Take<'de> for SegmentsInto<'_, S> {
    const EXPECTED: Expected = Expected::List;
    type Output = ();

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<()>, A::Error> {
        while let Some(segment) = self.reader.item(&mut items)? {
            self.sink.segment(segment);
        }
        Ok(Some(()))
    }
}

struct SettingsInto<'s, S> {
    sink: &'s mut S,
    reader: Reader,
}

impl<'de, S: Sink<'de>> Take<'de> for SettingsInto<'_, S> {
    const EXPECTED: Expected = Expected::Object;
    type Output = ShapeOfSettings;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<ShapeOfSettings>, A::Error> {
        self.sink.begin_settings(Place::Settings);
        let mut shape = ShapeOfSettings::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            let (key, setting) = (name.into_text(), self.reader.member(&mut members)?);
            shape.note(&key, &setting);
            self.sink.setting(key, setting);
        }
        Ok(Some(shape))
    }
}

/// The settings of the simple form.
struct FlagsInto<'s, S>(&'s mut S);

impl<'de, S: Sink<'de>> Take<'de> for FlagsInto<'_, S> {
    const EXPECTED: Expected = Expected::Object;
    type Output = ();

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<()>, A::Error> {
        self.0.begin_settings(Place::Flags);
        while let Some((name, value)) = members.next_entry::<Name<'de>, _>()? {
            self.0.value(name.into_text(), value);
        }
        Ok(Some(()))
    }
}

/// The settings of versions 4 and 5.
struct LegacySettings<'s, S>(&'s mut S);

impl<'de, S: Sink<'de>> Take<'de> for LegacySettings<'_, S> {
    const EXPECTED: Expected = Expected::Object;
    type Output = ();

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<()>, A::Error> {
        while let Some((name, setting)) = members.next_entry::<Name<'de>, Field<Raw<'de>>>()? {
            let setting = apart::<LegacySetting<'de>>(setting);
            self.0.setting(name.into_text(), setting.map(LegacySetting::convert));
        }
        Ok(Some(()))
    }
}

struct CountMembers;

impl<'de> Take<'de> for CountMembers {
    const EXPECTED: Expected = Expected::Object;
    type Output = usize;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<usize>, A::Error> {
        let mut count = 0;
        while members.next_entry::<Name<'de>, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Some(count))
    }
}

/// The last member of that name.
struct LastMember(&'static str);

impl<'de> Take<'de> for LastMember {
    const EXPECTED: Expected = Expected::Object;
    type Output = Raw<'de>;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Raw<'de>>, A::Error> {
        let mut last = None;
        while let Some((name, value)) = members.next_entry::<Name<'de>, Field<Raw<'de>>>()? {
            if &*name.0 == self.0.as_bytes() {
                last = value.valid();
            }
        }
        Ok(last)
    }
}

/// What settings look like when they are read as version 6.
#[derive(Debug, Default)]
struct ShapeOfSettings {
    /// How many default values are objects with a member for a type, as in version 6, and how many are bare.
    typed: usize,
    bare: usize,
    /// Whether there is a bare member `v`, and whether there is an object with a value.
    has_bare_v: bool,
    has_object: bool,
}

impl ShapeOfSettings {
    fn note(&mut self, key: &str, setting: &Field<Setting<'_>>) {
        self.has_bare_v |= key == "v" && setting.is_bare();
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
fn is_typed(value: &Field<Value<'_>>) -> bool {
    let Field::Valid(Value { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
}

/// Whether the document is a map of settings of version 4. An answer such as `{"error": {"code": 429}}` is not.
fn holds_settings(json: &str) -> bool {
    let evidence = Raw(json.trim_ascii()).take(EvidenceOfSettings).valid().unwrap_or_default();
    evidence.settings > 0 || (evidence.values > 0 && !evidence.others)
}

/// What the members of a document look like when they are read as settings of version 4.
#[derive(Default)]
struct Evidence {
    /// How many have a bare value and a type, how many the value alone, and whether there are others.
    settings: usize,
    values: usize,
    others: bool,
}

struct EvidenceOfSettings;

impl<'de> Take<'de> for EvidenceOfSettings {
    const EXPECTED: Expected = Expected::Object;
    type Output = Evidence;

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Evidence>, A::Error> {
        let mut evidence = Evidence::default();
        while let Some((_, member)) = members.next_entry::<Name<'de>, Field<Raw<'de>>>()? {
            match apart(member) {
                Field::Valid(LegacySetting { value: Field::Valid(_), kind: Field::Valid(_), .. }) => {
                    evidence.settings += 1;
                }
                Field::Valid(LegacySetting { value: Field::Valid(_), kind: Field::Absent, .. }) => {
                    evidence.values += 1;
                }
                _ => evidence.others = true,
            }
        }
        Ok(Some(evidence))
    }
}

/// What members that are not read say about a document that is no config.
#[derive(Default)]
struct Hints<'de> {
    has_flags: bool,
    /// A name that is one of those that are read, but for its case.
    similar: Option<&'static str>,
    /// A bool, number or text, which looks like a setting outside of `flags`.
    bare: Option<(Name<'de>, Raw<'de>)>,
}

impl<'de> Hints<'de> {
    /// Names and values that are longer are not quoted.
    const LONGEST: usize = 64;

    fn note(&mut self, name: Name<'de>, value: Raw<'de>) {
        self.has_flags |= &*name.0 == b"flags";
        let is_bare = matches!(value.found(), Some(Found::Bool | Found::Number | Found::Text));
        for known in ["flags", "f"] {
            if name.0.eq_ignore_ascii_case(known.as_bytes()) {
                self.similar = Some(known);
            }
        }
        if self.bare.is_none() && is_bare && name.0.len().max(value.0.len()) <= Self::LONGEST {
            self.bare = Some((name, value));
        }
    }

    #[cold]
    fn no_config(self, forms: Forms) -> ParseError {
        if forms == Forms::Config {
            return ParseError::NotAConfig { has_flags: self.has_flags };
        }
        let hint = match (self.similar, self.bare) {
            (Some(name), _) => format!("names are case-sensitive, write {}", JsonText(name)),
            (None, Some((name, value))) => {
                let name = name.into_text();
                format!(
                    "settings belong into \"flags\", as {{\"flags\": {{{}: {}}}}}",
                    JsonText(&name),
                    value.0
                )
            }
            (None, None) => String::from("write {\"flags\": {\"isNew\": true}}"),
        };
        ParseError::NoFlags { hint }
    }
}
