//! Decisions from the bytes of an input. A small change of the input makes a small change of the
//! document, which helps the fuzzer to search.

/// The rest of the input. At its end, each decision is the first choice.
pub(crate) struct Choices<'d>(&'d [u8]);

/// Texts for attributes and conditions: few, so that they often match, among them numbers,
/// versions, lists and times.
pub(crate) const TEXTS: [&str; 48] = [
    "",
    "a",
    "b",
    "ab",
    "é",
    "𝄞a",
    "a,b",
    " a ",
    "u",
    "1",
    "1.5",
    "2,5",
    "-0",
    "+5",
    ".5",
    "5.",
    "1e5",
    "1e400",
    "1e21",
    "NaN",
    "Infinity",
    "+Infinity",
    "-Infinity",
    "inf",
    "nan",
    "0x10",
    "1_000",
    "1,000.5",
    "1.0.0",
    "1.0.0-b+1",
    " 2.0.0 ",
    "v2.0.0",
    "1.0",
    "01.0.0",
    "1.0.0-01",
    "18446744073709551616.0.0",
    "[]",
    r#"["a","b"]"#,
    r#" ["a"] "#,
    r#"["a",1]"#,
    r#"["\u0061\n"]"#,
    "[",
    "1700000000",
    "1700000000.999",
    "\u{85}1",
    "\u{feff}1",
    "\0\u{1f}\"\\\u{7f}",
    "1.0.0-99999999999999999999",
];

const NUMBERS: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    1.5,
    2.5,
    5.0,
    -1.0,
    0.1,
    1e5,
    1e-6,
    1e-7,
    1e20,
    1e21,
    1.25e-6,
    5e-324,
    f64::MAX,
    f64::MIN_POSITIVE,
    9_007_199_254_740_993.0,
    1_700_000_000.0,
    1_700_000_000.999,
    2.980_232_238_769_531_2e-8,
    9_223_372_036_854_775_808.0,
    1_125_899_906_842_624.2,
    -123_456.789,
];

impl<'d> Choices<'d> {
    pub(crate) fn new(input: &'d [u8]) -> Self {
        Self(input)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Returns a number below `end`, which is at most 256.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    /// Returns a number below `end`, which is at most 65,536.
    pub(crate) fn index(&mut self, end: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % end
    }

    /// Returns true once in `count` times.
    pub(crate) fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn u64(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    pub(crate) fn list<T>(&mut self, end: usize, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(end)).map(|_| item(self)).collect()
    }

    pub(crate) fn text(&mut self) -> String {
        match self.below(8) {
            0..=4 => self.pick(&TEXTS).to_owned(),
            5 => {
                let length = self.below(16).min(self.0.len());
                let (text, rest) = self.0.split_at(length);
                self.0 = rest;
                String::from_utf8_lossy(text).into_owned()
            }
            6 => self.pick(&TEXTS).repeat(self.below(32)),
            _ => format!("{}{}", self.pick(&TEXTS), self.pick(&TEXTS)),
        }
    }

    pub(crate) fn number(&mut self) -> f64 {
        match self.below(4) {
            0 | 1 => self.pick(&NUMBERS),
            2 => f64::from_bits(self.u64()),
            _ => f64::from(self.byte() as i8),
        }
    }
}
