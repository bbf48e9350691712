//! A service as people come to it: by a host's page that embeds its widget and alone is let in, or by the links of its mails.

use crate::{
    Service,
    host_page::HostPage,
    relay::Relay,
    service::{SITE, Setup},
    smtp::SmtpSink,
};

/// The page and the service; the page's URL comes last.
pub async fn embedded(setup: Setup) -> (HostPage, Service, String) {
    let host = HostPage::bind().await;
    let service = Service::start_with(setup.allow_only(&host.origin())).await;
    let page = host.embed(&service.origin(), SITE);
    (host, service, page)
}

/// The same with a relay between the browser and the service.
pub async fn behind_a_relay(setup: Setup) -> (HostPage, Relay, Service, String) {
    let (host, relay) = (HostPage::bind().await, Relay::bind().await);
    let setup = setup.reached_at(&relay.origin());
    let service = Service::start_with(setup.allow_only(&host.origin())).await;
    relay.pass_to(&service.origin());
    let page = host.embed(&relay.origin(), SITE);
    (host, relay, service, page)
}

/// A service whose mails arrive, and whose links lead through a relay; no page embeds it.
pub async fn reached_by_mail(setup: Setup) -> (SmtpSink, Relay, Service) {
    let (sink, relay) = (SmtpSink::start().await, Relay::bind().await);
    let setup = setup.mail_to(&sink).reached_at(&relay.origin());
    let service = Service::start_with(setup).await;
    relay.pass_to(&service.origin());
    (sink, relay, service)
}
