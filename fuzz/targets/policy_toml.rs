//! Any text as a policy, as an overlay and as a list of holidays.
#![no_main]

use cornerdesk_fuzz::any_text;

libfuzzer_sys::fuzz_target!(|text: &str| any_text::as_policy(text));
