//! Principle 2: what is there can be used, with whatever a person has.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey},
    client::File,
    eventually,
    host_page::embedding_html,
    webdriver::{APPEARANCE, Session, key},
    widget::{self, A_REQUEST},
};
use serde_json::{Value, json};

use super::row;
use crate::{
    files::on_disk,
    states::{Device, Stage, prefer, tab},
};

/// Where the focus is: the id of the element, else its name, else its class, else its element; empty outside the document.
const AT: &str = "const at = document.activeElement;
    return at === document.body || !document.hasFocus() ? '' : at.id || at.name || at.className || at.localName";

/// Presses Tab until something with this in its name has the focus; says what was passed on the way.
async fn tab_to(session: &Session, wanted: &str) -> Result<Vec<String>> {
    let mut passed = Vec::new();
    for _ in 0..30 {
        let at = session.run(AT, &[]).await?;
        let at = at.as_str().unwrap_or_default().to_owned();
        let is_there = if wanted.is_empty() {
            at.is_empty()
        } else {
            at.contains(wanted)
        };
        if is_there {
            return Ok(passed);
        }
        passed.push(at);
        tab(session).await?;
    }
    anyhow::bail!("Tab never came to {wanted:?} by {passed:?}")
}

row!(
    KEYBOARD,
    everything_is_done_with_the_keyboard_and_tab_leads_out_again,
    "2.1.1 Keyboard, 2.1.2 No Keyboard Trap",
    "With the keyboard alone: opened, written, a file attached, the list of what goes along opened and a row removed, sent, the reference copied, closed; \
     in the panel beside the page Tab leads on to the page.",
    async {
        let stage = Stage::set("en").await;
        journey("keyboard-alone", Visitor::DESKTOP, async |session| {
            session.goto(stage.page()).await?;
            widget::launcher(session).await?;
            let press = async |key: char| session.press(&key.to_string()).await;
            while widget::focus_in_page(session).await? != widget::HOST_ELEMENT {
                tab(session).await?;
            }
            press(key::ENTER).await?;
            widget::enter_panel(session).await?;
            session.find("#send[aria-disabled]").await?;
            session.find(".page-context > summary").await?;
            tab_to(session, "summary").await?;
            session.press(A_REQUEST.summary).await?;
            tab_to(session, "description").await?;
            session.press(A_REQUEST.description).await?;
            tab_to(session, "attachments").await?;
            // The dialog of the system is not the page's: that a key opens it, and what it then chooses.
            let listen = "window.asked = 0; document.activeElement.addEventListener('click', (event) => { asked += event.isTrusted; event.preventDefault() }, { once: true })";
            session.run(listen, &[]).await?;
            session.press(" ").await?;
            assert_eq!(session.run("return asked", &[]).await?, json!(1));
            widget::attach(session, &[&on_disk(&File::text("a.txt", "a"))]).await?;
            session.find("li.file[data-state=done]").await?;
            tab_to(session, "icon-button").await?;
            tab_to(session, "email").await?;
            session.press(A_REQUEST.email).await?;
            tab(session).await?;
            // The summary of the disclosure.
            assert_eq!(session.run(AT, &[]).await?, json!("summary"));
            press(key::ENTER).await?;
            session.find(".page-context[open]").await?;
            tab_to(session, "text-button").await?;
            press(key::ENTER).await?;
            session.find(".page-context__row[data-out] .text-button:focus").await?;
            let passed = tab_to(session, "").await?;
            assert!(passed.iter().any(|at| at == "send"), "{passed:?}");
            assert!(passed.len() < 30, "Tab leads out: {passed:?}");
            // And back.
            for _ in 0..3 {
                if session.run(AT, &[]).await? == json!("send") {
                    break;
                }
                session.press(&format!("{}{}", key::SHIFT, key::TAB)).await?;
            }
            press(key::ENTER).await?;
            let reference = widget::receipt(session).await?;
            let ticket = stage.service().ticket(&reference);
            assert_eq!(ticket["attachments"].as_array().map(Vec::len), Some(1), "{ticket}");
            assert!(ticket["context"]["page_url"].is_null(), "{ticket}");
            tab_to(session, "button").await?;
            press(key::ENTER).await?;
            let said = async || -> Option<String> {
                let region = session.find("#announcer").await.ok()?;
                Some(region.property("textContent").await.ok()?.as_str()?.to_owned())
            };
            eventually(APPEARANCE, "the copy to be told", async || {
                said().await.filter(|said| said.contains("Copied") || said.contains("copy it by hand"))
            })
            .await;
            press(key::ESCAPE).await?;
            session.enter_page().await?;
            let launcher = widget::launcher(session).await?;
            eventually(APPEARANCE, "the panel to be closed", async || {
                (launcher.attribute("aria-expanded").await.ok()?.as_deref() == Some("false")).then_some(())
            })
            .await;
            assert_eq!(widget::focus_in_page(session).await?, widget::HOST_ELEMENT);
            Ok(())
        })
        .await;
    }
);

row!(
    SHORTCUTS,
    letters_outside_a_field_do_nothing,
    "2.1.4 Character Key Shortcuts",
    "There are no shortcuts of single characters.",
    async {
        let stage = Stage::set("en").await;
        journey("single-keys", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            // The last part of the form that comes by itself.
            session.find(".page-context__count").await?;
            let look = "return document.querySelector('.panel').outerHTML.replace(/ style=\"[^\"]*\"/g, '')";
            session.run("document.activeElement.blur()", &[]).await?;
            let before = session.run(look, &[]).await?;
            session.press("abcdefghijklmnopqrstuvwxyz0123456789?/.,").await?;
            assert_eq!(session.run(look, &[]).await?, before);
            Ok(())
        })
        .await;
    }
);

row!(
    MOTION,
    who_wants_no_motion_gets_none,
    "2.3.3 Animation from Interactions (AAA), 2.2.2 Pause, Stop, Hide",
    "With `prefers-reduced-motion` nothing is animated; without it nothing takes longer than 200 ms but the sign that something is under way.",
    async {
        let stage = Stage::set("en").await;
        journey("motion", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let longest = "const ms = (list) => Math.max(...list.split(',').map((time) => parseFloat(time) * (time.includes('ms') ? 1 : 1000)));
                return Math.max(...[...document.querySelectorAll('*')].flatMap((element) => [null, '::before', '::after'].map((part) => {
                  const style = getComputedStyle(element, part);
                  const turns = style.animationName === 'turn' && !matchMedia('(prefers-reduced-motion: reduce)').matches;
                  return Math.max(ms(style.transitionDuration), style.animationName === 'none' || turns ? 0 : ms(style.animationDuration));
                })))";
            let usual = session.run(longest, &[]).await?;
            assert!((1.0..=200.0).contains(&usual.as_f64().unwrap_or(1e9)), "{usual} ms");
            prefer(session, &[("prefers-reduced-motion", "reduce")]).await?;
            widget::fill(session, A_REQUEST).await?;
            let _release = stage.relay().hold("/tickets");
            widget::send_button(session).await?.click().await?;
            session.find("#send[aria-disabled=true]").await?;
            assert_eq!(session.run(longest, &[]).await?, json!(0));
            session.enter_page().await?;
            let script = "const root = arguments[0].shadowRoot; return ['button', 'dialog'].map((name) => getComputedStyle(root.querySelector(name)).animationName)";
            let host = session.find(widget::HOST_ELEMENT).await?;
            assert_eq!(session.run(script, &[host.as_argument()]).await?, json!(["none", "none"]));
            Ok(())
        })
        .await;
    }
);

row!(
    FOCUS_ORDER,
    the_focus_goes_into_the_form_and_comes_back,
    "2.4.3 Focus Order",
    "Opening leads into the first field, sending to the heading of the receipt, Escape back to where the person was.",
    async {
        let stage = Stage::set("en").await;
        journey("focus-order", Visitor::DESKTOP, async |session| {
            session.goto(stage.page()).await?;
            widget::launcher(session).await?;
            session.find("#search").await?.click().await?;
            tab(session).await?;
            assert_eq!(widget::focus_in_page(session).await?, widget::HOST_ELEMENT);
            session.press(&key::ENTER.to_string()).await?;
            widget::enter_panel(session).await?;
            eventually(APPEARANCE, "the focus to be in the form", async || {
                (session
                    .focused()
                    .await
                    .ok()?
                    .attribute("id")
                    .await
                    .ok()?
                    .as_deref()
                    == Some("summary"))
                .then_some(())
            })
            .await;
            session.press(&key::ESCAPE.to_string()).await?;
            session.enter_page().await?;
            let launcher = widget::launcher(session).await?;
            eventually(APPEARANCE, "the panel to be closed", async || {
                (launcher.attribute("aria-expanded").await.ok()?.as_deref() == Some("false"))
                    .then_some(())
            })
            .await;
            assert_eq!(widget::focus_in_page(session).await?, widget::HOST_ELEMENT);
            Ok(())
        })
        .await;
    }
);

/// The controls whose outline is thinner than 2 px when the keyboard brings the focus to them.
const OUTLINES: &str = "const wrong = [];
    for (const control of document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, summary')) {
      if (!control.checkVisibility() || control.closest('.trap')) continue;
      control.focus({ focusVisible: true });
      const shown = control.matches('.drop__input') ? control.closest('.drop') : control;
      const style = getComputedStyle(shown);
      if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) wrong.push((control.id || control.className) + ': ' + style.outline);
    }
    return wrong";

row!(
    FOCUS_VISIBLE,
    the_focus_is_seen_everywhere_also_in_forced_colours,
    "2.4.7 Focus Visible",
    "An outline of 2 px at least around every control, in light, dark and forced colours.",
    async {
        let stage = Stage::set("en").await;
        journey("focus-visible", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            widget::attach(session, &[&on_disk(&File::text("a.txt", "a"))]).await?;
            session.find("li.file").await?;
            for features in [
                [("prefers-color-scheme", "light"), ("forced-colors", "none")],
                [("prefers-color-scheme", "dark"), ("forced-colors", "none")],
                [("prefers-color-scheme", "dark"), ("forced-colors", "active")],
            ] {
                prefer(session, &features).await?;
                assert_eq!(session.run(OUTLINES, &[]).await?, json!([]), "{features:?}");
            }
            session.enter_page().await?;
            let launcher = widget::launcher(session).await?;
            let script = "arguments[0].focus({ focusVisible: true }); return parseFloat(getComputedStyle(arguments[0]).outlineWidth)";
            let width = session.run(script, &[launcher.as_argument()]).await?;
            assert!(width.as_f64() >= Some(2.0), "{width}");
            Ok(())
        })
        .await;
    }
);

row!(
    NOT_OBSCURED,
    what_has_the_focus_is_never_covered,
    "2.4.11 Focus Not Obscured (Minimum)",
    "The launcher gives way to a control of the page below it; in the panel nothing that has the focus is under Send, on any screen.",
    async {
        let stage = Stage::set("en").await;
        let html = embedding_html(&stage.relay().origin(), cornerdesk_tests::service::SITE).replace(
            "</body>",
            "<button id=\"under\" style=\"position:fixed;right:44px;bottom:34px;width:24px;height:24px\">x</button></body>",
        );
        let page = stage.show("/under", &html);
        journey("not-obscured", Visitor::DESKTOP, async |session| {
            session.goto(&page).await?;
            let launcher = widget::launcher(session).await?;
            let under = session.find("#under").await?;
            session.run("arguments[0].focus()", &[under.as_argument()]).await?;
            let on_top = "const { left, top, width, height } = arguments[0].getBoundingClientRect();
                return document.elementFromPoint(left + width / 2, top + height / 2) === arguments[0]";
            eventually(APPEARANCE, "the launcher to give way", async || {
                let free = session.run(on_top, &[under.as_argument()]).await.ok()?;
                (free == Value::Bool(true)).then_some(())
            })
            .await;
            let opacity = "return getComputedStyle(arguments[0]).opacity";
            assert_eq!(session.run(opacity, &[launcher.as_argument()]).await?, json!("0"));
            for (width, height) in [(900, 700), (390, 420), (320, 256)] {
                let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
                session.devtools("Emulation.setDeviceMetricsOverride", screen).await?;
                stage.open(session).await?;
                for _ in 0..9 {
                    let script = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
                        const at = document.activeElement; if (at === document.body) return done(true);
                        const { left, top, width, height, bottom } = at.getBoundingClientRect();
                        const seen = document.elementFromPoint(left + Math.min(width / 2, 40), (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
                        done(!!seen && (at.contains(seen) || seen.contains(at)) && bottom > 0 && top < innerHeight || at.id + ' under ' + (seen && seen.className));
                      })))";
                    let seen = session.run(script, &[]).await?;
                    assert_eq!(seen, Value::Bool(true), "{width} × {height}");
                    tab(session).await?;
                    if !session.run("return document.hasFocus()", &[]).await?.as_bool().unwrap_or(true) {
                        break;
                    }
                }
            }
            Ok(())
        })
        .await;
    }
);

row!(
    DRAGGING,
    what_can_be_dropped_can_be_chosen,
    "2.5.7 Dragging Movements",
    "Files can be dropped, and chosen with a button at the same place.",
    async {
        let stage = Stage::set("en").await;
        journey("dragging", Visitor::DESKTOP, async |session| {
            stage.open(session).await?;
            let script = "const drop = document.getElementById('drop').getBoundingClientRect();
                return document.elementFromPoint(drop.left + 30, drop.top + 12).id";
            assert_eq!(session.run(script, &[]).await?, json!("attachments"));
            Ok(())
        })
        .await;
    }
);

/// Targets that are too small: everything that can be pressed, but links inside a sentence.
const SMALL: &str = "const least = arguments[0];
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, summary')]
      .filter((e) => e.checkVisibility() && !e.closest('.trap') && e.tabIndex >= 0)
      .map((e) => [e.id || e.className || e.textContent, e.getBoundingClientRect()])
      .filter(([, box]) => box.width < least - .5 || box.height < least - .5)
      .map(([name, box]) => name + ' ' + box.width + ' × ' + box.height)";

row!(
    TARGETS,
    targets_are_large_enough_for_mice_and_fingers,
    "2.5.8 Target Size (Minimum)",
    "At least 24 × 24 CSS pixels; 44 × 44 where the pointer is a finger.",
    async {
        let stage = Stage::set("en").await;
        for (device, least) in [(Device::Desktop, 24), (Device::Phone, 44)] {
            journey(
                "targets",
                Visitor {
                    phone: device == Device::Phone,
                    ..Visitor::DESKTOP
                },
                async |session| {
                    stage.open(session).await?;
                    widget::attach(session, &[&on_disk(&File::text("a.txt", "a"))]).await?;
                    session.find("li.file").await?;
                    let small = session.run(SMALL, &[json!(least)]).await?;
                    assert_eq!(small, json!([]), "{device:?}, form");
                    stage
                        .relay()
                        .answer_instead("/tickets", 503, "too-busy", Some(3_600));
                    widget::fill(session, A_REQUEST).await?;
                    widget::send_button(session).await?.click().await?;
                    session.find("#send-status .notice button").await?;
                    assert_eq!(
                        session.run(SMALL, &[json!(least)]).await?,
                        json!([]),
                        "{device:?}, trouble"
                    );
                    stage.relay().step_aside();
                    session
                        .find("#send-status .notice button")
                        .await?
                        .click()
                        .await?;
                    widget::receipt(session).await?;
                    session.find("#receipt-actions button").await?;
                    assert_eq!(
                        session.run(SMALL, &[json!(least)]).await?,
                        json!([]),
                        "{device:?}, receipt"
                    );
                    Ok(())
                },
            )
            .await;
        }
    }
);

row!(
    FONT_SIZE,
    a_phone_shows_the_whole_panel_and_does_not_zoom_into_fields,
    "1.4.4 and 2.5.8 on phones",
    "On a phone the panel fills the screen, fields have 16 px at least, and with the keyboard on the screen Send stays in sight.",
    async {
        let stage = Stage::set("en").await;
        journey("phone-fields", Visitor::DESKTOP, async |session| {
            Device::Phone.show(session).await?;
            // What a keyboard leaves of 844 pixels.
            let screen = json!({ "width": 390, "height": 430, "deviceScaleFactor": 1, "mobile": true });
            session.devtools("Emulation.setDeviceMetricsOverride", screen).await?;
            stage.open(session).await?;
            let script = "const send = document.getElementById('send').getBoundingClientRect();
                return [innerWidth, innerHeight, send.top > 0 && send.bottom <= innerHeight,
                  Math.min(...[...document.querySelectorAll('.control')].map((control) => parseFloat(getComputedStyle(control).fontSize))) >= 16]";
            assert_eq!(session.run(script, &[]).await?, json!([390, 430, true, true]));
            Ok(())
        })
        .await;
    }
);
