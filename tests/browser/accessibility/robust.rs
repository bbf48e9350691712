//! Principle 4: what happens is told to assistive technology too.

use cornerdesk_tests::{
    browser::{Visitor, journey},
    client::File,
    eventually,
    webdriver::APPEARANCE,
    widget::{self, A_REQUEST},
};

use super::row;
use crate::{files::on_disk, states::Stage};

/// Notes every text that a live region comes to hold, in order.
const LISTEN: &str = "window.heard = [];
    for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
      new MutationObserver(() => { const text = region.textContent.replace(/\\s+/g, ' ').trim(); if (text) heard.push(region.getAttribute('role') + ': ' + text) })
        .observe(region, { childList: true, characterData: true, subtree: true });
    }
    return document.querySelectorAll('[role=status], [role=alert]').length";

row!(
    STATUS,
    what_happens_is_said_in_order_and_the_focus_stays,
    "4.1.3 Status Messages",
    "Live regions are there from the beginning, empty; mistakes, files, progress and trouble are said in them while the focus stays, the receipt \
     by the heading that gets the focus.",
    async {
        let stage = Stage::set("en").await;
        journey("live-regions", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let regions = session.run(LISTEN, &[]).await?;
            assert!(regions.as_u64() >= Some(2), "{regions}");
            widget::send_button(session).await?.click().await?;
            session.find("#error-summary a").await?;
            widget::fill(session, A_REQUEST).await?;
            widget::attach(session, &[&on_disk(&File::text("steps.txt", "1"))]).await?;
            session.find("li.file[data-state=done]").await?;
            let heard = async || -> Option<String> {
                let said = session.run("return heard.join('\\n')", &[]).await.ok()?;
                said.as_str().map(str::to_owned)
            };
            eventually(APPEARANCE, "the file to be said", async || {
                heard()
                    .await?
                    .contains("steps.txt is uploaded")
                    .then_some(())
            })
            .await;
            stage
                .relay()
                .answer_instead("/tickets", 503, "too-busy", Some(3_600));
            widget::send_button(session).await?.click().await?;
            eventually(APPEARANCE, "the trouble to be said", async || {
                heard().await?.contains("server is busy").then_some(())
            })
            .await;
            let focused = session.focused().await?.attribute("id").await?;
            assert_eq!(focused.as_deref(), Some("send"), "the focus stays");
            let said = heard().await.unwrap_or_default();
            let expected = [
                "alert: There is a problem",
                "steps.txt",
                "steps.txt is uploaded",
                "The server is busy. Your text is safe here.",
            ];
            let mut from = 0;
            for part in expected {
                let at = said[from..]
                    .find(part)
                    .unwrap_or_else(|| panic!("{part:?} in order in\n{said}"));
                from += at;
            }
            stage.relay().step_aside();
            session
                .find("#send-status .notice button")
                .await?
                .click()
                .await?;
            widget::receipt(session).await?;
            eventually(APPEARANCE, "the heading to get the focus", async || {
                let focused = session.focused().await.ok()?.attribute("id").await.ok()?;
                (focused.as_deref() == Some("receipt-title")).then_some(())
            })
            .await;
            let title = session.find("#receipt-title").await?;
            assert_eq!(title.accessible_role().await?, "heading");
            Ok(())
        })
        .await;
    }
);
