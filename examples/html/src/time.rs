//! Date-times as a form has them: local date-times such as `2021-05-04T09:30`, in UTC.

use configcat_eval::DateTime;
use jiff::Timestamp;

/// Returns a time as an input of type `datetime-local` writes it: without seconds if these are 0.
/// A time with parts of a second, or of a year beyond 9999, which such an input does not have,
/// stays complete.
pub(crate) fn typed(time: DateTime) -> String {
    let text = time.to_string();
    let seconds = || text.strip_suffix(".000Z").filter(|text| text.len() == "2021-05-04T09:30:00".len());
    match seconds() {
        Some(text) => text.strip_suffix(":00").unwrap_or(text).to_owned(),
        None => text,
    }
}

/// Reads a typed time: a date, a local date-time, or one with an offset. Returns `None` for other
/// texts, such as Unix seconds, which the SDK reads by itself.
pub(crate) fn parsed(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    forms.iter().find_map(|form| form.parse::<Timestamp>().ok()).map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use super::{DateTime, parsed, typed};

    #[test]
    fn times_are_read_as_they_are_typed() {
        for (text, seconds, again) in [
            ("2021-05-04", 1_620_086_400, "2021-05-04T00:00"),
            ("2021-05-04T00:00", 1_620_086_400, "2021-05-04T00:00"),
            (" 2021-05-04T09:30:05", 1_620_120_605, "2021-05-04T09:30:05"),
            ("2021-05-04T09:30+02:00", 1_620_113_400, "2021-05-04T07:30"),
        ] {
            let time = parsed(text);
            assert_eq!(time, Some(DateTime::from_unix_millis(seconds * 1000)), "{text}");
            assert_eq!(typed(time.unwrap()), again);
        }
        for text in ["", "soon", "1620086400", "2021-13-01"] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(typed(DateTime::from_unix_millis(1)), "1970-01-01T00:00:00.001Z");
        assert_eq!(typed(DateTime::from_unix_millis(253_402_300_800_000)), "+010000-01-01T00:00:00.000Z");
    }
}
