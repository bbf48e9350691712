//! What makes a configuration unusable; all of it is said at once.

use std::collections::HashSet;

use super::{Config, Incoming, Server, Storage};
use crate::{
    destination,
    mail::{
        incoming::{imap, lmtp},
        permission::Mode,
    },
    origin::AllowedOrigin,
    site::{Site, shared_address},
};

impl Config {
    /// Every fault, with the key it is at.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |good: bool, fault: &str| {
            if !good {
                faults.push(fault.to_owned());
            }
        };
        expect(
            self.database.synchronous == "full",
            "database.synchronous: only \"full\" is safe; with anything else a power cut loses tickets that were already acknowledged",
        );
        let url = self.database.url.reveal();
        expect(
            url.is_empty()
                || ["sqlite:", "postgres:", "postgresql:"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme)),
            "database.url: begins with \"sqlite:\" or \"postgres:\"",
        );
        expect(
            self.database.max_connections > 0,
            "database.max_connections: at least 1",
        );
        expect(
            ["smtp", "file"].contains(&self.mail.transport.as_str()),
            "mail.transport: \"smtp\" to send acknowledgements, or \"file\" to write them to a folder",
        );
        expect(
            self.mail.transport != "smtp" || !self.mail.smtp_url.reveal().is_empty(),
            "mail.smtp_url: needed with mail.transport = \"smtp\"",
        );
        for (key, address) in [
            ("mail.from", &self.mail.from),
            ("mail.reply_to", &self.mail.reply_to),
            ("mail.bounce_address", &self.mail.bounce_address),
            ("mail.reply_address", &self.mail.reply_address),
        ] {
            let may_be_empty = key != "mail.from";
            expect(
                (may_be_empty && address.is_empty()) || crate::mail::is_mailbox(address),
                &format!("{key}: an address such as \"Support <support@example.com>\""),
            );
        }
        let bounce_address = crate::mail::bounce_address(self);
        expect(
            !self.mail.verp || bounce_address.is_some(),
            "mail.verp: needs mail.bounce_address, to which the token is added",
        );
        expect(
            !self.mail.verp
                || bounce_address
                    .is_none_or(|address| crate::mail::verp::is_short_enough(&address)),
            "mail.bounce_address: no room for the token of mail.verp; 38 characters before the @ at most",
        );
        expect(
            crate::mail::reply_address(self)
                .is_none_or(|address| crate::mail::verp::is_short_enough(&address)),
            "mail.reply_address: no room for the token; 38 characters before the @ at most",
        );
        let has_address = !self.mail.reply_address.is_empty()
            || (self.sites.iter()).any(|site| !site.mail_addresses.is_empty());
        self.mail.incoming.faults(has_address, &mut expect);
        if let Some(address) = shared_address(&self.sites) {
            let fault = format!("sites, mail_addresses: more than one site has {address}");
            expect(false, &fault);
        }
        expect(
            !self.bounces_go_to_a_site(),
            "sites, mail_addresses: what comes to mail.bounce_address is no request",
        );
        let public_url = self.server.public_url.trim_end_matches('/');
        let is_origin = matches!(
            AllowedOrigin::parse(public_url),
            Ok(AllowedOrigin::Exact(_))
        );
        expect(
            public_url.is_empty() || is_origin,
            "server.public_url: scheme, host and port only, such as \"https://help.example.com\"",
        );
        expect(
            url.is_empty() || crate::store::is_address(url),
            "database.url: cannot be read as the address of a database",
        );
        let smtp_url = self.mail.smtp_url.reveal();
        let is_smtp = self.mail.transport == "smtp";
        expect(
            !is_smtp || smtp_url.is_empty() || crate::mail::is_smtp_address(smtp_url),
            "mail.smtp_url: an address such as smtp://host:25 or smtp://user:password@host:587?tls=required",
        );
        expect(
            !crate::mail::sends_password_in_plain(smtp_url),
            "mail.smtp_url: the password would travel unencrypted; add ?tls=required, or write smtps://",
        );
        expect(
            !is_smtp || !self.mail.from.contains("@localhost"),
            "mail.from: needed with mail.transport = \"smtp\"; nobody can answer support@localhost",
        );
        for (key, number) in [
            (
                "abuse.attack_submissions_per_minute",
                u64::from(self.abuse.attack_submissions_per_minute),
            ),
            ("uploads.expire_hours", u64::from(self.uploads.expire_hours)),
            ("desk.session_hours", u64::from(self.desk.session_hours)),
            (
                "desk.session_most_days",
                u64::from(self.desk.session_most_days),
            ),
            ("status.link_days", u64::from(self.status.link_days)),
            (
                "acknowledge.objection_days",
                u64::from(self.acknowledge.objection_days),
            ),
            ("outbox.poll_ms", self.outbox.poll_ms),
            ("outbox.backoff_base_ms", self.outbox.backoff_base_ms),
            ("mail.timeout_ms", self.mail.timeout_ms),
            ("forwarding.log_days", u64::from(self.forwarding.log_days)),
            ("limits.summary_chars", u64::from(self.limits.summary_chars)),
            (
                "limits.description_chars",
                u64::from(self.limits.description_chars),
            ),
            ("limits.email_chars", u64::from(self.limits.email_chars)),
        ] {
            expect(number > 0, &format!("{key}: at least 1"));
        }
        expect(
            self.policies
                .warn_percent
                .iter()
                .all(|percent| (1..100).contains(percent)),
            "policies.warn_percent: from 1 to 99",
        );
        expect(
            crate::telemetry::is_filter(&self.log.level),
            "log.level: error, warn, info, debug, trace, or a filter such as info,cornerdesk_ingest=debug",
        );
        self.server.faults(&mut expect);
        self.desk.oidc.faults(public_url, &mut expect);
        expect(
            self.clamav.address.is_empty()
                || (self.clamav.timeout_ms > 0
                    && self.clamav.timeout_ms < self.outbox.attempt_most_ms),
            "clamav.timeout_ms: at least 1, and less than outbox.attempt_most_ms",
        );
        expect(
            self.clamav.address.is_empty()
                || self.clamav.address.starts_with('/')
                || self.clamav.address.contains(':'),
            "clamav.address: host and port such as \"127.0.0.1:3310\", or the path of a socket",
        );
        self.storage
            .faults(self.limits.attachment_bytes, &mut expect);
        expect(self.outbox.workers > 0, "outbox.workers: at least 1");
        expect(
            self.outbox.file_workers > 0,
            "outbox.file_workers: at least 1",
        );
        expect(
            self.forwarding.workers > 0,
            "forwarding.workers: at least 1",
        );
        expect(self.notify.per_hour > 0, "notify.per_hour: at least 1");
        expect(
            self.outbox.clock_workers > 0,
            "outbox.clock_workers: at least 1",
        );
        expect(
            self.outbox.attempt_most_ms > self.mail.timeout_ms.saturating_mul(2),
            "outbox.attempt_most_ms: more than twice mail.timeout_ms, or a slow mail server gets one mail again and again",
        );
        expect(
            self.outbox.lease_ms >= 1000,
            "outbox.lease_ms: at least 1000; it is renewed three times while it lasts",
        );
        expect(
            self.server.drain_ms <= 30_000,
            "server.drain_ms: 30000 at most",
        );
        expect(
            ["text", "json"].contains(&self.log.format.as_str()),
            "log.format: \"text\" or \"json\"",
        );
        expect(
            self.limits.attachment_bytes <= self.limits.request_bytes,
            "limits.request_bytes: at least limits.attachment_bytes",
        );
        for fault in destination::faults(&self.destinations) {
            expect(false, &fault);
        }
        let mut keys = HashSet::new();
        for site in &self.sites {
            expect(
                keys.insert(&site.key),
                &format!("sites: the key \"{}\" stands twice", site.key),
            );
            expect(
                site.acknowledge != Mode::ConfirmFirst || !public_url.is_empty(),
                &format!(
                    "sites, \"{}\": acknowledge = \"confirm-first\" needs server.public_url, where the link in the mail leads",
                    site.key
                ),
            );
            if let Err(site_faults) = Site::parse(site) {
                for fault in site_faults {
                    expect(false, &format!("sites, \"{}\": {fault}", site.key));
                }
            }
        }
        faults
    }
}

impl Config {
    fn bounces_go_to_a_site(&self) -> bool {
        let Some(address) = crate::mail::bounce_address(self) else {
            return false;
        };
        let mut all = self.sites.iter().flat_map(|site| &site.mail_addresses);
        all.any(|one| one.trim().eq_ignore_ascii_case(address.as_ref()))
    }
}

impl Incoming {
    fn faults(&self, has_address: bool, expect: &mut impl FnMut(bool, &str)) {
        let ways = [
            self.lmtp.as_str(),
            self.imap_url.reveal(),
            self.webhook_password.reveal(),
            self.mailgun_signing_key.reveal(),
        ];
        expect(
            has_address || ways.iter().all(|way| way.is_empty()),
            "mail.incoming: needs mail.reply_address, to which people answer, or mail_addresses of a site",
        );
        expect(
            self.lmtp.is_empty() || lmtp::Place::parse(&self.lmtp).is_some(),
            "mail.incoming.lmtp: \"127.0.0.1:2424\", or \"unix:\" and the path of a socket",
        );
        let imap_url = self.imap_url.reveal();
        expect(
            imap_url.is_empty() || imap::ImapAddress::parse(imap_url).is_some(),
            "mail.incoming.imap_url: \"imaps://user:password@host\"; without encryption only on this machine, \"imap://user:password@127.0.0.1\"",
        );
        let password = self.webhook_password.reveal();
        expect(
            password.is_empty() || password.len() >= 32,
            "mail.incoming.webhook_password: 32 characters or more, such as from `openssl rand -hex 32`",
        );
        expect(
            self.imap_poll_ms >= 1_000,
            "mail.incoming.imap_poll_ms: at least 1000",
        );
    }
}

impl Server {
    fn faults(&self, expect: &mut impl FnMut(bool, &str)) {
        expect(
            self.connections_per_address > 0,
            "server.connections_per_address: at least 1",
        );
        expect(
            self.connections >= self.connections_per_address,
            "server.connections: at least server.connections_per_address",
        );
        for (key, number) in [
            ("first_byte_ms", self.first_byte_ms),
            ("head_ms", self.head_ms),
            ("keep_alive_ms", self.keep_alive_ms),
            ("body_idle_ms", self.body_idle_ms),
            (
                "body_least_bytes_per_second",
                self.body_least_bytes_per_second,
            ),
            ("request_most_ms", self.request_most_ms),
        ] {
            expect(number > 0, &format!("server.{key}: at least 1"));
        }
    }
}

impl Storage {
    fn faults(&self, attachment_bytes: u64, expect: &mut impl FnMut(bool, &str)) {
        expect(
            self.blobs_url.is_empty() || crate::blobs::s3::place(&self.blobs_url).is_some(),
            "storage.blobs_url: \"\" for the data folder, or \"s3://bucket/prefix\"",
        );
        expect(
            self.s3_endpoint.is_empty()
                || ["http://", "https://"]
                    .iter()
                    .any(|scheme| self.s3_endpoint.starts_with(scheme)),
            "storage.s3_endpoint: begins with \"https://\" or \"http://\"",
        );
        expect(
            self.s3_access_key_id.reveal().is_empty()
                == self.s3_secret_access_key.reveal().is_empty(),
            "storage.s3_access_key_id and storage.s3_secret_access_key: both or neither",
        );
        expect(
            self.spool_bytes >= attachment_bytes,
            "storage.spool_bytes: at least limits.attachment_bytes",
        );
    }
}
