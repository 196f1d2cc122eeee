//! The objects of a config JSON of version 6 (<https://configcat.com/config_v6.json>), as they are
//! written.

use super::{
    cursor::{CowStr, Cursor},
    field::Field,
    from_json::object,
    string_list::StringList,
};

object! {
    RawPreferences {
        salt: CowStr<'de> = b"s",
        url: CowStr<'de> = b"u",
    }
}

/// A setting, except for its rules and options, which are compiled where they stand.
#[derive(Debug, Default)]
pub(crate) struct RawSetting<'de> {
    pub(crate) kind: Field<i64>,
    pub(crate) attribute: Field<CowStr<'de>>,
    pub(crate) value: Field<RawValue<'de>>,
    pub(crate) variation_id: Field<CowStr<'de>>,
}

object! {
    RawServed {
        value: RawValue<'de> = b"v",
        variation_id: CowStr<'de> = b"i",
    }
}

object! {
    RawPercentageOption {
        percentage: i64 = b"p",
        value: RawValue<'de> = b"v",
        variation_id: CowStr<'de> = b"i",
    }
}

object! {
    RawValue {
        bool: bool = b"b",
        text: CowStr<'de> = b"s",
        int: i64 = b"i",
        double: f64 = b"d",
    }
}

object! {
    RawUserCondition {
        attribute: CowStr<'de> = b"a",
        comparator: i64 = b"c",
        string: CowStr<'de> = b"s",
        number: f64 = b"d",
        list: StringList<'de> = b"l",
        ; is_legacy: bool
    }
}

object! {
    RawSegmentCondition {
        index: i64 = b"s",
        comparator: i64 = b"c",
    }
}

object! {
    RawPrerequisiteCondition {
        key: CowStr<'de> = b"f",
        comparator: i64 = b"c",
        value: RawValue<'de> = b"v",
    }
}

object! {
    RawSegment {
        name: CowStr<'de> = b"n",
        conditions: Cursor<'de> = b"r",
    }
}
