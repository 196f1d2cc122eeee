//! From the model to the compiled config: whatever depends on the document alone is done here, once.
//!
//! What is broken compiles to a fault in its place, which is reported only when evaluation reaches it.
//!
//! A setting is compiled as soon as it is read, when neither the salt nor the segments need be known yet: so it
//! refers to both by way of its [`Document`].

mod condition;
mod needles;
mod sets;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use foldhash::fast::RandomState;
use hashbrown::HashSet;

pub(crate) use self::condition::{
    Comparison, Condition, PrerequisiteCondition, SegmentCondition, Test, TypedValues, UserCondition,
};
pub(crate) use self::sets::text_hash;
use crate::{
    ParseError, SettingType, Value,
    error::{Checked, ErrorKind, Fault, checked},
    model::{self, Field, Text},
    user::AttributeName,
};

/// A setting, ready to be evaluated. It depends on its own document only, so that configs can share it.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) key: Arc<str>,
    pub(crate) kind: Checked<Kind>,
    /// Whether nothing but its default value can come out.
    pub(crate) is_plain: bool,
    pub(crate) default: Served,
    pub(crate) rules: Checked<Box<[Checked<Rule>]>>,
    pub(crate) options: Checked<Options>,
    /// The attribute that percentage options go by.
    pub(crate) attribute: Checked<AttributeName<Arc<str>>>,
    /// The keys of the prerequisite flags that its conditions refer to.
    pub(crate) links: Box<[Arc<str>]>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub(crate) setting_type: SettingType,
    /// Whether the type was inferred from a bare value, so that numbers of both types are the same.
    pub(crate) inferred: bool,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) conditions: Checked<Box<[Checked<Condition>]>>,
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
    pub(crate) variation_id: Option<Box<str>>,
}

pub(crate) type Options = Box<[Checked<PercentageOption>]>;

#[derive(Debug)]
pub(crate) struct PercentageOption {
    pub(crate) percentage: i64,
    pub(crate) served: Served,
}

/// What the settings of one document refer to.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Salts confidential comparison values, together with the name of their context.
    pub(crate) salt: Option<Box<str>>,
    pub(crate) segments: Box<[Checked<Segment>]>,
}

impl Document {
    /// A segment by its place in the list.
    pub(crate) fn segment(&self, index: i64) -> Checked<&Segment> {
        let segment = usize::try_from(index).ok().and_then(|index| self.segments.get(index));
        checked(segment.ok_or_else(|| Fault::new(ErrorKind::SegmentNotFound(index)))?)
    }
}

#[derive(Debug)]
pub(crate) struct Segment {
    /// Empty if it is missing, which is the same fault.
    pub(crate) name: Box<str>,
    pub(crate) conditions: Checked<Box<[Checked<Condition>]>>,
}

/// Reads and compiles a document: its settings, in its order, and what they refer to.
pub(crate) fn compile(json: &[u8]) -> Result<(Vec<Setting>, Document), ParseError> {
    let model::Document { salt, segments, settings: Compiler { settings, mut names, .. } } =
        model::read::<Compiler>(json)?;
    let compile = |(index, segment): (usize, Field<model::Segment<'_>>)| {
        let segment = segment.required("segment").map_err(|fault| fault.at("s", index).rooted())?;
        Ok(Segment::new(segment, &mut names))
    };
    let segments = segments.into_iter().enumerate().map(compile).collect();
    Ok((settings, Document { salt: salt.map(Box::from), segments }))
}

/// A setting that is but a value.
pub(crate) fn bare(key: Arc<str>, value: Value) -> Setting {
    Setting {
        key,
        kind: Ok(Kind { setting_type: value.setting_type(), inferred: true }),
        is_plain: true,
        default: Served { value: Ok(value), variation_id: None },
        rules: Ok(Box::default()),
        options: Ok(Box::default()),
        attribute: Ok(AttributeName::Identifier),
        links: Box::default(),
    }
}

/// Compiles the settings of a document one by one.
#[derive(Default)]
struct Compiler {
    settings: Vec<Setting>,
    names: Names,
    /// The prerequisite flags of the setting that is being compiled.
    links: Vec<Arc<str>>,
}

/// Names of custom attributes: each is kept once.
#[derive(Default)]
struct Names(HashSet<Arc<str>, RandomState>);

impl Names {
    fn attribute(&mut self, name: &str) -> AttributeName<Arc<str>> {
        match AttributeName::<&str>::of(name) {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => {
                AttributeName::Custom(self.0.get_or_insert_with(name, |name| name.into()).clone())
            }
        }
    }
}

impl<'de> model::Settings<'de> for Compiler {
    fn add(&mut self, key: Text<'de>, setting: Field<Box<model::Setting<'de>>>) {
        let setting = self.setting(key.into(), setting);
        self.settings.push(setting);
    }
}

impl Segment {
    fn new(segment: model::Segment<'_>, names: &mut Names) -> Self {
        let conditions = list(segment.conditions, "condition", |condition| {
            UserCondition::new(condition, names).map(Condition::User)
        });
        Self {
            name: segment.name.valid().map(Box::from).unwrap_or_default(),
            conditions: conditions.map(Option::unwrap_or_default),
        }
    }
}

impl Compiler {
    fn setting(&mut self, key: Arc<str>, setting: Field<Box<model::Setting<'_>>>) -> Setting {
        let setting = match setting.required("setting") {
            Ok(setting) => *setting,
            Err(fault) => {
                return Setting { kind: Err(fault), is_plain: false, ..bare(key, Value::Bool(false)) };
            }
        };
        let setting_type = setting_type(setting.kind);
        let rules = list(setting.rules, "targeting rule", |rule| Ok(self.rule(rule, &setting_type)));
        let rules = rules.map(Option::unwrap_or_default);
        let options = options(setting.options, &setting_type).map(Option::unwrap_or_default);
        let is_empty = |length: Result<usize, _>| length == Ok(0);
        Setting {
            key,
            is_plain: setting_type.is_ok()
                && is_empty(rules.as_ref().map(|rules| rules.len()))
                && is_empty(options.as_ref().map(|options| options.len())),
            default: served(setting.value, setting.variation_id, &setting_type),
            rules,
            options,
            attribute: match setting.attribute.checked() {
                Ok(name) => Ok(name.map_or(AttributeName::Identifier, |name| self.names.attribute(&name))),
                Err(fault) => Err(fault),
            },
            links: self.links.drain(..).collect(),
            kind: setting_type.map(|setting_type| Kind { setting_type, inferred: false }),
        }
    }

    fn rule(&mut self, rule: model::Rule<'_>, setting_type: &Checked<SettingType>) -> Rule {
        let conditions = list(rule.conditions, "condition", |condition| self.condition(condition));
        let serve = |value: model::Served<'_>| served(value.value, value.variation_id, setting_type);
        let invalid = |shown, fault| Then::Invalid(Box::new(InvalidThen { shown, fault }));
        let then = match (rule.served.checked(), options(rule.options, setting_type)) {
            (Ok(Some(served)), Ok(None)) => Then::Served(serve(served)),
            (Ok(None), Ok(Some(options))) if !options.is_empty() => Then::Options(options),
            (Err(fault), _) => invalid(None, fault.within("s")),
            (_, Err(fault)) => invalid(None, fault.within("p")),
            (Ok(served), _) => invalid(
                served.and_then(|served| serve(served).value.ok()),
                Fault::new(ErrorKind::InvalidThenPart),
            ),
        };
        Rule { conditions: conditions.map(Option::unwrap_or_default), then }
    }
}

/// Compiles the items of a list, up to the first one with a fault: evaluation gets no further.
fn list<T, U>(
    list: Field<Vec<Field<T>>>,
    what: &'static str,
    mut compile: impl FnMut(T) -> Checked<U>,
) -> Checked<Option<Box<[Checked<U>]>>> {
    let Some(list) = list.checked()? else { return Ok(None) };
    let mut compiled = Vec::with_capacity(list.len());
    for item in list {
        compiled.push(item.required(what).and_then(&mut compile));
        if compiled.last().is_some_and(Result::is_err) {
            break;
        }
    }
    Ok(Some(compiled.into()))
}

fn options(
    options: Field<Vec<Field<model::PercentageOption<'_>>>>,
    setting_type: &Checked<SettingType>,
) -> Checked<Option<Options>> {
    list(options, "percentage option", |option| {
        let percentage = option.percentage.member("p", "percentage")?;
        Ok(PercentageOption { percentage, served: served(option.value, option.variation_id, setting_type) })
    })
}

fn setting_type(code: Field<i64>) -> Checked<SettingType> {
    match code.member("t", "setting type")? {
        0 => Ok(SettingType::Bool),
        1 => Ok(SettingType::Text),
        2 => Ok(SettingType::Int),
        3 => Ok(SettingType::Double),
        unknown => Err(Fault::new(ErrorKind::UnknownSettingType(unknown)).within("t")),
    }
}

fn served(
    value: Field<model::Value<'_>>,
    variation_id: Field<Text<'_>>,
    setting_type: &Checked<SettingType>,
) -> Served {
    let typed = |value: model::Value<'_>| {
        let setting_type = *checked(setting_type)?;
        value.of_type(setting_type).map_err(|fault| fault.within("v"))
    };
    Served {
        value: value.member("v", "setting value").and_then(typed),
        variation_id: variation_id.valid().map(Box::from),
    }
}
