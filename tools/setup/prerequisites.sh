# shellcheck shell=bash
# What must be there before anything else: Rust new enough, Node with npm, a C compiler.

rust_minimum=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if ! command -v cargo > /dev/null || ! command -v rustc > /dev/null; then
    missing "Rust (cargo, rustc)" "Install Rust $rust_minimum or newer from https://rustup.rs"
fi
rust_version=$(rustc --version | cut -d ' ' -f 2)
printf '%s\n' "$rust_minimum" "$rust_version" | sort -V -C ||
    missing "Rust $rust_minimum or newer" "This machine has $rust_version. Try: rustup update stable"
have "Rust $rust_version"

if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
    missing "Node.js with npm" "Install Node.js $NODE_MAJOR_MINIMUM or newer: https://nodejs.org, or apt-get install nodejs npm"
fi
node_version=$(node --version)
node_major=${node_version#v}
[ "${node_major%%.*}" -ge "$NODE_MAJOR_MINIMUM" ] ||
    missing "Node.js $NODE_MAJOR_MINIMUM or newer" "This machine has $node_version: https://nodejs.org"
have "Node.js ${node_version#v}"

# SQLite and the TLS library are compiled from C.
if command -v cc > /dev/null; then
    have "a C compiler"
else
    apt_or_stop "a C compiler" "20 s" gcc libc6-dev
fi
