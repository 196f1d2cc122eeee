//! The 36 comparators of user conditions.

/// The comparator of a user condition
/// (<https://configcat.com/docs/targeting/targeting-rule/user-condition/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparator {
    pub(crate) operation: Operation,
    pub(crate) negated: bool,
}

/// The operation of a comparator, without its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Equals,
    HashedEquals,
    Version(Relation),
    Number(Relation),
    Time(Relation),
    List(ListOperation),
}

/// An operation whose comparison value is a list of strings.
// No variant has a field: with one, a condition on a number takes 7 instructions more, of 392.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOperation {
    OneOf,
    Contains,
    StartsWith,
    EndsWith,
    ListContains,
    HashedOneOf,
    HashedStartsWith,
    HashedEndsWith,
    HashedListContains,
    VersionOneOf,
}

/// The end of the text that STARTS WITH and ENDS WITH look at.
// One type for both ends, so that the comparison of a prefix and of a suffix is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Start,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The form in which an operation reads the attribute of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    String,
    Version,
    Number,
    Time,
    List,
}

impl Comparator {
    // Codes: specification, 3.1. The odd code of a pair is the negation of the even one.
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        use {ListOperation as L, Operation as O, Relation as R};
        let (operation, negated) = match code {
            0 | 1 => (O::List(L::OneOf), code == 1),
            2 | 3 => (O::List(L::Contains), code == 3),
            4 | 5 => (O::List(L::VersionOneOf), code == 5),
            6 => (O::Version(R::Less), false),
            7 => (O::Version(R::LessOrEqual), false),
            8 => (O::Version(R::Greater), false),
            9 => (O::Version(R::GreaterOrEqual), false),
            10 => (O::Number(R::Equal), false),
            11 => (O::Number(R::NotEqual), false),
            12 => (O::Number(R::Less), false),
            13 => (O::Number(R::LessOrEqual), false),
            14 => (O::Number(R::Greater), false),
            15 => (O::Number(R::GreaterOrEqual), false),
            16 | 17 => (O::List(L::HashedOneOf), code == 17),
            18 => (O::Time(R::Less), false),
            19 => (O::Time(R::Greater), false),
            20 | 21 => (O::HashedEquals, code == 21),
            22 | 23 => (O::List(L::HashedStartsWith), code == 23),
            24 | 25 => (O::List(L::HashedEndsWith), code == 25),
            26 | 27 => (O::List(L::HashedListContains), code == 27),
            28 | 29 => (O::Equals, code == 29),
            30 | 31 => (O::List(L::StartsWith), code == 31),
            32 | 33 => (O::List(L::EndsWith), code == 33),
            34 | 35 => (O::List(L::ListContains), code == 35),
            _ => return None,
        };
        Some(Self { operation, negated })
    }

    /// Returns the code in a config JSON of version 6.
    pub(crate) fn code(self) -> u8 {
        // Searched for, so that the table of codes is written once.
        (0..36).find(|code| Self::from_code((*code).into()) == Some(self)).unwrap_or_default()
    }

    /// Returns the name on the dashboard and in the evaluation log.
    pub(crate) fn name(self) -> &'static str {
        use {ListOperation as L, Operation as O, Relation as R};
        match (self.operation, self.negated) {
            (O::Equals | O::HashedEquals, false) => "EQUALS",
            (O::Equals | O::HashedEquals, true) => "NOT EQUALS",
            (O::List(operation), negated) => match (operation, negated) {
                (L::OneOf | L::HashedOneOf | L::VersionOneOf, false) => "IS ONE OF",
                (L::OneOf | L::HashedOneOf | L::VersionOneOf, true) => "IS NOT ONE OF",
                (L::Contains, false) => "CONTAINS ANY OF",
                (L::Contains, true) => "NOT CONTAINS ANY OF",
                (L::StartsWith | L::HashedStartsWith, false) => "STARTS WITH ANY OF",
                (L::StartsWith | L::HashedStartsWith, true) => "NOT STARTS WITH ANY OF",
                (L::EndsWith | L::HashedEndsWith, false) => "ENDS WITH ANY OF",
                (L::EndsWith | L::HashedEndsWith, true) => "NOT ENDS WITH ANY OF",
                (L::ListContains | L::HashedListContains, false) => "ARRAY CONTAINS ANY OF",
                (L::ListContains | L::HashedListContains, true) => "ARRAY NOT CONTAINS ANY OF",
            },
            // The service has no other comparator of times.
            (O::Time(R::Less), _) => "BEFORE",
            (O::Time(_), _) => "AFTER",
            (O::Version(relation) | O::Number(relation), _) => match relation {
                R::Equal => "=",
                R::NotEqual => "!=",
                R::Less => "<",
                R::LessOrEqual => "<=",
                R::Greater => ">",
                R::GreaterOrEqual => ">=",
            },
        }
    }
}

impl Operation {
    /// Returns how the operation reads the attribute of the user.
    pub(crate) fn reading(self) -> Reading {
        use ListOperation as L;
        match self {
            Self::Equals
            | Self::HashedEquals
            | Self::List(
                L::OneOf
                | L::Contains
                | L::StartsWith
                | L::EndsWith
                | L::HashedOneOf
                | L::HashedStartsWith
                | L::HashedEndsWith,
            ) => Reading::String,
            Self::Version(_) | Self::List(L::VersionOneOf) => Reading::Version,
            Self::Number(_) => Reading::Number,
            Self::Time(_) => Reading::Time,
            Self::List(L::ListContains | L::HashedListContains) => Reading::List,
        }
    }
}

impl Relation {
    pub(crate) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
