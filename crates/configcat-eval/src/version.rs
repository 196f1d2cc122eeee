//! Semantic versions of users, compared without copying them.

use core::cmp::Ordering;

use semver::Version;

/// A semantic version (<https://semver.org>) that borrows its text. Build metadata does not count.
// `semver::Version` would allocate for a longer pre-release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UserVersion<'u> {
    /// Major, minor and patch.
    numbers: [u64; 3],
    pre_release: &'u str,
}

impl<'u> UserVersion<'u> {
    /// Parses a semantic version; `None` if it is not one: all three numbers must be there, without
    /// a `v` before them.
    #[inline]
    pub(crate) fn parse(text: &'u str) -> Option<Self> {
        let (major, rest) = number(text.as_bytes())?;
        let (minor, rest) = number(rest.strip_prefix(b".")?)?;
        let (patch, rest) = number(rest.strip_prefix(b".")?)?;
        let numbers = [major, minor, patch];
        if rest.is_empty() {
            return Some(Self { numbers, pre_release: "" });
        }
        let rest = text.get(text.len() - rest.len()..)?;
        let (pre_release, build) = match rest.split_once('+') {
            Some((pre_release, build)) => (pre_release, Some(build)),
            None => (rest, None),
        };
        let pre_release = match pre_release.strip_prefix('-') {
            Some(text) => identifiers(text).all(is_pre_release).then_some(text)?,
            None => pre_release.is_empty().then_some("")?,
        };
        let is_valid = build.is_none_or(|build| identifiers(build).all(is_identifier));
        is_valid.then_some(Self { numbers, pre_release })
    }

    /// Returns whether both versions have the same precedence: they may differ in build metadata
    /// only.
    pub(crate) fn equals(&self, other: &Version) -> bool {
        self.numbers == [other.major, other.minor, other.patch] && self.pre_release == other.pre.as_str()
    }

    /// Returns the most work that testing for equality takes, in bytes that are compared.
    pub(crate) fn equality_cost(&self) -> usize {
        size_of::<Version>() + self.pre_release.len()
    }

    /// Returns the most work that a comparison takes, in bytes that are compared.
    // A pre-release is read several times, byte by byte.
    pub(crate) fn comparison_cost(&self) -> usize {
        size_of::<Version>() + 10 * self.pre_release.len()
    }

    /// Returns the order of the versions.
    pub(crate) fn compare(&self, other: &Version) -> Ordering {
        let numbers = self.numbers.cmp(&[other.major, other.minor, other.patch]);
        numbers.then_with(|| compare_pre_releases(self.pre_release, other.pre.as_str()))
    }
}

/// Returns the number at the start of a text, which has no leading zero, and the rest.
#[inline]
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (first, mut rest) = text.split_first()?;
    let mut value = digit(*first)?;
    while let Some((next, after)) = rest.split_first() {
        let Some(next) = digit(*next) else { break };
        if value == 0 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(next)?;
        rest = after;
    }
    Some((value, rest))
}

#[inline]
fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split('.')
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns whether the text is an identifier, and not a number with a leading zero.
fn is_pre_release(text: &str) -> bool {
    is_identifier(text) && (text == "0" || !text.starts_with('0') || !is_digits(text))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares pre-releases by their identifiers; a version without a pre-release comes last.
fn compare_pre_releases(left: &str, right: &str) -> Ordering {
    match (left, right) {
        ("", _) | (_, "") => left.is_empty().cmp(&right.is_empty()),
        _ => identifiers(left).map(Identifier).cmp(identifiers(right).map(Identifier)),
    }
}

/// An identifier of a pre-release: numbers come before words, and are compared by value.
#[derive(PartialEq, Eq)]
struct Identifier<'v>(&'v str);

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (is_digits(self.0), is_digits(other.0)) {
            // Without leading zeros the longer number is the larger one.
            (true, true) => self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0)),
            (false, false) => self.0.cmp(other.0),
            (left_is_number, _) => {
                if left_is_number {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::UserVersion;
    use semver::Version;

    const VERSIONS: [&str; 34] = [
        "0.0.0",
        "1.0.0",
        "1.0.1",
        "1.1.0",
        "2.0.0",
        "10.0.0",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0-0",
        "1.0.0-0.3.7",
        "1.0.0-x.7.z.92",
        "1.0.0--",
        "1.0.0-a-b",
        "1.0.0-1a",
        "1.0.0-00a",
        "1.0.0+build.001",
        "1.0.0-a+b",
        "1.0.0+a-b",
        "1.0.0-99999999999999999999",
        "1.0.0-100000000000000000000",
        "1.0.0-a.very.long.pre-release.of.a.branch",
        "18446744073709551615.0.0",
        "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
        "1.0.0-A",
        "1.0.0-a",
        "1.0.0-a.b.c",
        "1.0.0-a.b",
        "1.0.0-1.0",
        "1.0.0-1",
    ];

    #[test]
    fn compares_as_the_library_does() {
        for left in VERSIONS {
            let user = UserVersion::parse(left).expect(left);
            for right in VERSIONS {
                let right = Version::parse(right).unwrap();
                let expected = Version::parse(left).unwrap().cmp_precedence(&right);
                assert_eq!(user.compare(&right), expected, "{left} and {right}");
            }
        }
    }

    #[test]
    fn refuses_what_the_library_refuses() {
        for text in [
            "",
            "1",
            "1.0",
            "1.0.",
            "1.0.0.",
            "1.0.0.0",
            "v1.0.0",
            "01.0.0",
            "1.00.0",
            "1.0.0-",
            "1.0.0-a.",
            "1.0.0-a..b",
            "1.0.0-01",
            "1.0.0-é",
            "1.0.0+",
            "1.0.0+a..b",
            "1.0.0+a+b",
            "1.0.0+é",
            "1.0.0 ",
            "+1.0.0",
            "1.+1.0",
            "1.-1.0",
            "18446744073709551616.0.0",
            "1.0.0-a_b",
            "a.b.c",
            "*",
            "1.x.0",
            "-1.0.0",
            "1.0.0-+b",
        ] {
            assert!(Version::parse(text).is_err(), "{text}");
            assert_eq!(UserVersion::parse(text), None, "{text}");
        }
    }
}
