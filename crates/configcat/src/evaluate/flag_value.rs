//! Types that the value of a flag can be read as.

use std::{
    any::type_name,
    fmt::{Debug, Display},
    str::FromStr,
    sync::Arc,
};

use configcat_eval::{Evaluation, SettingType, Value};

use crate::{
    evaluate::parsed_texts::ParsedTexts,
    sync::{
        panics::{catch, catch_as_error},
        reentrancy,
    },
};

/// Type of the default of [`get_value`](crate::Client::get_value): `bool`, `i64`, `f64`, and for
/// text `&str`, `String` and `Arc<str>`.
///
/// The type must be that of the setting: an int setting is not read as double. For text, `Arc<str>`
/// shares the text with the config, and `&str` and `String` copy it. The trait is sealed.
///
/// ```
/// use std::sync::Arc;
/// use configcat::{Client, MapOverrides, OverrideBehavior};
///
/// let overrides = MapOverrides::new([("title", "Hello".into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let copied: String = client.get_value("title", "", None);
/// let shared: Arc<str> = client.get_value("title", Arc::from(""), None);
/// assert_eq!(*copied, *shared);
/// # Ok::<(), configcat::BuildError>(())
/// ```
///
/// Integers of other sizes, `f32` and all other types are read by
/// [`get_parsed`](crate::Client::get_parsed), and some of them by a [`Flag`](crate::Flag):
///
/// ```compile_fail,E0277
/// # fn example(client: configcat::Client) {
/// client.get_value("limit", 10_u8, None); // write `client.get_parsed("limit", 10_u8, None)`
/// # }
/// ```
///
/// `i64` is the only integer here so that a number without a type is an `i64`:
/// `client.get_value("limit", 10, None)`. With a second integer it would be an `i32`, and a setting
/// of 3,000,000,000 would return the default.
#[diagnostic::on_unimplemented(
    message = "`get_value` cannot return a `{Self}`",
    label = "use a `bool`, `i64`, `f64`, `&str`, `String` or `Arc<str>`",
    note = "`get_parsed` returns any other type that is `FromStr`, for example `u32`, `f32` or an enum"
)]
pub trait FlagValue: FlagType {}

/// Type of a [`Flag`](crate::Flag): those of [`FlagValue`], integers of all sizes, and `f32`.
///
/// | type | setting | |
/// |---|---|---|
/// | `bool` | on/off | |
/// | `i64`, `i32`, `i16`, `i8`, `isize`, `u64`, `u32`, `u16`, `u8`, `usize` | whole number | a number out of the range of the type returns the default |
/// | `f64` | decimal number | |
/// | `f32` | decimal number | a number with more digits than an `f32` has (about seven) returns the default |
/// | `&str`, `String`, `Arc<str>` | text | |
/// | [`Parsed<T>`](crate::flag::Parsed) | text | any type that is [`FromStr`]; a text that cannot be parsed returns the default |
/// | `Json<T>`, with the feature `json` | text | a text that is no `T` returns the default |
///
/// A value that does not fit is event 2002, as a setting of another type is. The trait is sealed.
///
/// ```
/// use configcat::{Client, Flag, MapOverrides, OverrideBehavior};
///
/// static LIMIT: Flag<u8> = Flag::new("limit", 10);
/// static SHARE: Flag<f32> = Flag::new("share", 0.5);
///
/// let overrides = MapOverrides::new([("limit", 300.into()), ("share", 0.1.into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// assert_eq!(client.get(&LIMIT, None), 10, "300 is not a `u8`");
/// assert_eq!(client.get(&SHARE, None), 0.1);
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a `Flag`",
    label = "use a `bool`, an integer, `f64`, `f32`, `&str`, `String` or `Arc<str>`",
    note = "`Parsed<T>` is for any other type that is `FromStr`, for example an enum"
)]
pub trait FlagType: sealed::Sealed {
    /// Returned type: the type itself, or `String` for `&str`.
    type Output;

    #[doc(hidden)]
    // Hidden: no caller needs these items, and they may change in any version.
    const TYPE: SettingType;

    #[doc(hidden)]
    fn read(evaluation: &Evaluation<'_>, texts: &ParsedTexts) -> Option<Self::Output>;

    /// Returns the reason why `read` has no value for a setting of the right type; `None` for a
    /// setting of another type.
    #[doc(hidden)]
    fn misfit(_: &Evaluation<'_>, _: &ParsedTexts) -> Option<String> {
        None
    }

    /// Returns the reason why this value of a setting of the right type cannot be read, if the type
    /// can say so without an evaluation.
    #[doc(hidden)]
    fn fault_of(_: &Value, _: &ParsedTexts) -> Option<String> {
        None
    }

    /// Returns the name of the type that the caller gets, for messages.
    #[doc(hidden)]
    fn type_name() -> &'static str {
        type_name::<Self::Output>()
    }

    /// Converts a bool, if that is the type; `None` for any other type.
    #[doc(hidden)]
    fn from_bool(_: bool) -> Option<Self::Output> {
        None
    }

    #[doc(hidden)]
    fn into_output(self) -> Self::Output;

    #[doc(hidden)]
    fn to_value(&self) -> Value;
}

// Sealed: a type of the user would need a `SettingType` of its own, and every ConfigCat SDK has
// these four.
pub(super) mod sealed {
    pub trait Sealed {}
}

// A macro: the six types differ in the reading alone.
macro_rules! flag_value {
    ($($type:ty => $output:ty, $kind:ident, $read:expr $(, $from_bool:expr)?;)*) => {$(
        impl sealed::Sealed for $type {}

        impl FlagValue for $type {}

        impl FlagType for $type {
            type Output = $output;
            const TYPE: SettingType = SettingType::$kind;

            #[inline]
            fn read(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<$output> {
                ($read)(evaluation)
            }

            $(
                #[inline]
                fn from_bool(value: bool) -> Option<$output> {
                    ($from_bool)(value)
                }
            )?

            fn into_output(self) -> $output {
                self.into()
            }

            fn to_value(&self) -> Value {
                self.clone().into()
            }
        }
    )*};
}

flag_value! {
    bool => bool, Bool, |evaluation: &Evaluation<'_>| match evaluation.value() {
        Value::Bool(value) => Some(*value),
        _ => None,
    }, Some;
    i64 => i64, Int, |evaluation: &Evaluation<'_>| evaluation.value().as_int();
    f64 => f64, Double, Evaluation::as_double;
    &str => String, Text, |evaluation: &Evaluation<'_>| evaluation.value().as_text().map(str::to_owned);
    String => String, Text, |evaluation: &Evaluation<'_>| evaluation.value().as_text().map(str::to_owned);
    Arc<str> => Arc<str>, Text, |evaluation: &Evaluation<'_>| match evaluation.value() {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
}

macro_rules! integer {
    ($($type:ty)*) => {$(
        impl sealed::Sealed for $type {}

        impl FlagType for $type {
            type Output = Self;
            const TYPE: SettingType = SettingType::Int;

            #[inline]
            fn read(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<Self> {
                Self::try_from(evaluation.value().as_int()?).ok()
            }

            fn misfit(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<String> {
                evaluation.value().as_int()?;
                Some(format!("it is not in {} to {}", Self::MIN, Self::MAX))
            }

            fn into_output(self) -> Self {
                self
            }

            fn to_value(&self) -> Value {
                // For logs and hooks only. No setting has a number beyond an `i64`, so a default
                // beyond it is only a very large one.
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

integer! { i8 i16 i32 isize u8 u16 u32 u64 usize }

impl sealed::Sealed for f32 {}

impl FlagType for f32 {
    type Output = Self;
    const TYPE: SettingType = SettingType::Double;

    fn read(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<Self> {
        let double = evaluation.as_double()?;
        #[expect(clippy::cast_possible_truncation, reason = "the digits are compared below")]
        let float = double as Self;
        // By their digits: 0.1 on the dashboard is 0.1 here, although the `f64` nearest to 0.1 is
        // not an `f32`.
        (f64::from(float) == double || digits(float) == digits(double)).then_some(float)
    }

    fn misfit(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<String> {
        evaluation.as_double()?;
        Some("it has more digits than an f32".to_owned())
    }

    fn into_output(self) -> Self {
        self
    }

    fn to_value(&self) -> Value {
        // The same digits, so that logs show 0.1 and not 0.10000000149011612.
        Value::Double(digits(*self).parse().unwrap_or_else(|_| f64::from(*self)))
    }
}

/// Returns the shortest digits that read back as the same number.
fn digits(number: impl std::fmt::LowerExp) -> String {
    // With an exponent, since 1e300 would have 301 digits.
    format!("{number:e}")
}

/// Type of a [`Flag`](crate::Flag) on a text setting whose text is parsed: any type that is
/// [`FromStr`], such as an enum. It has the default value.
///
/// The text is parsed in each evaluation, as by [`get_parsed`](crate::Client::get_parsed). A text
/// that cannot be parsed returns the default (event 2002).
///
/// ```
/// use std::net::IpAddr;
/// use configcat::{Client, Flag, flag::Parsed};
/// # use configcat::{MapOverrides, OverrideBehavior};
///
/// static SERVER: Flag<Parsed<IpAddr>> = Flag::new("server", Parsed(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)));
///
/// # let flags = MapOverrides::new([("server", "::1".into())]);
/// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
/// assert!(client.get(&SERVER, None).is_ipv6());
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Parsed<T>(pub T);

impl<T> sealed::Sealed for Parsed<T> {}

impl<T: FromStr<Err: Display> + Debug> FlagType for Parsed<T> {
    type Output = T;
    const TYPE: SettingType = SettingType::Text;

    fn read(evaluation: &Evaluation<'_>, _: &ParsedTexts) -> Option<T> {
        parse(evaluation.value()).ok()
    }

    fn misfit(evaluation: &Evaluation<'_>, texts: &ParsedTexts) -> Option<String> {
        // Never `None`, since each type of setting has a text. `FromStr` may be of another opinion
        // the second time.
        let error = Self::fault_of(evaluation.value(), texts);
        Some(error.unwrap_or_else(|| "parsing failed, and succeeded when it was repeated".to_owned()))
    }

    fn fault_of(value: &Value, _: &ParsedTexts) -> Option<String> {
        // The drop of the value is code of the user, which may panic: a config that is checked is
        // published all the same.
        parse::<T>(value).map(|parsed| catch(|| drop(parsed))).err()
    }

    fn into_output(self) -> T {
        self.0
    }

    fn to_value(&self) -> Value {
        // Code of the user, which may panic or evaluate this flag; the text is for logs and hooks
        // only.
        let text = reentrancy::enter_parsing::<T>().ok().map(|_parsing| catch(|| format!("{:?}", self.0)));
        text.and_then(Result::ok).unwrap_or_else(|| type_name::<T>().to_owned()).into()
    }
}

/// Parses the text of a value. `FromStr` and its error are code of the user, which may panic.
fn parse<T: FromStr<Err: Display>>(value: &Value) -> Result<T, String> {
    let _parsing = reentrancy::enter_parsing::<T>()?;
    let parse = |text: &str| text.parse().map_err(|error: T::Err| error.to_string());
    catch_as_error(|| match value {
        Value::Text(text) => parse(text),
        other => parse(&other.to_string()),
    })
}
