//! How many bytes the files of one site may take up. Pure.

use std::collections::HashMap;

use crate::site::{Site, SiteConfig};

/// The quotas of an installation.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    per_site_bytes: u64,
}

impl Quotas {
    /// `per_site_bytes` for a site that says nothing else; 0 is no quota (`storage.quota_bytes_per_site`).
    #[must_use]
    pub const fn new(per_site_bytes: u64) -> Self {
        Self { per_site_bytes }
    }

    /// Most bytes that the files of this site may take up; nothing when there is no quota.
    #[must_use]
    pub fn of(self, site: &Site) -> Option<u64> {
        self.most_bytes(site.quota_bytes)
    }

    /// The same for a site whose own quota is `own`.
    #[must_use]
    pub fn most_bytes(self, own: Option<u64>) -> Option<u64> {
        Some(own.unwrap_or(self.per_site_bytes)).filter(|bytes| *bytes > 0)
    }
}

/// What the files of a site take up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The site's key.
    pub site: String,
    /// What they take up, in bytes.
    pub used_bytes: u64,
    /// The most that they may; nothing when there is no quota.
    pub most_bytes: Option<u64>,
}

impl Usage {
    /// Of each of `sites`, in their order, when `used` says by key what their files take up.
    #[must_use]
    pub fn of_sites<'a>(
        sites: impl IntoIterator<Item = &'a SiteConfig>,
        used: &HashMap<String, u64>,
        quotas: Quotas,
    ) -> Vec<Self> {
        let usage = |site: &SiteConfig| Self {
            site: site.key.clone(),
            used_bytes: used.get(&site.key).copied().unwrap_or(0),
            most_bytes: quotas.most_bytes(site.quota_bytes),
        };
        sites.into_iter().map(usage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Quotas;

    #[test]
    fn what_a_site_says_itself_counts() {
        for (per_site, own, most) in [
            (10, None, Some(10)),
            (10, Some(5), Some(5)),
            (10, Some(50), Some(50)),
            (10, Some(0), None),
            (0, None, None),
            (0, Some(5), Some(5)),
        ] {
            assert_eq!(
                Quotas::new(per_site).most_bytes(own),
                most,
                "{per_site} {own:?}"
            );
        }
    }
}
