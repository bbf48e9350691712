//! What axe finds: nothing, in every state, in light, dark and forced colours, on a desk and on a phone.

use anyhow::Result;
use cornerdesk_tests::{
    browser::{Visitor, journey, picture},
    installed,
    webdriver::Session,
    widget,
};
use serde_json::Value;

use super::row;
use crate::states::{Device, Stage, prefer};

/// What the system asks for, by name.
pub(crate) const COLOURS: [(&str, &[(&str, &str)]); 3] = [
    ("light", &[("prefers-color-scheme", "light")]),
    ("dark", &[("prefers-color-scheme", "dark")]),
    (
        "forced",
        &[
            ("prefers-color-scheme", "dark"),
            ("forced-colors", "active"),
        ],
    ),
];

const TAGS: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

pub(crate) fn axe() -> String {
    let file = installed::folder("NPM_TOOLS_DIR").join("node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// axe does not measure contrast on a gradient: the strongest tint in its place.
const FLAT: &str = "if (!window.flat) {
      window.flat = new CSSStyleSheet();
      flat.replaceSync('.panel { background: var(--accent-wash) !important }');
      document.adoptedStyleSheets.push(flat);
    }";

/// What axe finds wrong, one line each.
pub(crate) async fn violations(session: &Session, axe: &str) -> Result<Vec<String>> {
    let is_there = session.run("return !!window.axe", &[]).await?;
    if is_there != Value::Bool(true) {
        session
            .run(&format!("{axe}; window.axe = axe;"), &[])
            .await?;
    }
    session.run(FLAT, &[]).await?;
    // Motion would be measured half way.
    let script = format!(
        "await Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 2000).map((a) => a.finished.catch(() => {{}})));
        const found = await axe.run(document, {{ runOnly: {{ type: 'tag', values: {TAGS} }}, resultTypes: ['violations'] }});
        return found.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ' ' + node.target.join(' ') + ': ' + node.failureSummary));"
    );
    let found = session
        .run(&format!("return (async () => {{ {script} }})()"), &[])
        .await?;
    Ok(serde_json::from_value(found)?)
}

/// A page is looked at by everybody: a picture of it is kept, nothing is wider than the window, axe finds nothing.
pub(crate) async fn look(session: &Session, name: &str) -> Result<()> {
    picture(session, name).await?;
    let found = violations(session, &axe()).await?;
    assert!(found.is_empty(), "{name}: {found:#?}");
    Ok(())
}

/// axe leaves out what is beside `<body>`, so the widget moves in.
const MOVE_IN: &str = "const host = document.querySelector('cornerdesk-widget');
    if (host && host.parentElement !== document.body) document.body.append(host);";

async fn audit(device: Device) {
    let stage = Stage::set("en").await;
    let axe = axe();
    journey("axe", Visitor::DESKTOP, async |session| {
        device.show(session).await?;
        let mut wrong = Vec::new();
        let mut looked_at = 0;
        stage
            .walk(session, async |session, state| {
                if state == "closed" {
                    session.run(MOVE_IN, &[]).await?;
                }
                for (colours, features) in COLOURS {
                    prefer(session, features).await?;
                    let found = violations(session, &axe).await?;
                    looked_at += 1;
                    wrong.extend(
                        found
                            .iter()
                            .map(|line| format!("{state}, {colours}: {line}")),
                    );
                }
                prefer(session, &[]).await?;
                Ok(())
            })
            .await?;
        assert!(looked_at >= 3 * 15, "{looked_at} states");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    })
    .await;
}

row!(
    DESKTOP,
    axe_finds_nothing_in_any_state_on_a_desk,
    "1.1.1, 1.3.1, 1.4.3, 2.4.1, 2.4.2, 3.1.1, 4.1.2 and best practice",
    "axe-core finds no violation in any state, in light, dark and forced colours, on a large screen.",
    audit(Device::Desktop)
);

row!(
    PHONE,
    axe_finds_nothing_in_any_state_on_a_phone,
    "The same, with a finger",
    "axe-core finds no violation in any state, in light, dark and forced colours, on a phone.",
    audit(Device::Phone)
);

#[tokio::test]
async fn axe_sees_what_is_wrong_in_the_panel() {
    let stage = Stage::set("en").await;
    let axe = axe();
    journey("axe-sees", Visitor::DESKTOP, async |session| {
        stage.open(session).await?;
        let spoil = "document.querySelector('label[for=email]').remove();
            document.querySelector('.form__lead').style.color = '#bbb';
            document.getElementById('close').removeAttribute('aria-label');
            document.getElementById('close').removeAttribute('title');";
        session.run(spoil, &[]).await?;
        let found = violations(session, &axe).await?.join("\n");
        for rule in ["label", "color-contrast", "button-name"] {
            assert!(found.contains(rule), "{rule} in {found}");
        }
        session.enter_page().await?;
        session.run(MOVE_IN, &[]).await?;
        let launcher = widget::launcher(session).await?;
        let spoil = "arguments[0].textContent = ''";
        session.run(spoil, &[launcher.as_argument()]).await?;
        let found = violations(session, &axe).await?.join("\n");
        assert!(found.contains("button-name"), "{found}");
        Ok(())
    })
    .await;
}
