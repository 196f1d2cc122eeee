//! The config JSON as it is written, borrowed from the document.
//!
//! [`read`] hands on the same model for versions 6, 5 and 4, one setting after the other. Nothing is interpreted here: every member is
//! kept as it stands, faults included. Names of members are those of version 6
//! (<https://configcat.com/config_v6.json>).

mod legacy;
mod lenient;
mod scalar;
mod texts;

use alloc::{borrow::Cow, boxed::Box, vec::Vec};

use serde::de::{IgnoredAny, MapAccess};

use self::lenient::{All, Collect, Expected, Members, Name, Raw, RawMembers, Shape, object};
pub(crate) use self::{lenient::Field, texts::Texts};
use crate::error::ParseError;

pub(crate) type Text<'de> = Cow<'de, str>;
pub(crate) type List<T> = Vec<Field<T>>;

object! {
    Preferences {
        salt: Text<'de> = b"s",
    }
}

object! {
    Setting {
        kind: i64 = b"t",
        attribute: Text<'de> = b"a",
        rules: List<Rule<'de>> = b"r",
        options: List<PercentageOption<'de>> = b"p",
        value: Value<'de> = b"v",
        variation_id: Text<'de> = b"i",
    }
}

object! {
    Rule {
        conditions: List<Condition<'de>> = b"c",
        served: Served<'de> = b"s",
        options: List<PercentageOption<'de>> = b"p",
    }
}

object! {
    Served {
        value: Value<'de> = b"v",
        variation_id: Text<'de> = b"i",
    }
}

object! {
    PercentageOption {
        percentage: i64 = b"p",
        value: Value<'de> = b"v",
        variation_id: Text<'de> = b"i",
    }
}

object! {
    Value {
        bool: bool = b"b",
        text: Text<'de> = b"s",
        int: i64 = b"i",
        double: f64 = b"d",
    }
}

object! {
    Condition {
        user: Box<UserCondition<'de>> = b"u",
        segment: Box<SegmentCondition<'de>> = b"s",
        prerequisite: Box<PrerequisiteCondition<'de>> = b"p",
    }
}

object! {
    UserCondition {
        attribute: Text<'de> = b"a",
        comparator: i64 = b"c",
        text: Text<'de> = b"s",
        number: f64 = b"d",
        list: Texts<'de> = b"l",
        ; legacy: bool
    }
}

object! {
    SegmentCondition {
        index: i64 = b"s",
        comparator: i64 = b"c",
    }
}

object! {
    PrerequisiteCondition {
        key: Text<'de> = b"f",
        comparator: i64 = b"c",
        value: Value<'de> = b"v",
    }
}

object! {
    Segment {
        name: Text<'de> = b"n",
        conditions: List<UserCondition<'de>> = b"r",
    }
}

/// What settings are handed to, one after the other, as they are read: so a document is read in one pass, and of
/// its model there is never more than one setting.
pub(crate) trait Settings<'de>: Default {
    fn add(&mut self, key: Text<'de>, setting: Field<Box<Setting<'de>>>);
}

/// The whole document.
pub(crate) struct Document<'de, S> {
    pub(crate) salt: Option<Text<'de>>,
    pub(crate) segments: Vec<Field<Segment<'de>>>,
    pub(crate) settings: S,
}

/// Reads a document of any version.
pub(crate) fn read<'de, S: Settings<'de>>(json: &'de [u8]) -> Result<Document<'de, S>, ParseError> {
    if u32::try_from(json.len()).is_err() {
        return Err(ParseError::TooLarge);
    }
    let json = core::str::from_utf8(json).map_err(ParseError::NotUtf8)?;
    let root = match serde_json::from_str::<Field<Root<'_, S>>>(json) {
        Ok(root) => root.valid().ok_or(ParseError::NotAnObject)?,
        Err(error) => read_apart(json).ok_or(ParseError::NotJson(error))?,
    };
    let salt = root.preferences.valid().map_or(Field::Absent, |preferences| preferences.salt);
    let segments = root.segments.valid().map(|segments| segments.0).unwrap_or_default();
    let settings = root.settings.valid().map(|Members(observed)| observed);
    let legacy = legacy::read(json, settings.as_ref().map(|observed| &observed.shape), !salt.is_absent());
    let settings = settings.map(|observed| observed.settings).unwrap_or_default();
    Ok(match legacy {
        Some(settings) => Document { salt: None, segments: Vec::new(), settings },
        None => Document { salt: salt.valid(), segments, settings },
    })
}

/// The members of a document that are read.
struct Root<'de, S> {
    preferences: Field<Preferences<'de>>,
    segments: Field<All<Segment<'de>>>,
    settings: Field<Members<Observed<S>>>,
}

impl<S> Default for Root<'_, S> {
    fn default() -> Self {
        Self { preferences: Field::Absent, segments: Field::Absent, settings: Field::Absent }
    }
}

impl<'de, S: Settings<'de>> Shape<'de> for Root<'de, S> {
    const EXPECTED: Expected = Expected::Object;

    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut root = Self::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            match &*name.0 {
                b"p" => root.preferences = members.next_value()?,
                b"s" => root.segments = members.next_value()?,
                b"f" => root.settings = members.next_value()?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(root))
    }
}

/// Settings on their way, and what their shape tells of the version.
#[derive(Default)]
struct Observed<S> {
    shape: legacy::ShapeOfSettings,
    settings: S,
}

impl<'de, S: Settings<'de>> Collect<'de> for Observed<S> {
    type Item = Box<Setting<'de>>;

    fn add(&mut self, key: Text<'de>, setting: Field<Box<Setting<'de>>>) {
        self.shape.note(&key, &setting);
        self.settings.add(key, setting);
    }
}

/// Reads each setting apart from the others, so that what one of them has in the wrong place (a text with a
/// lone surrogate where no text is expected) does not keep `serde_json` from reading them.
fn read_apart<'de, S: Settings<'de>>(json: &'de str) -> Option<Root<'de, S>> {
    let members = raw_members(json)?;
    Some(Root {
        preferences: member(&members, "p").map_or(Field::Absent, Raw::read_as),
        segments: segments_apart(&members).map_or(Field::Absent, Field::Valid),
        settings: settings_apart(&members).map_or(Field::Absent, |settings| {
            let mut observed = Observed::default();
            settings.into_iter().for_each(|(key, raw)| observed.add(key, raw.read_as()));
            Field::Valid(Members(observed))
        }),
    })
}

fn raw_members(json: &str) -> Option<RawMembers<'_>> {
    serde_json::from_str::<Field<Members<RawMembers<'_>>>>(json).ok()?.valid().map(|Members(raw)| raw)
}

fn member<'de>(members: &RawMembers<'de>, name: &str) -> Option<Raw<'de>> {
    members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
}

fn segments_apart<'de>(members: &RawMembers<'de>) -> Option<All<Segment<'de>>> {
    let All(segments) = member(members, "s")?.read_as::<All<Raw<'de>>>().valid()?;
    Some(All(segments.into_iter().map(|raw| raw.valid().map_or(Field::Absent, Raw::read_as)).collect()))
}

/// The settings of member `f` as they are written.
fn settings_apart<'de>(members: &RawMembers<'de>) -> Option<RawMembers<'de>> {
    member(members, "f")?.read_as::<Members<RawMembers<'de>>>().valid().map(|Members(raw)| raw)
}
