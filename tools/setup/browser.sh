# shellcheck shell=bash
# Chromium and ChromeDriver for the tests in a browser. CHROMIUM and CHROMEDRIVER name other ones.

# shellcheck source=tools/test-services.sh
. "$ROOT/tools/test-services.sh"

find_browser
if [ -z "$CHROMIUM" ] || [ -z "$CHROMEDRIVER" ]; then
    # The fonts make pages and screenshots look the same on a bare machine.
    apt_packages "Chromium and ChromeDriver" "1 min" chromium chromium-driver fonts-dejavu-core fonts-noto-color-emoji || true
    find_browser
fi
[ -n "$CHROMIUM" ] || missing "Chromium" "Try: apt-get install chromium chromium-driver; or set CHROMIUM to a Chromium or Chrome.
$(tail_of apt-install)"
[ -n "$CHROMEDRIVER" ] || missing "ChromeDriver" "Try: apt-get install chromium-driver; or set CHROMEDRIVER to the one of the same major version as $CHROMIUM."

# The two only talk to each other within one major version.
major_of() { "$1" --version 2> /dev/null | grep -oE '[0-9]+\.[0-9.]+' | head -n 1 | cut -d . -f 1; }
browser_major=$(major_of "$CHROMIUM")
driver_major=$(major_of "$CHROMEDRIVER")
[ -n "$browser_major" ] || missing "a Chromium that starts" "\`$CHROMIUM --version\` printed no version."
[ "$browser_major" = "$driver_major" ] ||
    missing "a ChromeDriver that fits" "$CHROMIUM is version $browser_major, $CHROMEDRIVER is version ${driver_major:-unknown}. Set CHROMIUM and CHROMEDRIVER to a pair."
have "Chromium $browser_major and ChromeDriver"
