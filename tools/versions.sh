# shellcheck shell=bash disable=SC2034
# The pinned versions of every tool that is not a crate of Cargo.lock. Sourced by paths.sh.
#
# Pinned elsewhere, each in one place only:
#   esbuild, wasm-opt (binaryen)   tools/npm/package.json and its lock file
#   wasm-bindgen                   Cargo.lock: the command must be exactly the crate's version

# 0.22 asks for a newer Rust than ours.
TRUNK_VERSION=0.21.14
CARGO_DENY_VERSION=0.20.2
GECKODRIVER_VERSION=0.37.1
FIREFOX_MAJOR_MINIMUM=140
NODE_MAJOR_MINIMUM=18
