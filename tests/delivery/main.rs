//! Placeholder while the harness is built.
