//! Products' pages that make it hard: each is a file in `hosts/pages`, and on each a person asks for help.

mod blocked;
mod documents;
mod firefox;
mod modals;
mod policies;
mod shortcuts;
mod styles;
mod swaps;
mod walk;
