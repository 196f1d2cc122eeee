//! The 36 comparators of user conditions.

/// How a user condition compares (<https://configcat.com/docs/targeting/targeting-rule/user-condition/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparator {
    pub(crate) operation: Operation,
    pub(crate) negated: bool,
}

/// What is compared, with negation apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Equals,
    OneOf,
    Contains,
    Slice(End),
    ListContains,
    HashedEquals,
    HashedOneOf,
    HashedSlice(End),
    HashedListContains,
    VersionOneOf,
    Version(Relation),
    Number(Relation),
    Time(Relation),
}

/// The end of the text that STARTS WITH and ENDS WITH look at.
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

/// How an operation reads the user's attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    String,
    Version,
    Number,
    Time,
    List,
}

impl Operation {
    /// Whether the comparison value is a list of texts.
    pub(crate) fn takes_list(self) -> bool {
        match self {
            Self::OneOf
            | Self::Contains
            | Self::Slice(_)
            | Self::ListContains
            | Self::HashedOneOf
            | Self::HashedSlice(_)
            | Self::HashedListContains
            | Self::VersionOneOf => true,
            Self::Equals | Self::HashedEquals | Self::Version(_) | Self::Number(_) | Self::Time(_) => false,
        }
    }
}

impl Comparator {
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        use {Operation as O, Relation as R};
        let (operation, negated) = match code {
            0 | 1 => (O::OneOf, code == 1),
            2 | 3 => (O::Contains, code == 3),
            4 | 5 => (O::VersionOneOf, code == 5),
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
            16 | 17 => (O::HashedOneOf, code == 17),
            18 => (O::Time(R::Less), false),
            19 => (O::Time(R::Greater), false),
            20 | 21 => (O::HashedEquals, code == 21),
            22 | 23 => (O::HashedSlice(End::Start), code == 23),
            24 | 25 => (O::HashedSlice(End::End), code == 25),
            26 | 27 => (O::HashedListContains, code == 27),
            28 | 29 => (O::Equals, code == 29),
            30 | 31 => (O::Slice(End::Start), code == 31),
            32 | 33 => (O::Slice(End::End), code == 33),
            34 | 35 => (O::ListContains, code == 35),
            _ => return None,
        };
        Some(Self { operation, negated })
    }

    /// The name on the dashboard and in the evaluation log.
    pub(crate) fn name(self) -> &'static str {
        use {Operation as O, Relation as R};
        match (self.operation, self.negated) {
            (O::OneOf | O::HashedOneOf | O::VersionOneOf, false) => "IS ONE OF",
            (O::OneOf | O::HashedOneOf | O::VersionOneOf, true) => "IS NOT ONE OF",
            (O::Contains, false) => "CONTAINS ANY OF",
            (O::Contains, true) => "NOT CONTAINS ANY OF",
            (O::Equals | O::HashedEquals, false) => "EQUALS",
            (O::Equals | O::HashedEquals, true) => "NOT EQUALS",
            (O::Slice(End::Start) | O::HashedSlice(End::Start), false) => "STARTS WITH ANY OF",
            (O::Slice(End::Start) | O::HashedSlice(End::Start), true) => "NOT STARTS WITH ANY OF",
            (O::Slice(End::End) | O::HashedSlice(End::End), false) => "ENDS WITH ANY OF",
            (O::Slice(End::End) | O::HashedSlice(End::End), true) => "NOT ENDS WITH ANY OF",
            (O::ListContains | O::HashedListContains, false) => "ARRAY CONTAINS ANY OF",
            (O::ListContains | O::HashedListContains, true) => "ARRAY NOT CONTAINS ANY OF",
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
    pub(crate) fn reading(self) -> Reading {
        match self {
            Self::Equals
            | Self::OneOf
            | Self::Contains
            | Self::Slice(_)
            | Self::HashedEquals
            | Self::HashedOneOf
            | Self::HashedSlice(_) => Reading::String,
            Self::VersionOneOf | Self::Version(_) => Reading::Version,
            Self::Number(_) => Reading::Number,
            Self::Time(_) => Reading::Time,
            Self::ListContains | Self::HashedListContains => Reading::List,
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
