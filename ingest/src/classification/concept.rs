//! What a request may be about, whatever the categories of a policy are called. Pure.

/// Something that people write to support about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concept {
    /// The product, or a large part of it, cannot be used.
    Outage,
    /// Confidential or private data can be seen by the wrong people.
    Breach,
    /// Data is gone.
    DataLoss,
    /// It works, but slowly or only at times.
    Degraded,
    /// It does something wrong.
    Defect,
    /// A small nuisance.
    Minor,
    /// Somebody cannot get in.
    Login,
    /// Invoices, payments, the account as a contract.
    Billing,
    /// How something is done.
    HowTo,
    /// Something that is not there yet.
    Wish,
    /// A question that is about neither of these.
    Question,
    /// Buying.
    Commercial,
    /// Many people are concerned; says nothing alone.
    Scope,
    /// The sender is in a hurry; says nothing alone.
    Urgent,
}

/// How far up the list of a policy's priorities something belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The most urgent one.
    Top,
    /// Between the two.
    Middle,
    /// The least urgent one.
    Low,
    /// None, unless the policy's own words say so (rule T-5).
    Unranked,
}

impl Concept {
    /// Every concept.
    pub const ALL: [Self; 14] = [
        Self::Outage,
        Self::Breach,
        Self::DataLoss,
        Self::Degraded,
        Self::Defect,
        Self::Minor,
        Self::Login,
        Self::Billing,
        Self::HowTo,
        Self::Wish,
        Self::Question,
        Self::Commercial,
        Self::Scope,
        Self::Urgent,
    ];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name under which decisions about it are counted.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Breach => "breach",
            Self::DataLoss => "data_loss",
            Self::Degraded => "degraded",
            Self::Defect => "defect",
            Self::Minor => "minor",
            Self::Login => "login",
            Self::Billing => "billing",
            Self::HowTo => "how_to",
            Self::Wish => "wish",
            Self::Question => "question",
            Self::Commercial => "commercial",
            Self::Scope => "scope",
            Self::Urgent => "urgent",
        }
    }

    /// Where it belongs when the policy's own words say nothing of it.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Outage | Self::Breach | Self::DataLoss | Self::Scope | Self::Urgent => {
                Severity::Top
            }
            Self::Degraded | Self::Defect => Severity::Middle,
            Self::Minor | Self::Login | Self::HowTo => Severity::Low,
            Self::Billing | Self::Wish | Self::Question | Self::Commercial => Severity::Unranked,
        }
    }

    /// Whether it only strengthens what something else says.
    #[must_use]
    pub const fn is_modifier(self) -> bool {
        matches!(self, Self::Scope | Self::Urgent)
    }
}
