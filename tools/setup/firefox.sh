# shellcheck shell=bash
# Firefox ESR and geckodriver for the main journeys in a second browser. FIREFOX and GECKODRIVER name other ones.

find_browser
if [ -z "$FIREFOX" ]; then
    apt_packages "Firefox ESR" "1 min" firefox-esr || true
    find_browser
fi
[ -n "$FIREFOX" ] || missing "Firefox" "Try: apt-get install firefox-esr; or set FIREFOX to a Firefox.
$(tail_of apt-install)"
# 153 is what the tests were written for; older ones may lack what the panel uses.
firefox_version=$("$FIREFOX" --version 2> /dev/null | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)
[ -n "$firefox_version" ] || missing "a Firefox that starts" "\`$FIREFOX --version\` printed no version."
[ "${firefox_version%%.*}" -ge "$FIREFOX_MAJOR_MINIMUM" ] ||
    missing "Firefox $FIREFOX_MAJOR_MINIMUM or newer" "$FIREFOX is version $firefox_version."
have "Firefox $firefox_version"

# A screen for the journeys in which Firefox shares one.
[ -n "$XVFB" ] || { apt_packages "Xvfb" "1 min" xvfb || true; find_browser; }
[ -n "$XVFB" ] || missing "Xvfb" "Try: apt-get install xvfb; or set XVFB to an Xvfb.
$(tail_of apt-install)"
have "Xvfb"

if [ -z "$GECKODRIVER" ]; then
    # Debian has no package of it.
    cargo_tool geckodriver "$GECKODRIVER_VERSION" "$GECKODRIVER_DIR" "2 min"
    find_browser
fi
[ -n "$GECKODRIVER" ] || missing "geckodriver" "It is not in $GECKODRIVER_DIR/bin."
have "geckodriver $("$GECKODRIVER" --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)"
