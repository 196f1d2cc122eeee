//! Conversion between strings and `f64`, as all ConfigCat SDKs read and print numbers: like
//! JavaScript.

use core::{
    fmt::{self, LowerExp, Write},
    str::FromStr,
};

use crate::small_string::SmallString;

/// A number that prints as JavaScript's `String(number)` does: an `f64`, or an `f32` likewise.
///
/// The shortest digits that read back as the same number of that type; plain from 1e-6 up to below
/// 1e21, with an exponent outside (ECMA-262, Number::toString).
pub(crate) struct JsNumber<T>(pub T);

impl<T: Copy + Into<f64> + LowerExp + FromStr + PartialEq> fmt::Display for JsNumber<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number: f64 = self.0.into();
        if number.is_nan() {
            return f.write_str("NaN");
        }
        if number.is_infinite() {
            return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
        }
        if number == 0.0 {
            return f.write_str("0"); // also for -0
        }
        let scientific = shortest(self.0)?;
        let (mantissa, exponent) = scientific.as_str().split_once('e').ok_or(fmt::Error)?;
        let exponent: i32 = exponent.parse().map_err(|_| fmt::Error)?;
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", mantissa),
        };
        let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
        f.write_str(sign)?;
        write_digits(f, first, rest, exponent)
    }
}

/// Returns the shortest digits that read back as the same number, and of these the closest to it,
/// as `d.ddde<exponent>`.
///
/// Rust rounds a tie between two candidates up, JavaScript to the even digit. With a given number
/// of digits Rust rounds exactly and to even, which decides the tie, if the number still reads
/// back.
fn shortest<T: LowerExp + FromStr + PartialEq>(number: T) -> Result<SmallString, fmt::Error> {
    let mut shortest = SmallString::new();
    write!(shortest, "{number:e}")?;
    let (mantissa, _) = shortest.as_str().split_once('e').ok_or(fmt::Error)?;
    let fraction_digits = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let mut rounded = SmallString::new();
    write!(rounded, "{number:.fraction_digits$e}")?;
    Ok(if rounded.as_str().parse().is_ok_and(|back: T| back == number) { rounded } else { shortest })
}

/// Writes the number `first.rest × 10^exponent`.
fn write_digits(f: &mut fmt::Formatter<'_>, first: &str, rest: &str, exponent: i32) -> fmt::Result {
    let Ok(shift) = usize::try_from(exponent) else {
        // ECMA-262, Number::toString: below 1e-6 and from 1e21 on a number has an exponent.
        if exponent < -6 {
            return write_exponent(f, first, rest, exponent);
        }
        f.write_str("0.")?;
        write_zeros(f, exponent.unsigned_abs() as usize - 1)?;
        return write!(f, "{first}{rest}");
    };
    if shift > 20 {
        return write_exponent(f, first, rest, exponent);
    }
    f.write_str(first)?;
    match rest.split_at_checked(shift) {
        Some((whole, "")) => f.write_str(whole),
        Some((whole, fraction)) => write!(f, "{whole}.{fraction}"),
        None => {
            f.write_str(rest)?;
            write_zeros(f, shift - rest.len())
        }
    }
}

fn write_exponent(f: &mut fmt::Formatter<'_>, first: &str, rest: &str, exponent: i32) -> fmt::Result {
    f.write_str(first)?;
    if !rest.is_empty() {
        write!(f, ".{rest}")?;
    }
    write!(f, "e{exponent:+}")
}

fn write_zeros(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    (0..count).try_for_each(|_| f.write_char('0'))
}

/// Trims the white space that JavaScript trims: including a byte order mark, except for U+0085.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    // Nearly always there is nothing to trim, as the bytes at both ends show: a byte of ASCII is a
    // whole character.
    if let [first, .., last] = text.as_bytes() {
        if first.is_ascii_graphic() && last.is_ascii_graphic() {
            return text;
        }
    }
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

/// Reads a decimal number: trimmed, the first `,` read as `.`, or one of the four names that
/// JavaScript knows.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let text = trim(text);
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    // What Rust reads in addition (`inf`, `nan` in any case) has other letters than `e`.
    let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b'e' | b'E');
    if !text.bytes().all(plain) {
        return None;
    }
    let Some((whole, fraction)) = text.split_once(',') else {
        return text.parse().ok();
    };
    let mut pointed = SmallString::new();
    write!(pointed, "{whole}.{fraction}").ok()?;
    pointed.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{JsNumber, parse};
    use alloc::string::ToString;

    #[test]
    fn prints_as_javascript_does() {
        let table: [(f64, &str); 27] = [
            (2f64.powi(-25), "2.9802322387695312e-8"),
            (2f64.powi(50) + 0.25, "1125899906842624.2"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (0.12345, "0.12345"),
            (3.25, "3.25"),
            (100.0, "100"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (1.5e21, "1.5e+21"),
            (-1.234_567_89e96, "-1.23456789e+96"),
            (1e-6, "0.000001"),
            (1.25e-6, "0.00000125"),
            (1e-7, "1e-7"),
            (-1.5e-7, "-1.5e-7"),
            (0.000_123, "0.000123"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1_680_307_199.999, "1680307199.999"),
            (12.5, "12.5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in table {
            assert_eq!(JsNumber(number).to_string(), text);
        }
    }

    #[test]
    fn prints_f32_by_the_digits_of_f32() {
        let table: [(f32, &str); 12] = [
            (0.1, "0.1"),
            (-0.3, "-0.3"),
            (16_777_216.0, "16777216"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (1e-6, "0.000001"),
            (f32::MAX, "3.4028235e+38"),
            (f32::MIN_POSITIVE, "1.1754944e-38"),
            (1e-45, "1e-45"),
            (-0.0, "0"),
            (f32::NAN, "NaN"),
            (f32::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in table {
            assert_eq!(JsNumber(number).to_string(), text);
        }
        // What is short in both types is the same.
        for number in (-1000_i16..1000).map(|n| f32::from(n) / 64.0) {
            assert_eq!(JsNumber(number).to_string(), JsNumber(f64::from(number)).to_string());
            assert_eq!(JsNumber(number).to_string().parse(), Ok(number));
        }
    }

    #[test]
    fn reads_what_javascript_reads() {
        let table = [
            ("1", 1.0),
            (" 1.5 ", 1.5),
            ("\u{feff}\u{3000}1\n", 1.0),
            ("1,5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            (",5", 0.5),
            ("+5", 5.0),
            ("-5", -5.0),
            ("1e5", 1e5),
            ("1E-5", 1e-5),
            ("007", 7.0),
            ("1e400", f64::INFINITY),
            ("Infinity", f64::INFINITY),
            ("+Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        for (text, number) in table {
            assert_eq!(parse(text), Some(number), "{text}");
        }
        assert!(parse("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "", " ", "\u{85}1", ".", ",", "+", "e5", "1e", "1,5,5", "1.5.5", "1,5.5", "inf", "INF",
            "infinity", "nan", "NAN", "+NaN", "-NaN", "0x10", "1_000", "1 000", "12a", "--1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
