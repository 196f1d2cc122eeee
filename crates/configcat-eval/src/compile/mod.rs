//! From the model to the compiled config: whatever depends on the document alone is done here,
//! once.
//!
//! A malformed part compiles to a fault in its place, which is reported only when evaluation
//! reaches it.
//!
//! A setting is compiled as soon as it is read, before the salt and the segments are known.
//! Therefore it refers to both through its [`Document`].

mod condition;
mod contains_any;
mod document;
mod gram_filter;
pub(crate) mod interner;
mod lists;
mod ordered;
mod served;
pub(crate) mod sets;
mod setting;
mod shared_parts;
mod user_condition;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

pub(crate) use self::{
    condition::{Condition, PrerequisiteCondition, SegmentCondition, TypedValues},
    document::compile,
    user_condition::{Comparison, Test, UserCondition},
};
use crate::{
    attribute::AttributeValue,
    compile::interner::{Interner, StringId},
    error::{Checked, ErrorKind, Fault, checked},
    user::{AttributeName, User},
    value::{SettingType, Value},
};

/// A setting, ready to be evaluated. It depends on its own document only, so that configs can share
/// it.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) key: Arc<str>,
    /// `None` if it has a fault, which is in the place of the default value.
    pub(crate) kind: Option<Kind>,
    /// The value if no rule matches and no option is selected.
    pub(crate) default: Checked<Value>,
    pub(crate) variation_id: Option<StringId>,
    /// The rules and options; `None` if the setting always has its default value.
    // Behind a pointer, so that a setting without rules takes 72 bytes.
    pub(crate) targeting: Option<Arc<Targeting>>,
}

/// The part of a setting that depends on the user or on other settings.
#[derive(Debug)]
pub(crate) struct Targeting {
    pub(crate) rules: Checked<Rules>,
    pub(crate) options: Checked<Options>,
    /// The attribute whose hash selects a percentage option.
    pub(crate) attribute: Checked<AttributeName<StringId>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub(crate) setting_type: SettingType,
    /// `true` if the type was inferred from a bare value. Then an integer can be read as a double.
    // An override file does not declare types: `10` may be meant for a double setting.
    pub(crate) inferred: bool,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) conditions: Checked<Conditions>,
    pub(crate) then: Then,
}

#[derive(Debug)]
pub(crate) enum Then {
    Served(Served),
    Options(Options),
    /// Both (displayed as the served value), neither, or another type than an object or a list.
    Invalid(Box<InvalidThen>),
}

#[derive(Debug)]
pub(crate) struct InvalidThen {
    pub(crate) shown: Option<Value>,
    pub(crate) fault: Arc<Fault>,
}

#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) value: Checked<Value>,
    pub(crate) variation_id: Option<StringId>,
}

pub(crate) type Rules = Box<[Checked<Rule>]>;
pub(crate) type Conditions = Box<[Checked<Condition>]>;
pub(crate) type Options = Box<[Checked<PercentageOption>]>;

#[derive(Debug)]
pub(crate) struct PercentageOption {
    /// The share of the users in percent.
    // Larger numbers are stored as 2^32 - 1, because only 0 to 100 make a difference.
    pub(crate) percentage: u32,
    pub(crate) value: Checked<Value>,
    pub(crate) variation_id: Option<StringId>,
}

/// The strings, the salt and the segments of one document.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) strings: Interner,
    /// Salts confidential comparison values, together with the name of their context.
    pub(crate) salt: Checked<Option<Box<str>>>,
    segments: Segments,
    /// `true` for versions 4 and 5.
    // These versions ignore faults that are errors in version 6: specification, 2.2.
    pub(crate) is_legacy: bool,
    /// The member that its settings are in, as places name it.
    pub(crate) settings_member: &'static str,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            strings: Interner::default(),
            salt: Ok(None),
            segments: Segments::default(),
            is_legacy: false,
            settings_member: "f",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Segment {
    /// The name; empty if it is missing, which is the same fault.
    pub(crate) name: Box<str>,
    pub(crate) conditions: Checked<Conditions>,
}

/// The segments of a document.
// A broken segment takes only four bytes, since a document may have one for every two bytes of its
// size.
#[derive(Debug, Default)]
struct Segments {
    /// The index into `different` of each segment.
    places: Vec<u32>,
    different: Vec<Checked<Segment>>,
    /// The indices into `different` of segments that are broken or have no name, and so may be
    /// shared.
    shared: Vec<u32>,
}

impl Document {
    /// Returns the segment at that place of the list.
    pub(crate) fn segment(&self, index: i64) -> Checked<&Segment> {
        let not_found = || Fault::new(ErrorKind::SegmentNotFound(index));
        let place = usize::try_from(index).map_err(|_| not_found())?;
        let segment = self.find_segment(index).ok_or_else(not_found)?;
        checked(segment).map_err(|fault| fault.at("s", place).rooted())
    }

    /// Returns the segment at that place of the list, or its fault; `None` if the list is shorter.
    pub(crate) fn find_segment(&self, index: i64) -> Option<&Checked<Segment>> {
        let place = self.segments.places.get(usize::try_from(index).ok()?)?;
        self.segments.different.get(*place as usize)
    }

    /// Returns the attribute of a user.
    #[inline]
    pub(crate) fn attribute_of<'u>(
        &self,
        user: &'u User,
        name: AttributeName<StringId>,
    ) -> Option<&'u AttributeValue> {
        match name {
            AttributeName::Custom(name) => user.custom_attribute(self.strings.bytes(name)),
            AttributeName::Identifier => user.attribute(AttributeName::Identifier),
            AttributeName::Email => user.attribute(AttributeName::Email),
            AttributeName::Country => user.attribute(AttributeName::Country),
        }
    }

    /// Returns the name of an attribute.
    pub(crate) fn attribute(&self, name: AttributeName<StringId>) -> AttributeName<&str> {
        match name {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => AttributeName::Custom(self.strings.get(name)),
        }
    }
}

impl Setting {
    /// Returns a setting that always has this value.
    pub(crate) fn bare(key: Arc<str>, value: Value) -> Self {
        let kind = Some(Kind { setting_type: value.setting_type(), inferred: true });
        Self { key, kind, default: Ok(value), variation_id: None, targeting: None }
    }

    /// Returns the type, or the fault because of which it is not known.
    pub(crate) fn kind(&self) -> Checked<Kind> {
        self.kind.ok_or_else(|| {
            let fault = self.default.as_ref().err();
            fault.map_or_else(|| Fault::missing("setting type"), Fault::copy)
        })
    }

    pub(crate) fn rules(&self) -> &[Checked<Rule>] {
        self.targeting.as_ref().and_then(|targeting| targeting.rules.as_deref().ok()).unwrap_or_default()
    }

    pub(crate) fn options(&self) -> &[Checked<PercentageOption>] {
        self.targeting.as_ref().and_then(|targeting| targeting.options.as_deref().ok()).unwrap_or_default()
    }

    /// Returns the conditions on prerequisite flags.
    pub(crate) fn conditions_on_flags(&self) -> impl Iterator<Item = &PrerequisiteCondition> {
        let conditions = self.rules().iter().flatten().flat_map(|rule| &rule.conditions);
        let conditions = conditions.flat_map(|conditions| conditions.iter()).flatten();
        conditions.filter_map(|condition| match condition {
            Condition::Prerequisite(prerequisite) => Some(&**prerequisite),
            Condition::User(_) | Condition::Segment(_) => None,
        })
    }
}
