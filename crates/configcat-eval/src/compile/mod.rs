//! From the model to the compiled config: whatever depends on the document alone is done here, once.
//!
//! What is broken compiles to a fault in its place, which is reported only when evaluation reaches it.
//!
//! A setting is compiled as soon as it is read, when neither the salt nor the segments need be known yet: so it
//! refers to both by way of its [`Document`].

mod build;
mod condition;
mod grams;
mod needles;
mod sets;

use alloc::{boxed::Box, sync::Arc};

pub(crate) use self::{
    build::compile,
    condition::{
        Comparison, Condition, PrerequisiteCondition, SegmentCondition, Test, TypedValues, UserCondition,
    },
};
use crate::{
    AttributeValue, SettingType, User, Value,
    error::{Checked, ErrorKind, Fault, checked},
    texts::{TextId, Texts},
    user::AttributeName,
};

/// A setting, ready to be evaluated. It depends on its own document only, so that configs can share it.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) key: Arc<str>,
    /// `None` if it has a fault, which is in `targeting`.
    pub(crate) kind: Option<Kind>,
    /// What it serves where nothing else does.
    pub(crate) default: Checked<Value>,
    pub(crate) variation_id: Option<TextId>,
    /// What else there is; `None` if nothing but the default value can come out.
    pub(crate) targeting: Option<Arc<Targeting>>,
}

/// What of a setting depends on the user or on other settings, or has a fault.
#[derive(Debug)]
pub(crate) struct Targeting {
    pub(crate) kind_fault: Option<Box<Fault>>,
    pub(crate) rules: Checked<Box<[Checked<Rule>]>>,
    pub(crate) options: Checked<Options>,
    /// The attribute that percentage options go by.
    pub(crate) attribute: Checked<AttributeName<TextId>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub(crate) setting_type: SettingType,
    /// Whether the type was inferred from a bare value, so that numbers of both types are the same.
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
    /// Both (shown as the served value), neither, or something else than an object or a list.
    Invalid(Box<InvalidThen>),
}

#[derive(Debug)]
pub(crate) struct InvalidThen {
    pub(crate) shown: Option<Value>,
    pub(crate) fault: Box<Fault>,
}

#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) value: Checked<Value>,
    pub(crate) variation_id: Option<TextId>,
}

pub(crate) type Conditions = Box<[Checked<Condition>]>;
pub(crate) type Options = Box<[Checked<PercentageOption>]>;

#[derive(Debug)]
pub(crate) struct PercentageOption {
    /// At most 2^32 - 1, whatever the document says: there are but a hundred percent.
    pub(crate) percentage: u32,
    pub(crate) value: Checked<Value>,
    pub(crate) variation_id: Option<TextId>,
}

/// What the settings of one document refer to.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) texts: Texts,
    /// Salts confidential comparison values, together with the name of their context.
    pub(crate) salt: Option<Box<str>>,
    segments: Box<[Checked<Segment>]>,
}

#[derive(Debug)]
pub(crate) struct Segment {
    /// Empty if it is missing, which is the same fault.
    pub(crate) name: Box<str>,
    pub(crate) conditions: Checked<Conditions>,
}

impl Document {
    /// A segment by its place in the list.
    pub(crate) fn segment(&self, index: i64) -> Checked<&Segment> {
        let segment = usize::try_from(index).ok().and_then(|index| self.segments.get(index));
        checked(segment.ok_or_else(|| Fault::new(ErrorKind::SegmentNotFound(index)))?)
    }

    /// The attribute of a user.
    #[inline]
    pub(crate) fn attribute_of<'u>(
        &self,
        user: &'u User,
        name: AttributeName<TextId>,
    ) -> Option<&'u AttributeValue> {
        match name {
            AttributeName::Custom(name) => user.custom_attribute(self.texts.bytes(name)),
            AttributeName::Identifier => user.attribute(AttributeName::Identifier),
            AttributeName::Email => user.attribute(AttributeName::Email),
            AttributeName::Country => user.attribute(AttributeName::Country),
        }
    }

    /// The name of an attribute.
    pub(crate) fn attribute(&self, name: AttributeName<TextId>) -> AttributeName<&str> {
        match name {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => AttributeName::Custom(self.texts.get(name)),
        }
    }
}

impl Setting {
    /// A setting that is but a value.
    pub(crate) fn bare(key: Arc<str>, value: Value) -> Self {
        let kind = Some(Kind { setting_type: value.setting_type(), inferred: true });
        Self { key, kind, default: Ok(value), variation_id: None, targeting: None }
    }

    /// Its type, or why that is not known.
    pub(crate) fn kind(&self) -> Checked<Kind> {
        self.kind.ok_or_else(|| {
            let fault = self.targeting.as_ref().and_then(|targeting| targeting.kind_fault.as_ref());
            fault.map_or_else(|| Fault::missing("setting type"), |fault| fault.copy())
        })
    }

    pub(crate) fn rules(&self) -> &[Checked<Rule>] {
        self.targeting.as_ref().and_then(|targeting| targeting.rules.as_deref().ok()).unwrap_or_default()
    }

    pub(crate) fn options(&self) -> &[Checked<PercentageOption>] {
        self.targeting.as_ref().and_then(|targeting| targeting.options.as_deref().ok()).unwrap_or_default()
    }

    /// The keys of the prerequisite flags that its conditions refer to.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        let conditions = self.rules().iter().flatten().flat_map(|rule| &rule.conditions);
        let conditions = conditions.flat_map(|conditions| conditions.iter()).flatten();
        conditions.filter_map(|condition| match condition {
            Condition::Prerequisite(prerequisite) => Some(&*prerequisite.key),
            Condition::User(_) | Condition::Segment(_) => None,
        })
    }
}
