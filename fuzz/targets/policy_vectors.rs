//! Any JSON as a test vector, with calendars of its own.
#![no_main]

use cornerdesk_fuzz::any_text;

libfuzzer_sys::fuzz_target!(|text: &str| any_text::as_vector(text));
