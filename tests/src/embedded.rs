//! A host's page that embeds the widget of a service that lets in nobody else.

use crate::{
    Service,
    host_page::HostPage,
    relay::Relay,
    service::{SITE, Setup},
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
