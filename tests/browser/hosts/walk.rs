//! The journey that must work on every host page, and leave the page as it was.

use anyhow::{Context, Result, bail, ensure};
use cornerdesk_tests::{
    Database, Service, ad_blocker,
    browser::{Kind, Visitor, journey_with},
    client::File,
    eventually,
    host_page::HostPage,
    service::Setup,
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST, Request},
};
use serde_json::{Value, json};

use crate::files::{on_disk, wait_until_uploaded};

/// Full of letters that pages use as shortcuts.
pub const TEXT: Request<'static> = Request {
    summary: "as sb? /help, g i k",
    description: "? / k j s as sb: gi, and ? again",
    email: A_REQUEST.email,
};

/// The field that a person finds the focus in.
const TEXT_BEGINS_AT: &str = "summary";

/// What a person does to get to the panel.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// The launcher is clicked.
    Launcher,
    /// A control of the page is clicked that opens the panel.
    Control(&'static str),
}

/// A page of `hosts/pages`, a browser, and the way into the panel.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    page: &'static str,
    visitor: Visitor,
    way: Way,
    returns_to: &'static str,
    blocked: Option<&'static str>,
}

/// A page that is being visited.
#[derive(Debug)]
pub struct Visit<'a> {
    /// The browser.
    pub session: &'a Session,
    /// Where the ticket must arrive.
    pub service: &'a Service,
    walk: Walk,
}

impl Walk {
    /// In Chromium, by the launcher.
    pub fn on(page: &'static str) -> Self {
        Self {
            page,
            visitor: Visitor::DESKTOP,
            way: Way::Launcher,
            returns_to: widget::HOST_ELEMENT,
            blocked: None,
        }
    }

    /// In another browser.
    pub fn by(self, visitor: Visitor) -> Self {
        Self { visitor, ..self }
    }

    /// By a control of the page instead of the launcher.
    pub fn through(self, control: &'static str) -> Self {
        Self {
            way: Way::Control(control),
            returns_to: control,
            ..self
        }
    }

    /// The focus is in this part of the page afterwards: the page itself takes it back there.
    pub fn returning_to(self, part: &'static str) -> Self {
        Self {
            returns_to: part,
            ..self
        }
    }

    /// With an ad blocker that refuses addresses of the service with this in them.
    pub fn blocking(self, part: &'static str) -> Self {
        Self {
            blocked: Some(part),
            ..self
        }
    }

    /// Opens the page, lets `visit` happen there, and checks that the page noticed nothing.
    pub async fn visit(self, visit: impl AsyncFnOnce(Visit<'_>) -> Result<()>) {
        let host = HostPage::bind().await;
        let setup = Setup::new(Database::Sqlite).allow_only(&host.origin());
        let service = Service::start_with(setup).await;
        host.show_files(&service.origin());
        let address = format!("{}/{}", host.origin(), self.page);
        let name = format!("host-{}-{:?}", self.page, self.visitor.browser).to_lowercase();
        let blocker = self
            .blocked
            .map(|part| ad_blocker::refusing(&format!("|{}*{part}", service.origin())));
        journey_with(&name, self.visitor, blocker.as_slice(), async |session| {
            session.goto(&address).await?;
            visit(Visit {
                session,
                service: &service,
                walk: self,
            })
            .await?;
            assert_undisturbed(session, self.visitor.browser).await
        })
        .await;
    }

    /// The whole journey, after `first` was done to the page.
    pub async fn asks_for_help_after(self, first: impl AsyncFnOnce(&Session) -> Result<()>) {
        self.visit(async |visit| {
            widget::launcher(visit.session).await?;
            first(visit.session).await?;
            visit.asks_for_help().await
        })
        .await;
    }

    /// The whole journey.
    pub async fn asks_for_help(self) {
        self.asks_for_help_after(async |_| Ok(())).await;
    }
}

impl Visit<'_> {
    /// From the page to the receipt and back.
    pub async fn asks_for_help(&self) -> Result<()> {
        self.open().await?;
        self.write().await?;
        self.send().await?;
        self.leave().await
    }

    /// Opens the panel and looks into it.
    pub async fn open(&self) -> Result<()> {
        match self.walk.way {
            Way::Launcher => widget::launcher(self.session).await?.click().await?,
            Way::Control(css) => self.session.find(css).await?.click().await?,
        }
        widget::enter_panel(self.session).await
    }

    /// Types with the keyboard, where the focus is by itself, and attaches a file.
    pub async fn write(&self) -> Result<()> {
        let fields = [
            ("summary", TEXT.summary),
            ("description", TEXT.description),
            ("email", TEXT.email),
        ];
        wait_for_focus(self.session, TEXT_BEGINS_AT).await;
        for (name, text) in fields {
            tab_to(self.session, name).await?;
            self.session.press(text).await?;
        }
        widget::attach(self.session, &[&on_disk(&a_file())]).await?;
        wait_until_uploaded(self.session, 1).await;
        Ok(())
    }

    /// Sends, and holds what arrived against what was typed.
    pub async fn send(&self) -> Result<()> {
        widget::send_button(self.session).await?.click().await?;
        let reference = widget::receipt(self.session).await?;
        let ticket = self.service.ticket(&reference);
        assert_eq!(ticket["summary"], TEXT.summary);
        assert_eq!(ticket["description"], TEXT.description);
        assert_eq!(ticket["email"], TEXT.email);
        assert_eq!(ticket["attachments"][0]["sha256"], a_file().sha256());
        assert_eq!(self.service.tickets().len(), 1);
        Ok(())
    }

    /// Closes the panel with Escape; the focus goes to where the person came from.
    pub async fn leave(&self) -> Result<()> {
        self.session.press(&key::ESCAPE.to_string()).await?;
        self.session.enter_page().await?;
        let panel = "return document.querySelector('cornerdesk-widget').shadowRoot.querySelector('dialog').checkVisibility()";
        eventually(APPEARANCE, "the panel to be closed", async || {
            (self.session.run(panel, &[]).await.ok()? == false).then_some(())
        })
        .await;
        let is_back = "return !!document.activeElement.closest(arguments[0])";
        let part = self.walk.returns_to;
        let is_back = self.session.run(is_back, &[json!(part)]).await?;
        ensure!(is_back == true, "the focus did not go back to {part}");
        Ok(())
    }
}

fn a_file() -> File {
    File::text("steps – März.txt", "1. open\n2. look")
}

async fn focused(session: &Session) -> Result<String> {
    let name = session.focused().await?.attribute("name").await?;
    Ok(name.unwrap_or_default())
}

/// Presses Tab until the control `name` has the focus.
async fn tab_to(session: &Session, name: &str) -> Result<()> {
    for _ in 0..12 {
        if focused(session).await? == name {
            return Ok(());
        }
        session.press(&key::TAB.to_string()).await?;
    }
    bail!("Tab never came to {name}")
}

async fn wait_for_focus(session: &Session, name: &str) {
    let what = format!("the focus to be in {name}");
    eventually(APPEARANCE, &what, async || {
        (focused(session).await.ok()? == name).then_some(())
    })
    .await;
}

/// Nothing on the console, no shortcut of the page, and whatever the page itself says is still so.
pub async fn assert_undisturbed(session: &Session, browser: Kind) -> Result<()> {
    session.enter_page().await?;
    for list in ["observed", "heard", "disturbed()"] {
        assert_eq!(noticed(session, list).await?, json!([]), "{list}");
    }
    // Chromium tells what scripts cannot hear, too.
    if browser == Kind::Chromium {
        let console = session.console().await?;
        ensure!(console.is_empty(), "{console:#?}");
    }
    Ok(())
}

/// A list that the page keeps, see `observe.js`.
pub async fn noticed(session: &Session, list: &str) -> Result<Value> {
    let value = session.run(&format!("return window.{list}"), &[]).await;
    value.with_context(|| format!("the page's {list}"))
}
