//! The binary `cornerdesk`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cornerdesk_ingest::cli::main()
}
