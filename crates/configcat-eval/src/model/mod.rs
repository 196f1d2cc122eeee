//! The config JSON as it is written, borrowed from the document.
//!
//! [`read`] hands on the same model for versions 6, 5 and 4, one setting after the other. Nothing is interpreted here: every member is
//! kept as it stands, faults included. Names of members are those of version 6
//! (<https://configcat.com/config_v6.json>).

mod cursor;
mod document;
mod encoding;
mod field;
mod legacy;
mod scalar;
mod string_list;

use alloc::borrow::Cow;

use self::cursor::object;
pub(crate) use self::{
    cursor::{Cursor, FromJson},
    document::{DocumentInfo, Forms, Place, Sink, count_members, read},
    encoding::decode,
    field::Field,
    legacy::{LegacyOption, LegacyRule},
    scalar::Scalar,
    string_list::StringList,
};

pub(crate) type CowStr<'de> = Cow<'de, str>;

object! {
    RawPreferences {
        salt: CowStr<'de> = b"s",
        url: CowStr<'de> = b"u",
    }
}

object! {
    RawSetting {
        kind: i64 = b"t",
        attribute: CowStr<'de> = b"a",
        // Which values they serve depends on the type, which may come behind them.
        rules: Cursor<'de> = b"r",
        options: Cursor<'de> = b"p",
        value: RawValue<'de> = b"v",
        variation_id: CowStr<'de> = b"i",
        ; is_legacy: bool
    }
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
