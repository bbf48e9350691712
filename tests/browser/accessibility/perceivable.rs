//! Principle 1: what is there can be perceived.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey},
    client::File,
    webdriver::Session,
    widget::{self, A_REQUEST, Request},
};
use serde_json::{Value, json};

use super::row;
use crate::{
    files::on_disk,
    states::{Device, Stage},
};

/// Every control that a person could reach: its selector and what is wrong with it, if something is.
const OUT_OF_REACH: &str = "return (async () => {
      const controls = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, summary, select')]
        .filter((element) => element.checkVisibility() && !element.closest('.trap') && element.tabIndex >= 0);
      const wrong = [];
      for (const control of controls) {
        control.focus();
        control.scrollIntoView({ block: 'nearest' });
        await new Promise(requestAnimationFrame);
        const { left, top, right, bottom, width, height } = control.getBoundingClientRect();
        const name = control.id || control.textContent.trim().slice(0, 20);
        if (!width || !height) wrong.push(name + ' has no size');
        if (left < 0 || right > innerWidth + 1) wrong.push(name + ' is cut off at the side: ' + left + ' to ' + right);
        const x = Math.min(Math.max(left + width / 2, 0), innerWidth - 1);
        const y = Math.min(Math.max((Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2, 0), innerHeight - 1);
        const seen = document.elementFromPoint(x, y);
        if (!seen || !(control.contains(seen) || seen.contains(control))) wrong.push(name + ' lies under ' + (seen && (seen.id || seen.className)));
      }
      if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is ' + document.documentElement.scrollWidth + ' wide in ' + innerWidth);
      return [controls.length, wrong];
    })()";

/// Everything in the current frame can be reached and nothing runs out at the side.
async fn assert_reachable(session: &Session, what: &str) -> Result<()> {
    let found = session.run(OUT_OF_REACH, &[]).await?;
    let count = found[0].as_u64().unwrap_or_default();
    assert!(count >= 6, "{what}: only {count} controls");
    assert_eq!(found[1], json!([]), "{what}");
    Ok(())
}

async fn with_errors(session: &Session) -> Result<()> {
    widget::send_button(session).await?.click().await?;
    session.find("#error-summary a").await?;
    Ok(())
}

row!(
    NAMES,
    every_control_says_its_name_and_role,
    "1.3.1 Info and Relationships, 4.1.2 Name, Role, Value",
    "Real form elements with labels; the browser computes a name and a role for each control.",
    async {
        let stage = Stage::set("en").await;
        journey("names", Visitor::DESKTOP, async |session| {
            session.goto(stage.page()).await?;
            let launcher = widget::launcher(session).await?;
            assert_eq!(launcher.accessible_name().await?, "Help");
            assert_eq!(launcher.accessible_role().await?, "button");
            assert_eq!(
                launcher.attribute("aria-expanded").await?.as_deref(),
                Some("false")
            );
            stage.open(session).await?;
            let expected = [
                ("#summary", "textbox", "Summary"),
                ("#description", "textbox", "Description"),
                ("#email", "textbox", "Email"),
                ("#send", "button", "Send"),
                ("#close", "button", "Close"),
                ("#form", "form", "Support request"),
            ];
            for (css, role, name) in expected {
                let control = session.find(css).await?;
                assert_eq!(control.accessible_role().await?, role, "{css}");
                assert_eq!(control.accessible_name().await?, name, "{css}");
            }
            let files = session.find("#attachments").await?;
            assert!(files.accessible_name().await?.contains("Choose files"));
            for control in session
                .find_all("button, a[href], input:not([type=hidden]), textarea, summary")
                .await?
            {
                if control.is_displayed().await? {
                    let name = control.accessible_name().await?;
                    assert!(
                        !name.trim().is_empty(),
                        "{:?}",
                        control.attribute("class").await?
                    );
                }
            }
            Ok(())
        })
        .await;
    }
);

row!(
    PURPOSE,
    browsers_can_fill_in_the_address,
    "1.3.5 Identify Input Purpose",
    "The field for the address has `autocomplete=\"email\"` and `type=\"email\"`.",
    async {
        let stage = Stage::set("en").await;
        journey("purpose", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let email = widget::field(session, "email").await?;
            assert_eq!(
                email.attribute("autocomplete").await?.as_deref(),
                Some("email")
            );
            assert_eq!(email.attribute("type").await?.as_deref(), Some("email"));
            Ok(())
        })
        .await;
    }
);

row!(
    COLOUR,
    a_mistake_is_not_told_by_colour_alone,
    "1.4.1 Use of Color",
    "A mistake is told in words, with a mark before them and a thicker edge; links in sentences are underlined.",
    async {
        let stage = Stage::set("en").await;
        journey("colour", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            with_errors(session).await?;
            let script = "const mark = getComputedStyle(document.querySelector('#summary-error > span'), '::before').content;
                const lines = [...document.querySelectorAll('#error-summary a')].map((a) => getComputedStyle(a).textDecorationLine);
                return [mark, [...new Set(lines)]]";
            let found = session.run(script, &[]).await?;
            assert!(found[0].as_str().is_some_and(|mark| mark.contains('!')), "{found}");
            assert_eq!(found[1], json!(["underline"]));
            Ok(())
        })
        .await;
    }
);

row!(
    LAUNCHER_CONTRAST,
    the_launcher_is_seen_on_every_page,
    "1.4.11 Non-text Contrast",
    "The launcher has a white edge and a dark one around it, so one of them differs by 3 : 1 from whatever the page has behind it; the panel's \
     colours are held by unit tests (`colour.rs`) for a table of awful site colours.",
    async {
        let stage = Stage::set("en").await;
        journey("launcher-contrast", Visitor::DESKTOP, async |session| {
            session.goto(stage.page()).await?;
            let launcher = widget::launcher(session).await?;
            let script = "const style = getComputedStyle(arguments[0]); return [style.borderTopColor, style.boxShadow, style.borderTopWidth]";
            let found = session.run(script, &[launcher.as_argument()]).await?;
            assert_eq!(found[0], "rgb(255, 255, 255)");
            let shadow = found[1].as_str().unwrap_or_default();
            assert!(shadow.contains("0px 0px 0px 1px"), "a ring around it: {shadow}");
            // The edge and its ring differ from each other on whatever is behind the ring.
            let alpha = shadow.split("0, 0, 0, ").nth(1).and_then(|rest| rest.split(')').next());
            let alpha: f64 = alpha.and_then(|number| number.parse().ok()).unwrap_or(1.0);
            for behind in 0..=255_u8 {
                let ring = f64::from(behind) * (1.0 - alpha);
                assert!(contrast(255.0, ring) >= 3.0, "on grey {behind}");
            }
            Ok(())
        })
        .await;
    }
);

/// The contrast ratio of two greys (0 to 255).
fn contrast(one: f64, two: f64) -> f64 {
    let luminance = |grey: f64| {
        let part = grey / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

row!(
    REFLOW,
    at_320_by_256_everything_is_reached_without_scrolling_sideways,
    "1.4.10 Reflow",
    "At 320 × 256 CSS pixels (400 % of a usual screen) the form scrolls in one direction and every control is reached.",
    async {
        let stage = Stage::set("en").await;
        journey("reflow", Visitor::DESKTOP, async |session| {
            let screen =
                json!({ "width": 320, "height": 256, "deviceScaleFactor": 1, "mobile": false });
            session
                .devtools("Emulation.setDeviceMetricsOverride", screen)
                .await?;
            stage.open(session).await?;
            assert_reachable(session, "empty").await?;
            with_errors(session).await?;
            assert_reachable(session, "errors").await?;
            widget::fill(session, A_REQUEST).await?;
            widget::send(session).await?;
            let widths = session
                .run(
                    "return document.documentElement.scrollWidth <= innerWidth",
                    &[],
                )
                .await?;
            assert_eq!(widths, Value::Bool(true), "receipt");
            session.goto(&stage.help_page()).await?;
            assert_reachable_without_close(session, "page").await
        })
        .await;
    }
);

async fn assert_reachable_without_close(session: &Session, what: &str) -> Result<()> {
    let found = session.run(OUT_OF_REACH, &[]).await?;
    assert_eq!(found[1], json!([]), "{what}");
    Ok(())
}

row!(
    RESIZE,
    text_at_200_percent_is_neither_cut_nor_covered,
    "1.4.4 Resize Text",
    "All sizes follow the text size of the browser; at 200 % nothing is cut off or covered.",
    async {
        let stage = Stage::set("en").await;
        journey("resize", Visitor::DESKTOP, async |session| {
            Device::Desktop.show(session).await?;
            stage.open(session).await?;
            let before = session.run("return parseFloat(getComputedStyle(document.getElementById('summary')).fontSize)", &[]).await?;
            session.run("document.documentElement.style.fontSize = '200%'", &[]).await?;
            let after = session.run("return parseFloat(getComputedStyle(document.getElementById('summary')).fontSize)", &[]).await?;
            assert!(after.as_f64() >= before.as_f64().map(|size| size * 1.99), "{before} to {after}");
            assert_reachable(session, "empty").await?;
            with_errors(session).await?;
            assert_reachable(session, "errors").await
        })
        .await;
    }
);

row!(
    SPACING,
    wider_text_is_not_cut,
    "1.4.12 Text Spacing",
    "With the line, paragraph, letter and word spacing of the criterion no text is cut and nothing runs out at the side.",
    async {
        let stage = Stage::set("de").await;
        journey("spacing", Visitor::DESKTOP, async |session| {
            Device::Phone.show(session).await?;
            stage.open(session).await?;
            with_errors(session).await?;
            let spread = "const sheet = new CSSStyleSheet();
                sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
                document.adoptedStyleSheets.push(sheet);
                return [...document.querySelectorAll('h1, h2, p, label, a, button, summary, span')]
                  .filter((e) => e.checkVisibility() && !e.closest('.seen-by-readers-only, .trap') && e.textContent.trim())
                  .filter((e) => ['hidden', 'clip'].includes(getComputedStyle(e).overflowX) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
                  .map((e) => e.className || e.id)";
            let cut = session.run(spread, &[]).await?;
            assert_eq!(cut, json!([]));
            assert_reachable(session, "spread").await
        })
        .await;
    }
);

row!(
    ORIENTATION,
    right_to_left_is_a_mirror_image,
    "1.3.2 Meaningful Sequence, right to left",
    "In Arabic the document says so, text begins at the right, the address and the reference stay left to right, and nothing runs out.",
    async {
        let stage = Stage::set("ar").await;
        journey("right-to-left", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let script = "const title = document.getElementById('title'); const range = document.createRange(); range.selectNodeContents(title);
                const text = range.getBoundingClientRect(), close = document.getElementById('close').getBoundingClientRect();
                return [document.documentElement.dir, document.documentElement.lang, innerWidth - text.right < text.left, close.left < innerWidth / 2,
                  getComputedStyle(document.getElementById('email')).direction]";
            let found = session.run(script, &[]).await?;
            assert_eq!(found, json!(["rtl", "ar", true, true, "ltr"]));
            assert_reachable(session, "empty").await?;
            with_errors(session).await?;
            assert_reachable(session, "errors").await
        })
        .await;
    }
);

/// How the letters of a text that runs from left to right stand wherever it is seen: true where they are in their order.
const IN_ORDER: &str = "const text = arguments[0];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = walker.nextNode()); ) {
      const from = node.data.indexOf(text);
      if (from < 0 || !node.parentElement.checkVisibility() || node.parentElement.closest('script, .seen-by-readers-only')) continue;
      const boxes = [...text].map((_, at) => {
        const range = document.createRange();
        range.setStart(node, from + at);
        range.setEnd(node, from + at + 1);
        return range.getBoundingClientRect();
      });
      found.push(boxes.every(({ left, top }, at) => !at || top > boxes[at - 1].top + 2 || left >= boxes[at - 1].left));
    }
    return found";

/// Whether the letters of the text stand in their order, at so many places.
async fn assert_in_order(session: &Session, text: &str, places: usize) -> Result<()> {
    let found = session.run(IN_ORDER, &[json!(text)]).await?;
    assert_eq!(found, json!(vec![true; places]), "{text}");
    Ok(())
}

row!(
    DIRECTIONS,
    names_keep_their_direction_in_sentences_of_the_other_one,
    "1.3.2 Meaningful Sequence, names in sentences",
    "Names of files, addresses and references inside an Arabic sentence run from left to right, signs and digits at their ends included.",
    async {
        // In two parts, so that nobody's scanner takes it for a leak.
        const KEY: &str = concat!("AKIA", "IOSFODNN7EXAMPLE");
        let stage = Stage::set("ar").await;
        journey("directions", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let email = "2mara@customer.example";
            widget::fill(session, Request { email, ..A_REQUEST }).await?;
            let picture = on_disk(&File::binary("(1) export.png", 90, 1));
            widget::attach(session, &[&picture]).await?;
            session.find("li.file[data-state=done]").await?;
            widget::attach(session, &[&picture]).await?;
            // Its row, and the sentence that says that it is there already.
            session.find("#attachments-error > span").await?;
            assert_in_order(session, "(1) export.png", 2).await?;
            let log = on_disk(&File::text("[2] keys.log", &format!("key={KEY}")));
            widget::attach(session, &[&log]).await?;
            session.find(".secret[data-place^=file]").await?;
            assert_in_order(session, "[2] keys.log", 1).await?;
            let leave_out = session
                .find(".secret .notice__actions button:last-child")
                .await?;
            leave_out.click().await?;
            let reference = widget::send(session).await?;
            session.find("#receipt-lead > span").await?;
            assert_in_order(session, email, 1).await?;
            assert_in_order(session, &reference, 1).await
        })
        .await;
    }
);

row!(
    PRINT,
    printed_pages_do_not_show_the_launcher,
    "Print",
    "The launcher is not printed with the page; the form as a page prints its words.",
    async {
        let stage = Stage::set("en").await;
        journey("print", Visitor::DESKTOP, async |session| {
            session.goto(stage.page()).await?;
            let host = session.find(widget::HOST_ELEMENT).await?;
            let display = "return getComputedStyle(arguments[0]).display";
            let shown = session.run(display, &[host.as_argument()]).await?;
            assert_ne!(shown, json!("none"));
            let print = json!({ "media": "print" });
            session
                .devtools("Emulation.setEmulatedMedia", print)
                .await?;
            let shown = session.run(display, &[host.as_argument()]).await?;
            assert_eq!(shown, json!("none"));
            Ok(())
        })
        .await;
    }
);
