//! The config JSON as it is written, borrowed from the document.
//!
//! [`read`] gives the same model for versions 6, 5 and 4. Nothing is interpreted here: every member is
//! kept as it stands, faults included. Names of members are those of version 6
//! (<https://configcat.com/config_v6.json>).

mod legacy;
mod lenient;
mod text_list;

use alloc::{borrow::Cow, boxed::Box, vec::Vec};

use self::lenient::{All, Map, Raw, Shape, object};
pub(crate) use self::{lenient::Field, text_list::TextList};
use crate::error::ParseError;

type Text<'de> = Cow<'de, str>;
type List<T> = Vec<Field<T>>;

object! {
    /// The whole document.
    Document {
        preferences: Preferences<'de> = "p",
        segments: All<Segment<'de>> = "s",
        settings: Map<'de, Box<Setting<'de>>> = "f",
    }
}

object! {
    Preferences {
        salt: Text<'de> = "s",
    }
}

object! {
    Setting {
        kind: i64 = "t",
        attribute: Text<'de> = "a",
        rules: List<Rule<'de>> = "r",
        options: List<PercentageOption<'de>> = "p",
        value: Value<'de> = "v",
        variation_id: Text<'de> = "i",
    }
}

object! {
    Rule {
        conditions: List<Condition<'de>> = "c",
        served: Served<'de> = "s",
        options: List<PercentageOption<'de>> = "p",
    }
}

object! {
    Served {
        value: Value<'de> = "v",
        variation_id: Text<'de> = "i",
    }
}

object! {
    PercentageOption {
        percentage: i64 = "p",
        value: Value<'de> = "v",
        variation_id: Text<'de> = "i",
    }
}

object! {
    Value {
        bool: bool = "b",
        text: Text<'de> = "s",
        int: i64 = "i",
        double: f64 = "d",
    }
}

object! {
    Condition {
        user: Box<UserCondition<'de>> = "u",
        segment: Box<SegmentCondition<'de>> = "s",
        prerequisite: Box<PrerequisiteCondition<'de>> = "p",
    }
}

object! {
    UserCondition {
        attribute: Text<'de> = "a",
        comparator: i64 = "c",
        text: Text<'de> = "s",
        number: f64 = "d",
        list: TextList = "l",
        ; legacy: bool
    }
}

object! {
    SegmentCondition {
        index: i64 = "s",
        comparator: i64 = "c",
    }
}

object! {
    PrerequisiteCondition {
        key: Text<'de> = "f",
        comparator: i64 = "c",
        value: Value<'de> = "v",
    }
}

object! {
    Segment {
        name: Text<'de> = "n",
        conditions: List<UserCondition<'de>> = "r",
    }
}

/// Reads a document of any version.
pub(crate) fn read(json: &[u8]) -> Result<Document<'_>, ParseError> {
    if u32::try_from(json.len()).is_err() {
        return Err(ParseError::TooLarge);
    }
    let json = core::str::from_utf8(json).map_err(ParseError::NotUtf8)?;
    let document = match serde_json::from_str::<Field<Document<'_>>>(json) {
        Ok(document) => document.valid().ok_or(ParseError::NotAnObject)?,
        Err(error) => read_apart(json).ok_or(ParseError::NotJson(error))?,
    };
    Ok(legacy::read(json, &document).unwrap_or(document))
}

/// Reads each setting apart from the others, so that what one of them has in the wrong place (a text with a
/// lone surrogate where no text is expected) does not keep `serde_json` from reading them.
fn read_apart(json: &str) -> Option<Document<'_>> {
    let members = raw_members(json)?;
    Some(Document {
        preferences: member(&members, "p").map_or(Field::Absent, Raw::read_as),
        segments: segments_apart(&members).map_or(Field::Absent, Field::Valid),
        settings: settings_apart(&members).map_or(Field::Absent, Field::Valid),
        ..Document::default()
    })
}

fn raw_members(json: &str) -> Option<Map<'_, Raw<'_>>> {
    serde_json::from_str::<Field<_>>(json).ok()?.valid()
}

fn member<'de>(members: &Map<'de, Raw<'de>>, name: &str) -> Option<Raw<'de>> {
    let (_, value) = members.0.iter().rev().find(|(known, _)| known == name)?;
    value.as_ref().valid().copied()
}

fn segments_apart<'de>(members: &Map<'de, Raw<'de>>) -> Option<All<Segment<'de>>> {
    let All(segments) = member(members, "s")?.read_as::<All<Raw<'de>>>().valid()?;
    Some(All(segments.into_iter().map(|raw| raw.valid().map_or(Field::Absent, Raw::read_as)).collect()))
}

/// The settings of member `f`, each read apart.
fn settings_apart<'de, T: Shape<'de>>(members: &Map<'de, Raw<'de>>) -> Option<Map<'de, T>> {
    member(members, "f")?.read_as::<Map<'de, Raw<'de>>>().valid().map(Map::read_as)
}
