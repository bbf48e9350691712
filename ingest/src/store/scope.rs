//! Whose rows a transaction may meet: PostgreSQL is told with the statement that begins it (`migrations/postgres/0009_one_site_at_a_time.sql`).

/// Whose rows a transaction may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// One site's, and what belongs to no site.
    Site(&'a str),
    /// Everybody's: for staff, for jobs that are taken, for what runs at start.
    Installation,
}

impl Scope<'_> {
    /// Statements that begin a transaction with `begin`, and tell the server in the same message.
    pub(super) fn begin(self, begin: &str) -> String {
        let site = match self {
            Self::Site(site) => quoted(site),
            Self::Installation => "'*'".to_owned(),
        };
        format!("{begin}; set local cornerdesk.site = {site}")
    }
}

/// A text as a literal. Keys of sites have letters, digits, `-` and `_` only; this does not rely on it.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|character| *character != '\0')
        .collect();
    if text == "*" {
        // No site has this key, and it must not open everything.
        return "''".to_owned();
    }
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_literal_and_never_everybody() {
        for (site, literal) in [
            ("acme", "E'acme'"),
            ("*", "''"),
            (
                "a'; drop table tickets; --",
                "E'a''; drop table tickets; --'",
            ),
            ("a\\'b", "E'a\\\\''b'"),
        ] {
            let begin = Scope::Site(site).begin("begin");
            assert_eq!(
                begin,
                format!("begin; set local cornerdesk.site = {literal}")
            );
        }
    }
}
