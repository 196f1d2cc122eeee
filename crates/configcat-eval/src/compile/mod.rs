//! From the model to the compiled config: whatever depends on the document alone is done here, once.
//!
//! What is broken compiles to a fault in its place, which is reported only when evaluation reaches it.

mod condition;
mod sets;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use core::cell::OnceCell;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

pub(crate) use self::condition::{
    Comparison, Condition, PrerequisiteCondition, Segment, SegmentCondition, Test, TypedValues, UserCondition,
};
use crate::{
    SettingType, Value,
    error::{Checked, ErrorKind, Fault},
    model::{self, Field},
    user::AttributeName,
};

/// A setting, ready to be evaluated. It depends on its own document only, so that configs can share it.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) key: Arc<str>,
    pub(crate) kind: Checked<Kind>,
    pub(crate) rules: Checked<Box<[Checked<Rule>]>>,
    pub(crate) options: Checked<Options>,
    /// The attribute that percentage options go by.
    pub(crate) attribute: Checked<AttributeName<Arc<str>>>,
    pub(crate) default: Served,
    /// The keys of the prerequisite flags that its conditions refer to.
    pub(crate) links: Box<[Arc<str>]>,
}

impl Setting {
    /// Whether nothing but its default value can come out.
    pub(crate) fn is_plain(&self) -> bool {
        let is_empty = |list: Result<usize, _>| list == Ok(0);
        self.kind.is_ok()
            && is_empty(self.rules.as_ref().map(|rules| rules.len()))
            && is_empty(self.options.as_ref().map(|options| options.len()))
    }
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
    Invalid {
        shown: Option<Value>,
        fault: Box<Fault>,
    },
}

#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) value: Checked<Value>,
    pub(crate) variation_id: Option<Arc<str>>,
}

pub(crate) type Options = Box<[Checked<PercentageOption>]>;

#[derive(Debug)]
pub(crate) struct PercentageOption {
    pub(crate) percentage: i64,
    pub(crate) served: Served,
}

/// Compiles all settings of a document, in its order.
pub(crate) fn compile(document: model::Document<'_>) -> Vec<Setting> {
    let salt = document.preferences.valid().and_then(|preferences| preferences.salt.valid());
    let mut compiler = Compiler {
        salt: salt.as_deref(),
        segments: Vec::new(),
        attributes: HashSet::default(),
        links: Vec::new(),
    };
    compiler.segments =
        compiler.segments(document.segments.valid().map(|segments| segments.0).unwrap_or_default());
    let settings = document.settings.valid().map(|settings| settings.0).unwrap_or_default();
    settings.into_iter().map(|(key, setting)| compiler.setting(key.into(), setting)).collect()
}

/// A setting that is but a value.
pub(crate) fn bare(key: Arc<str>, value: Value) -> Setting {
    Setting {
        key,
        kind: Ok(Kind { setting_type: value.setting_type(), inferred: true }),
        rules: Ok(Box::default()),
        options: Ok(Box::default()),
        attribute: Ok(AttributeName::Identifier),
        default: Served { value: Ok(value), variation_id: None },
        links: Box::default(),
    }
}

/// What salts the hashes of a setting, by its key, or of a segment, by its name.
struct Context<'n> {
    name: &'n str,
    /// The salt of the document and that of the context, joined once.
    salt: OnceCell<Arc<str>>,
}

impl<'n> Context<'n> {
    fn new(name: &'n str) -> Self {
        Self { name, salt: OnceCell::new() }
    }
}

/// What settings of one document share while they are compiled.
struct Compiler<'d> {
    salt: Option<&'d str>,
    segments: Vec<Checked<Arc<Segment>>>,
    /// Names of custom attributes: each is kept once.
    attributes: HashSet<Arc<str>, RandomState>,
    /// The prerequisite flags of the setting that is being compiled.
    links: Vec<Arc<str>>,
}

impl Compiler<'_> {
    fn segments(&mut self, segments: Vec<Field<model::Segment<'_>>>) -> Vec<Checked<Arc<Segment>>> {
        let compile = |(index, segment): (usize, Field<model::Segment<'_>>)| {
            let segment = segment.required("segment").map_err(|fault| fault.at("s", index).rooted())?;
            Ok(Arc::new(self.segment(index, segment)))
        };
        segments.into_iter().enumerate().map(compile).collect()
    }

    fn segment(&mut self, index: usize, segment: model::Segment<'_>) -> Segment {
        let name = segment.name.valid().unwrap_or_default();
        let context = Context::new(&name);
        let conditions = list(segment.conditions, "condition", |condition| {
            self.user_condition(condition, &context).map(Condition::User)
        });
        Segment { index, conditions: conditions.map(Option::unwrap_or_default), name: name.into() }
    }

    fn setting(&mut self, key: Arc<str>, setting: Field<Box<model::Setting<'_>>>) -> Setting {
        let setting = match setting.required("setting") {
            Ok(setting) => *setting,
            Err(fault) => return Setting { kind: Err(fault), ..bare(key, Value::Bool(false)) },
        };
        let setting_type = setting_type(setting.kind);
        let context = Context::new(&key);
        let rules =
            list(setting.rules, "targeting rule", |rule| Ok(self.rule(rule, &context, &setting_type)));
        Setting {
            rules: rules.map(Option::unwrap_or_default),
            options: options(setting.options, &setting_type).map(Option::unwrap_or_default),
            attribute: match setting.attribute.checked() {
                Ok(name) => Ok(name.map_or(AttributeName::Identifier, |name| self.attribute(&name))),
                Err(fault) => Err(fault),
            },
            default: served(setting.value, setting.variation_id, &setting_type),
            links: core::mem::take(&mut self.links).into(),
            kind: setting_type.map(|setting_type| Kind { setting_type, inferred: false }),
            key,
        }
    }

    fn rule(
        &mut self,
        rule: model::Rule<'_>,
        context: &Context<'_>,
        setting_type: &Checked<SettingType>,
    ) -> Rule {
        let conditions = list(rule.conditions, "condition", |condition| self.condition(condition, context));
        let serve = |value: model::Served<'_>| served(value.value, value.variation_id, setting_type);
        let then = match (rule.served.checked(), options(rule.options, setting_type)) {
            (Ok(Some(served)), Ok(None)) => Then::Served(serve(served)),
            (Ok(None), Ok(Some(options))) if !options.is_empty() => Then::Options(options),
            (Err(fault), _) => Then::Invalid { shown: None, fault: fault.within("s") },
            (_, Err(fault)) => Then::Invalid { shown: None, fault: fault.within("p") },
            (Ok(served), _) => Then::Invalid {
                shown: served.and_then(|served| serve(served).value.ok()),
                fault: Fault::new(ErrorKind::InvalidThenPart),
            },
        };
        Rule { conditions: conditions.map(Option::unwrap_or_default), then }
    }

    /// The salt of confidential comparison values: that of the document, then that of the context.
    fn salt(&self, context: &Context<'_>) -> Checked<Arc<str>> {
        let salt = self.salt.ok_or_else(|| Fault::missing("salt of the config (p.s)"))?;
        Ok(context.salt.get_or_init(|| [salt, context.name].concat().into()).clone())
    }

    fn attribute(&mut self, name: &str) -> AttributeName<Arc<str>> {
        match AttributeName::<&str>::of(name) {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => {
                AttributeName::Custom(self.attributes.get_or_insert_with(name, |name| name.into()).clone())
            }
        }
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
    variation_id: Field<alloc::borrow::Cow<'_, str>>,
    setting_type: &Checked<SettingType>,
) -> Served {
    let typed = |value: model::Value<'_>| {
        TypedValues::new(value).of_type(setting_type.clone()?).map_err(|fault| fault.within("v"))
    };
    Served {
        value: value.member("v", "setting value").and_then(typed),
        variation_id: variation_id.valid().map(Arc::from),
    }
}
