# shellcheck shell=bash
# rustfmt, clippy, cargo-deny, shellcheck.

for tool in rustfmt clippy; do
    command=cargo-${tool/rustfmt/fmt}
    if command -v "$command" > /dev/null && "$command" --version > /dev/null 2>&1; then
        have "$tool"
    else
        installing "$tool" "20 s"
        quietly rustup rustup component add "$tool" || missing "$tool" "Try: rustup component add $tool"
    fi
done

if has_version "$CARGO_DENY_VERSION" cargo-deny --version; then
    have "cargo-deny $CARGO_DENY_VERSION"
else
    cargo_tool cargo-deny "$CARGO_DENY_VERSION" "$CARGO_DENY_DIR" "2 min"
fi

if command -v shellcheck > /dev/null; then
    have "shellcheck"
else
    apt_or_stop "shellcheck" "10 s" shellcheck
fi
