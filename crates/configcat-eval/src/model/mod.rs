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
mod texts;

use alloc::borrow::Cow;

use self::cursor::object;
pub(crate) use self::{
    cursor::{Cursor, Shape},
    document::{Forms, Place, Preferred, Sink, count_members, read},
    encoding::text,
    field::Field,
    legacy::{LegacyOption, LegacyRule},
    scalar::Scalar,
    texts::Texts,
};

pub(crate) type Text<'de> = Cow<'de, str>;

object! {
    Preferences {
        salt: Text<'de> = b"s",
        url: Text<'de> = b"u",
    }
}

object! {
    Setting {
        kind: i64 = b"t",
        attribute: Text<'de> = b"a",
        // Which values they serve depends on the type, which may come behind them.
        rules: Cursor<'de> = b"r",
        options: Cursor<'de> = b"p",
        value: Value<'de> = b"v",
        variation_id: Text<'de> = b"i",
        ; is_legacy: bool
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
    UserCondition {
        attribute: Text<'de> = b"a",
        comparator: i64 = b"c",
        text: Text<'de> = b"s",
        number: f64 = b"d",
        list: Texts<'de> = b"l",
        ; is_legacy: bool
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
        conditions: Cursor<'de> = b"r",
    }
}
