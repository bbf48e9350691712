//! Any text as a calendar file of holidays, imported into a list that there is.
#![no_main]

use cornerdesk_fuzz::any_text;

libfuzzer_sys::fuzz_target!(|text: &str| any_text::as_calendar_file(text));
