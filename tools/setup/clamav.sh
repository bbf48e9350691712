# shellcheck shell=bash
# The scanner clamd, without its service: the tests start their own, with signatures of their own. Debian's package would start a
# daemon and fetch signatures, which nobody here asked for; so its program is unpacked into the folder of the tools.

# shellcheck source=tools/test-services.sh
. "$ROOT/tools/test-services.sh"

clamd_starts() { [ -n "$CORNERDESK_CLAMD" ] && "$CORNERDESK_CLAMD" --config-file=/dev/null --version > /dev/null 2>&1; }

find_clamd
if ! clamd_starts; then
    apt_packages "apt's lists" "10 s" ca-certificates || true
    library=$(apt-cache depends clamav-daemon | grep -oE 'libclamav[0-9]+[a-z0-9]*' | head -n 1)
    [ -n "$library" ] || missing "clamd" "apt does not know Debian's package clamav-daemon. Install clamd, or set CORNERDESK_CLAMD to it."
    apt_or_stop "ClamAV's library" "15 s" "$library"
    rm -rf "$TOOLS/clamav.building" && mkdir -p "$TOOLS/clamav.building"
    (cd "$TOOLS/clamav.building" && quietly clamd-download apt-get download clamav-daemon && dpkg-deb -x clamav-daemon_*.deb .) ||
        missing "clamd" "\`apt-get download clamav-daemon\` failed.
$(tail_of clamd-download)"
    rm -rf "$TOOLS/clamav" && mv "$TOOLS/clamav.building" "$TOOLS/clamav"
    find_clamd
fi
clamd_starts || missing "clamd" "Install clamd, or set CORNERDESK_CLAMD to it."
have "$("$CORNERDESK_CLAMD" --config-file=/dev/null --version | cut -d/ -f1) ($CORNERDESK_CLAMD)"
