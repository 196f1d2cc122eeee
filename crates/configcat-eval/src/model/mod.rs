//! The config JSON as it is written, borrowed from the document.
//!
//! [`read`] returns the same model for versions 6, 5 and 4, one setting after the other. Nothing is
//! interpreted here: every member is kept as it stands, including faults. Names of members are
//! those of version 6 (<https://configcat.com/config_v6.json>).

mod cursor;
mod document;
mod encoding;
mod field;
mod from_json;
mod legacy;
mod name;
mod nesting;
mod raw;
mod scalar;
mod string_list;
mod token;

pub(crate) use self::{
    cursor::{CowStr, Cursor},
    document::{DocumentInfo, Forms, Place, SettingsForm, Sink, count_members, read},
    encoding::decode,
    field::Field,
    from_json::FromJson,
    legacy::{LegacyOption, LegacyParts, LegacyRule},
    raw::{
        RawPercentageOption, RawPreferences, RawPrerequisiteCondition, RawSegment, RawSegmentCondition,
        RawServed, RawSetting, RawUserCondition, RawValue,
    },
    scalar::Scalar,
    string_list::StringList,
};
