//! The states that the panel can be in, one after another, for those who look at all of them: the pictures and axe.

mod before_leaving;
mod by_policy;
mod editing;
mod kept;
mod known;

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    client::File,
    eventually,
    host_page::{HostPage, embedding_html},
    product::Product,
    relay::Relay,
    service::{SITE, Setup},
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::json;

use crate::files::on_disk;

/// In place of a worker: what it says when it is asked to work.
const WORKER: &str = "window.Worker = class {
      postMessage() { setTimeout(() => this.onmessage({ data: 42 }), 20) }
      terminate() {}
    };";

/// Whether a person looks at a large screen or at a phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Device {
    /// A mouse, and room beside the panel.
    Desktop,
    /// A finger, and the panel fills the screen.
    Phone,
}

impl Device {
    /// For names of files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
        }
    }

    /// Width and height in CSS pixels.
    pub const fn size(self) -> (u32, u32) {
        match self {
            Self::Desktop => (900, 800),
            Self::Phone => (390, 780),
        }
    }

    /// Sets the screen of the browser.
    pub async fn show(self, session: &Session) -> Result<()> {
        let (width, height) = self.size();
        let is_phone = self == Self::Phone;
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        session
            .devtools("Emulation.setDeviceMetricsOverride", screen)
            .await?;
        let touch = json!({ "enabled": is_phone, "maxTouchPoints": 1 });
        session
            .devtools("Emulation.setTouchEmulationEnabled", touch)
            .await?;
        Ok(())
    }
}

/// What the system asks pages for.
pub async fn prefer(session: &Session, features: &[(&str, &str)]) -> Result<()> {
    let features: Vec<_> = features
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    session
        .devtools(
            "Emulation.setEmulatedMedia",
            json!({ "media": "", "features": features }),
        )
        .await?;
    Ok(())
}

/// A page that embeds the panel, on another origin of the same site: so the frame is in the page's process, where what the browser emulates
/// reaches it.
pub struct Stage {
    relay: Relay,
    service: Service,
    page: String,
    locale: &'static str,
    host: HostPage,
    product: Product,
}

impl Stage {
    /// With the panel in a language.
    pub async fn set(locale: &'static str) -> Self {
        Self::with(locale, Setup::new(Database::Sqlite)).await
    }

    /// With a service of one's own.
    pub async fn with(locale: &'static str, setup: Setup) -> Self {
        let (host, relay) = (HostPage::bind().await, Relay::bind().await);
        let origin = host.origin().replace("localhost", "127.0.0.1");
        let setup = setup.reached_at(&relay.origin()).allow_only(&origin);
        let product = Product::new(known::SITE);
        let service = Service::start_with(
            setup
                .section("[limits]\nattachment_bytes = 1048576")
                .section(&by_policy::site(&origin))
                .section(&kept::site(&origin))
                .section(&known::site(&origin, &product)),
        )
        .await;
        relay.pass_to(&service.origin());
        let stage = Self {
            relay,
            service,
            page: format!("{origin}/"),
            locale,
            host,
            product,
        };
        stage.show("/", &stage.embedding(SITE, "data-drafts=\"off\""));
        stage
    }

    /// A page that embeds the form of a site with these attributes.
    fn embedding(&self, site: &str, attributes: &str) -> String {
        let attributes = format!("{attributes} data-locale=\"{}\" data-site", self.locale);
        embedding_html(&self.relay.origin(), site)
            .replace("<body>", "<body><main>")
            .replace("<script", "</main><script")
            .replace("data-site", &attributes)
            .replace(
                "</head>",
                "<style>:root { color-scheme: light dark }</style></head>",
            )
    }

    /// The address of the page.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// Shows another page on the same origin, and returns its address.
    pub fn show(&self, path: &str, html: &str) -> String {
        self.host
            .show(path, html, "")
            .replace("localhost", "127.0.0.1")
    }

    /// The address of the form as a page.
    pub fn help_page(&self) -> String {
        format!("{}/help/{SITE}?locale={}", self.relay.origin(), self.locale)
    }

    /// Between the browser and the service.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Opens the panel and waits until it has taken the form over.
    pub async fn open(&self, session: &Session) -> Result<()> {
        self.open_at(session, &self.page).await
    }

    /// The same on another page.
    async fn open_at(&self, session: &Session, page: &str) -> Result<()> {
        session.goto(page).await?;
        widget::launcher(session).await?;
        self.open_here(session).await
    }

    async fn open_here(&self, session: &Session) -> Result<()> {
        widget::open(session).await?;
        session.find("#send[aria-disabled]").await?;
        // Only when the form has the focus is the opening over.
        eventually(APPEARANCE, "the focus to be in the form", async || {
            let focused = session.focused().await.ok()?;
            (focused.attribute("id").await.ok()?.as_deref() == Some("summary")).then_some(())
        })
        .await;
        Ok(())
    }

    /// Goes through all states and shows each to `look`, with its name, in the frame or page that it is in.
    pub async fn walk(
        &self,
        session: &Session,
        mut look: impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        session.goto(&self.page).await?;
        widget::launcher(session).await?;
        look(session, "closed").await?;
        self.open_here(session).await?;
        look(session, "empty").await?;
        press_send(session).await?;
        session.find("#error-summary a").await?;
        look(session, "errors").await?;
        self.walk_files(session, &mut look).await?;
        self.walk_what_goes_along(session, &mut look).await?;
        self.walk_kept(session, &mut look).await?;
        self.walk_known(session, &mut look).await?;
        self.walk_policy(session, &mut look).await?;
        self.walk_editing(session, &mut look).await?;
        self.walk_troubles(session, &mut look).await?;
        self.walk_sending(session, &mut look).await?;
        self.walk_page(session, &mut look).await
    }

    async fn walk_files(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        self.open(session).await?;
        widget::fill(session, A_REQUEST).await?;
        let summary = widget::field(session, "summary").await?;
        summary.clear().await?;
        summary
            .type_text(&"Totals are twice. ".repeat(11)[..195])
            .await?;
        session.find("#summary-count:not(:empty)").await?;
        look(session, "typing").await?;
        summary.clear().await?;
        summary.type_text(A_REQUEST.summary).await?;
        let done = File::text("steps.txt", "1. open");
        widget::attach(session, &[&on_disk(&done)]).await?;
        session.find("li.file[data-state=done]").await?;
        let release = self.relay.hold("/uploads");
        let running = File::binary("recording of the screen.mov", 900_000, 1);
        let too_large = File::binary("log of the export that fails every night.txt", 1_048_577, 1);
        widget::attach(session, &[&on_disk(&too_large), &on_disk(&running)]).await?;
        session.find("li.file[data-state=failed]").await?;
        session
            .find("li.file[data-state=running], li.file[data-state=queued]")
            .await?;
        look(session, "files").await?;
        // By script: each step of an upload may make the button anew.
        let act = "document.querySelector('li.file .file__act').click()";
        session.find("li.file .file__act").await?;
        session.run(act, &[]).await?;
        session.find("li.file[data-state=paused]").await?;
        let to_sight = "document.querySelector('#files').scrollIntoView({ block: 'end' })";
        session.run(to_sight, &[]).await?;
        look(session, "paused").await?;
        session.run(act, &[]).await?;
        session
            .find("li.file[data-state=running], li.file[data-state=queued]")
            .await?;
        let to_top = "document.querySelector('.form__body').scrollTo(0, 0)";
        session.run(to_top, &[]).await?;
        press_send(session).await?;
        session.find("#send-status .notice button").await?;
        look(session, "waiting-for-files").await?;
        press_cancel(session).await?;
        look(session, "cancelled").await?;
        release.send(true)?;
        Ok(())
    }

    async fn walk_troubles(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        self.open_again(session).await?;
        session.run(WORKER, &[]).await?;
        self.relay
            .answer_instead("/tickets", 428, "proof-of-work-required", None);
        press_send(session).await?;
        session.find("#send-status progress").await?;
        look(session, "proving").await?;
        press_cancel(session).await?;
        let cannot_work = WORKER.replace("42", "null");
        session.run(&cannot_work, &[]).await?;
        press_send(session).await?;
        session.find("#send-status .notice--waits").await?;
        look(session, "cannot-prove").await?;
        self.relay
            .answer_instead("/tickets", 503, "too-busy", Some(3_600));
        press_send(session).await?;
        session
            .find("#send-status .notice__next:not(:empty)")
            .await?;
        look(session, "retrying").await?;
        self.open_again(session).await?;
        self.relay
            .answer_instead("/tickets", 403, "origin-not-allowed", None);
        press_send(session).await?;
        session.find("#send-status .notice--problem").await?;
        look(session, "refused").await?;
        self.relay.step_aside();
        Ok(())
    }

    async fn walk_sending(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        self.open_again(session).await?;
        let release = self.relay.hold("/tickets");
        press_send(session).await?;
        session.find("#send[aria-disabled=true]").await?;
        look(session, "sending").await?;
        release.send(true)?;
        widget::receipt(session).await?;
        session.find("#receipt-actions button").await?;
        look(session, "sent").await?;
        Ok(())
    }

    async fn walk_page(
        &self,
        session: &Session,
        look: &mut impl AsyncFnMut(&Session, &'static str) -> Result<()>,
    ) -> Result<()> {
        session.goto(&self.help_page()).await?;
        session.find("#send[aria-disabled]").await?;
        session.find(".page-context > summary").await?;
        look(session, "page").await?;
        // Each document comes without scripts; afterwards they may run again, for those who look.
        scripts(session, false).await?;
        session.goto(&self.help_page()).await?;
        scripts(session, true).await?;
        look(session, "page-without-javascript").await?;
        scripts(session, false).await?;
        press_send(session).await?;
        session.find("#error-summary a").await?;
        scripts(session, true).await?;
        look(session, "page-errors").await?;
        scripts(session, false).await?;
        widget::fill(session, A_REQUEST).await?;
        press_send(session).await?;
        session.find("[data-reference]").await?;
        scripts(session, true).await?;
        look(session, "page-sent").await?;
        Ok(())
    }

    /// A filled form in a new document.
    async fn open_again(&self, session: &Session) -> Result<()> {
        self.open(session).await?;
        for (name, text) in [
            ("summary", A_REQUEST.summary),
            ("description", A_REQUEST.description),
            ("email", A_REQUEST.email),
        ] {
            let field = widget::field(session, name).await?;
            // A draft may have filled it already.
            field.clear().await?;
            field.type_text(text).await?;
        }
        Ok(())
    }
}

async fn scripts(session: &Session, run: bool) -> Result<()> {
    let off = json!({ "value": !run });
    session
        .devtools("Emulation.setScriptExecutionDisabled", off)
        .await?;
    Ok(())
}

async fn press_send(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await?;
    leave_alone(session).await
}

/// Presses the button in the notice, which takes Send back.
async fn press_cancel(session: &Session) -> Result<()> {
    let cancel = session.find("#send-status .notice button").await?;
    cancel.click().await?;
    session.find("#send[aria-disabled=false]").await?;
    Ok(())
}

/// Takes the pointer to where nothing changes under it. What was pressed may lead to another document meanwhile.
async fn leave_alone(session: &Session) -> Result<()> {
    session.find(".panel__site").await?.hover().await.ok();
    Ok(())
}

/// Presses Tab.
pub async fn tab(session: &Session) -> Result<()> {
    session.press(&key::TAB.to_string()).await
}
