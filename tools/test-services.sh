# shellcheck shell=bash
# Finds the programs that the tests start: browsers with their drivers, a PostgreSQL server. Sourced.
# What the caller has set in CHROMIUM, CHROMEDRIVER, FIREFOX, GECKODRIVER, XVFB or CORNERDESK_POSTGRES_BIN wins.

first_command() {
    local candidate
    for candidate in "$@"; do
        if command -v "$candidate" > /dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
}

# Sets CHROMIUM, CHROMEDRIVER, FIREFOX, GECKODRIVER and XVFB, empty where there is none.
find_browser() {
    CHROMIUM=${CHROMIUM:-$(first_command chromium chromium-browser google-chrome google-chrome-stable)}
    CHROMEDRIVER=${CHROMEDRIVER:-$(first_command chromedriver /usr/lib/chromium/chromedriver chromium.chromedriver)}
    FIREFOX=${FIREFOX:-$(first_command firefox-esr firefox)}
    GECKODRIVER=${GECKODRIVER:-$(first_command geckodriver)}
    XVFB=${XVFB:-$(first_command Xvfb)}
    export CHROMIUM CHROMEDRIVER FIREFOX GECKODRIVER XVFB
}

# Sets CORNERDESK_POSTGRES_BIN to the folder with initdb, pg_ctl and postgres of the newest server, empty where there is none.
find_postgres() {
    local folder
    if [ -z "${CORNERDESK_POSTGRES_BIN:-}" ]; then
        CORNERDESK_POSTGRES_BIN=
        # Debian keeps the server's programs out of PATH.
        for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) ${PATH//:/ }; do
            if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ]; then
                CORNERDESK_POSTGRES_BIN=$folder
                break
            fi
        done
    fi
    export CORNERDESK_POSTGRES_BIN
}

# Sets CORNERDESK_CLAMD to the scanner: a system's own, or the one that set-up unpacked; empty where there is none.
find_clamd() {
    CORNERDESK_CLAMD=${CORNERDESK_CLAMD:-$(PATH=$PATH:/usr/sbin:/usr/local/sbin first_command clamd "$TOOLS/clamav/usr/sbin/clamd")}
    export CORNERDESK_CLAMD
}
