# shellcheck shell=bash
# What products build their pages with: dialogs, shortcuts, navigation. The host pages of the browser tests use it.

if [ -d "$HOST_LIBRARIES_DIR" ]; then
    have "libraries of host pages"
else
    # Two versions of React stand beside each other, so the peers that packages ask for are looked up by the bundler alone.
    npm_folder "libraries of host pages" host-libraries tests/browser/hosts "$HOST_LIBRARIES_DIR" "30 s" --legacy-peer-deps
    mv "$HOST_LIBRARIES_DIR.building" "$HOST_LIBRARIES_DIR"
fi
