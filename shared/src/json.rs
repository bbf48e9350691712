//! JSON writer of the panel.
