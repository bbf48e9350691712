//! Addresses behind which a program answers, or nobody: a mail there is answered by a machine for ever, or bounces. Pure.

use super::recipient::Recipient;

/// Local parts of programs, without separators. RFC 2142 §5 and §7 and RFC 5321 §4.5.1 name the first; people read the others of RFC 2142
/// (info, support, abuse), so they are not here.
const PROGRAMS: [&str; 14] = [
    "mailerdaemon",
    "postmaster",
    "daemon",
    "maildaemon",
    "majordomo",
    "listserv",
    "mailman",
    "autoreply",
    "autoresponder",
    "autoresponse",
    "bounce",
    "bounces",
    "devnull",
    "nobody",
];
/// Local parts that begin so: "noreply-billing".
const BEGINNINGS: [&str; 4] = ["noreply", "donotreply", "noresponse", "dontreply"];
/// Commands of mailing lists (RFC 2142 §6).
const ENDINGS: [&str; 4] = ["-request", "-bounces", "-owner", "-unsubscribe"];

/// Is the address one of a program, by its name?
#[must_use]
pub fn is_role(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let local = local.trim().trim_matches('"').to_ascii_lowercase();
    let untagged = match local.split_once('+') {
        Some((local, _)) if !local.is_empty() => local,
        _ => &local,
    };
    let bare = untagged.replace(['-', '_', '.'], "");
    PROGRAMS.contains(&bare.as_str())
        || BEGINNINGS
            .iter()
            .any(|beginning| bare.starts_with(beginning))
        || ENDINGS.iter().any(|ending| untagged.ends_with(ending))
        || untagged.starts_with("owner-")
}

/// Our own addresses: what is sent there comes back to us.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses(Vec<Recipient>);

impl OwnAddresses {
    /// The addresses that we write from, or let others answer to.
    #[must_use]
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        Self(addresses.into_iter().map(Recipient::of).collect())
    }

    /// Is the address ours, in any spelling, with any tag?
    #[must_use]
    pub fn contain(&self, address: &str) -> bool {
        self.0.contains(&Recipient::of(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_names() {
        for address in [
            "MAILER-DAEMON@example.org",
            "postmaster@example.org",
            "no-reply@example.org",
            "no.reply@example.org",
            "noreply+ticket@example.org",
            "NoReply-Billing@example.org",
            "do_not_reply@example.org",
            "bounces+7k3f@example.org",
            "users-request@lists.example.org",
            "owner-users@lists.example.org",
            "\"mailer-daemon\"@example.org",
        ] {
            assert!(is_role(address), "{address}");
        }
    }

    #[test]
    fn people_are_not() {
        for address in [
            "jane@example.org",
            "info@example.org",
            "support@example.org",
            "abuse@example.org",
            "norepinephrine@example.org",
            "master@example.org",
            "bouncer@example.org",
            "request@example.org",
            "+noreply@example.org",
            "jane+noreply@example.org",
        ] {
            assert!(!is_role(address), "{address}");
        }
    }

    #[test]
    fn an_address_of_ours_is_ours_in_every_spelling() {
        let own = OwnAddresses::new(["support@example.com", "bounces@example.com"]);
        for address in [
            "Support@Example.com",
            "support+x@example.com",
            "bounces+7k3f92xq-abc@example.com",
        ] {
            assert!(own.contain(address), "{address}");
        }
        assert!(!own.contain("support@example.org"));
    }
}
