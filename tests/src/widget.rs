//! The widget as a person meets it: the launcher on the host page, the form in its frame, the receipt.

use anyhow::{Context, Result, ensure};

use crate::{
    eventually,
    webdriver::{APPEARANCE, Element, Session},
};

/// The element that holds everything of ours in a host page.
pub const HOST_ELEMENT: &str = "cornerdesk-widget";

/// What a person writes.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// One line.
    pub summary: &'a str,
    /// More.
    pub description: &'a str,
    /// Where to answer.
    pub email: &'a str,
}

/// A request as a customer of Acme would write it.
pub const A_REQUEST: Request<'static> = Request {
    summary: "Totals are counted twice",
    description: "Since this morning every invoice shows twice its total.",
    email: "grace@customer.example",
};

/// The launcher in the host page.
pub async fn launcher(session: &Session) -> Result<Element> {
    let host = session.find(HOST_ELEMENT).await?;
    host.shadow_root().await?.find("button").await
}

/// Clicks the launcher and looks into the panel's frame.
pub async fn open(session: &Session) -> Result<()> {
    launcher(session).await?.click().await?;
    enter_panel(session).await
}

/// Looks into the panel's frame and waits for its form.
pub async fn enter_panel(session: &Session) -> Result<()> {
    eventually(APPEARANCE, "the form to be visible", async || {
        // Another document, after a shutdown say, may take the place of the one that is looked at.
        enter_frame(session).await.ok()?;
        let summary = session.find("[name=summary]").await.ok()?;
        summary.is_displayed().await.ok()?.then_some(())
    })
    .await;
    Ok(())
}

/// Looks into the panel's frame, whatever it shows.
pub async fn enter_frame(session: &Session) -> Result<()> {
    session.enter_page().await?;
    let host = session.find(HOST_ELEMENT).await?;
    let frame = host.shadow_root().await?.find("dialog iframe").await?;
    frame.enter().await
}

/// Fills the three fields of the form in the current frame or page.
pub async fn fill(session: &Session, request: Request<'_>) -> Result<()> {
    let fields = [
        ("summary", request.summary),
        ("description", request.description),
        ("email", request.email),
    ];
    for (name, text) in fields {
        field(session, name).await?.type_text(text).await?;
    }
    Ok(())
}

/// A control of the form.
pub async fn field(session: &Session, name: &str) -> Result<Element> {
    session.find(&format!("form [name={name}]")).await
}

/// Chooses files, as the file dialog does.
pub async fn attach(session: &Session, paths: &[&std::path::Path]) -> Result<()> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
    let input = session.find("form input[type=file]").await?;
    input.type_text(&paths.join("\n")).await
}

/// The button that sends.
pub async fn send_button(session: &Session) -> Result<Element> {
    session.find("form button[type=submit]").await
}

/// Presses Send and waits for the receipt; returns its reference.
pub async fn send(session: &Session) -> Result<String> {
    send_button(session).await?.click().await?;
    receipt(session).await
}

/// The element of the host page with the focus: its id, or its name when it has none. [`HOST_ELEMENT`] when the focus is in the widget.
pub async fn focus_in_page(session: &Session) -> Result<String> {
    session.enter_page().await?;
    let script = "return document.activeElement.id || document.activeElement.localName";
    let name = session.run(script, &[]).await?;
    Ok(name.as_str().unwrap_or_default().to_owned())
}

/// The text that is visible in the current frame or page.
pub async fn visible_text(session: &Session) -> Result<String> {
    session.find("body").await?.text().await
}

/// Waits until the visible text contains what `reads` finds in it.
pub async fn wait_for_text<T>(
    session: &Session,
    what: &str,
    reads: impl Fn(&str) -> Option<T>,
) -> T {
    eventually(APPEARANCE, what, async || {
        reads(&visible_text(session).await.ok()?)
    })
    .await
}

/// Waits until the visible text says `wanted`.
pub async fn reads(session: &Session, wanted: &str) -> Result<()> {
    wait_for_text(session, wanted, |text| text.contains(wanted).then_some(())).await;
    Ok(())
}

/// Waits for the receipt and returns its reference.
pub async fn receipt(session: &Session) -> Result<String> {
    let reference = wait_for_text(session, "a receipt with a reference", find_reference).await;
    ensure!(
        reference.len() == 12,
        "a reference like CD-7K3F-92XQ, not {reference}"
    );
    Ok(reference)
}

/// Finds a reference such as `CD-7K3F-92XQ` in a text.
pub fn find_reference(text: &str) -> Option<String> {
    let looks_right = |word: &&str| {
        let mut groups = word.split('-');
        groups.next() == Some("CD")
            && groups.clone().count() == 2
            && groups.all(|group| {
                group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
    };
    // What is drawn up while a request is on its way is for nobody to see.
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| *word != "CD-0000-0000")
        .find(looks_right)
        .map(str::to_owned)
}

/// The text of a property that must be there.
pub async fn attribute(element: &Element, name: &str) -> Result<String> {
    let value = element.attribute(name).await?;
    value.with_context(|| format!("the attribute {name}"))
}
