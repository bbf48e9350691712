//! `docs/accessibility.md`: written from what the tests found, so that nobody has to believe it.

use std::{fs, path::Path};

use crate::baselines::renewing;

use super::{Row, audit, operable, perceivable, robust, understandable};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/accessibility.md");

/// In the order of WCAG.
static ROWS: [&Row; 28] = [
    &audit::DESKTOP,
    &audit::PHONE,
    &perceivable::NAMES,
    &perceivable::ORIENTATION,
    &perceivable::DIRECTIONS,
    &perceivable::PURPOSE,
    &perceivable::COLOUR,
    &perceivable::RESIZE,
    &perceivable::REFLOW,
    &perceivable::LAUNCHER_CONTRAST,
    &perceivable::SPACING,
    &perceivable::PRINT,
    &operable::KEYBOARD,
    &operable::SHORTCUTS,
    &operable::MOTION,
    &operable::FOCUS_ORDER,
    &operable::FOCUS_VISIBLE,
    &operable::NOT_OBSCURED,
    &operable::DRAGGING,
    &operable::TARGETS,
    &operable::FONT_SIZE,
    &understandable::LANGUAGE,
    &understandable::HELP,
    &understandable::ERRORS,
    &understandable::LABELS,
    &understandable::REDUNDANT,
    &understandable::PUZZLE,
    &robust::STATUS,
];

const HEAD: &str = "# Accessibility

The panel, the launcher and the help form meet WCAG 2.2, level AA. This table is written by the tests of the browser (`make looks` renews it); a test fails when
it is not what they find.

Tried in Chromium, by its accessibility tree, its emulation of screens and system settings, and axe-core. Not tried by the run: screen readers themselves,
Safari, and what a host page does around the widget.

| criterion | how it is met | result | shown by |
|---|---|---|---|
";

const TAIL: &str = "
Time limits (2.2.1): nothing that a person writes expires while the form is open. A form that has been open too long is sent all the same and is looked at more closely by the service. Not
applicable: audio, video and moving images (1.2, 1.4.2, 2.3.1), gestures and motion (2.5.1, 2.5.4), content on hover (1.4.13: there is none but the browser's own),
payments and legal commitments (3.3.4).
";

async fn report() -> String {
    let mut report = HEAD.to_owned();
    for row in ROWS {
        let result = match row.outcome().await {
            Ok(()) => "holds",
            Err(_) => "**fails**",
        };
        let test = row.test.trim_start_matches("browser::");
        report.push_str(&format!(
            "| {} | {} | {result} | `{test}` |\n",
            row.criterion, row.how
        ));
    }
    report + TAIL
}

#[tokio::test]
async fn the_report_says_what_the_tests_found() {
    let report = report().await;
    if renewing() {
        fs::write(FILE, &report).expect("the report can be written");
    }
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accessibility.md");
    fs::write(&found, &report).expect("the target folder can be written");
    assert!(
        committed == report,
        "docs/accessibility.md is not what the tests found, which is in {}; renew it with make looks",
        found.display()
    );
}
