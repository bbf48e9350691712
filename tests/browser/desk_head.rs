//! The head of a ticket stays in sight of whoever reads further down, and covers nothing that they go to.

use anyhow::Result;
use cornerdesk_tests::{
    Database, Service,
    browser::{Visitor, journey, save_screenshot},
    client::a_submission_with,
    service::Setup,
    webdriver::{Session, key},
};
use serde_json::{Value, json};

use crate::{accessibility::audit::look, desk};

/// A long ticket that is Sam's and has a clock.
async fn long_ticket() -> (Service, String) {
    let terms = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";
    let service = Service::start_with(Setup::new(Database::Sqlite).site_setting(terms)).await;
    let submission = a_submission_with(json!({
        "summary": "The console is down for everybody, also for those who were signed in before the update of this morning",
        "description": "Since 9:40 nobody can work.\n".repeat(40),
        "plan": "Pro",
    }));
    let reference = service.client().submit(&submission).await.reference();
    service.command(&[
        "ticket",
        "classify",
        &reference,
        "--priority",
        "S1",
        "--by",
        "Sam",
    ]);
    for number in 0..6 {
        let note = ["ticket", "note", &reference, "--by", "Sam"];
        let done = service.try_command(&note, &format!("Note {number}.\n\nIt is still so."));
        assert!(done.status.success(), "{done:?}");
    }
    service.add_staff();
    (service, reference)
}

/// Where the bar is, and whether somebody sees it: what is painted in its middle is of it.
const BAR: &str = "
    const bar = document.querySelector('.ticket__bar');
    const { top, bottom, height } = bar.getBoundingClientRect();
    const painted = document.elementFromPoint(innerWidth / 2, (top + bottom) / 2);
    const place = document.getElementById('timeline').getBoundingClientRect().top + scrollY;
    return { seen: bar.contains(painted), top, bottom, height, place, wide: document.documentElement.scrollWidth - innerWidth,
        says: [...bar.children].filter((it) => it.offsetWidth > 0).map((it) => it.textContent.trim()) };";
/// What has the focus, and whether the bar covers any of it. What is higher than the window cannot be seen as a whole.
const FOCUS: &str = "
    const bar = document.querySelector('.ticket__bar').getBoundingClientRect();
    const it = document.activeElement;
    const { top, bottom, height } = it.getBoundingClientRect();
    const stuck = bar.top >= 0 && bar.top < 1;
    return { what: it.outerHTML.slice(0, 120), body: it === document.body, covered: stuck && !it.closest('.ticket__head') && top < bar.bottom - 1 && bottom > 0 && height < innerHeight - bar.height };";

async fn walk(session: &Session, keys: &str) -> Result<usize> {
    let mut steps = 0;
    loop {
        session.press(keys).await?;
        let focus = session.run(FOCUS, &[]).await?;
        assert_eq!(focus["covered"], json!(false), "{focus}");
        steps += 1;
        if focus["body"] == json!(true) || steps > 120 {
            return Ok(steps);
        }
    }
}

#[tokio::test]
async fn the_head_of_a_long_ticket_stays_in_sight_and_covers_nothing() {
    let (service, reference) = long_ticket().await;
    for (name, visitor) in [
        ("desk-head", Visitor::DESKTOP),
        ("desk-head-dark", Visitor::DARK),
        ("desk-head-phone", Visitor::PHONE),
    ] {
        journey(name, visitor, async |session| {
            desk::sign_in(session, &service).await?;
            let address = service.url(&format!("/desk/tickets/{reference}"));
            session.goto(&address).await?;
            session.find("#work").await?;
            let above = session.run(BAR, &[]).await?;
            assert_eq!(above["seen"], json!(false), "the head itself is there: {above}");
            save_screenshot(session, &format!("{name}-above")).await?;

            session.run("document.getElementById('timeline').scrollIntoView()", &[]).await?;
            let below = session.run(BAR, &[]).await?;
            assert_eq!((&below["seen"], &below["top"]), (&json!(true), &json!(0)), "{below}");
            assert_eq!(below["place"], above["place"], "nothing moved");
            assert!(below["wide"].as_i64().is_some_and(|pixels| pixels <= 0), "{below}");
            assert!(below["height"].as_f64().is_some_and(|height| height <= 48.0), "one line: {below}");
            let says: Vec<&str> = below["says"].as_array().expect("parts").iter().filter_map(Value::as_str).collect();
            let says = says.join("|");
            assert!(says.starts_with(&format!("{reference}|The console is down")) && (says.contains("|New|") || says.contains("|Open|")), "{says}");
            assert!(says.ends_with(" late") || says.contains("|in "), "the due time: {says}");
            let of_timeline = "return document.getElementById('timeline').getBoundingClientRect().top";
            let top = session.run(of_timeline, &[]).await?;
            assert!(top.as_f64() >= below["bottom"].as_f64(), "{top} is behind the bar");
            look(session, name).await?;

            if name == "desk-head" {
                // Forth and back with the keyboard.
                session.run("scrollTo(0, 0); document.getElementById('content').focus()", &[]).await?;
                let forth = walk(session, &key::TAB.to_string()).await?;
                session.run("scrollTo(0, document.body.scrollHeight); document.querySelector('.writing__send').focus()", &[]).await?;
                let back = walk(session, &format!("{}{}", key::SHIFT, key::TAB)).await?;
                assert!(forth > 20 && back > 10, "{forth} {back}");
                let print = json!({ "media": "print", "features": [] });
                session.devtools("Emulation.setEmulatedMedia", print).await?;
                let shown = session.run("return getComputedStyle(document.querySelector('.ticket__bar')).display", &[]).await?;
                assert_eq!(shown, json!("none"), "not on paper");
            }
            Ok(())
        })
        .await;
    }
}
