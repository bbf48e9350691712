//! What is kept of a person: handed over whole, erased without a trace, kept for as long as a site says; and nothing of anybody else touched.

pub mod canaries;
mod erasing;
mod exporting;
mod retention;
mod secrets;
