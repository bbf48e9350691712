# shellcheck shell=bash
# The server binaries of PostgreSQL. The tests start servers of their own in temporary folders.

# shellcheck source=tools/test-services.sh
. "$ROOT/tools/test-services.sh"

find_postgres
if [ -z "$CORNERDESK_POSTGRES_BIN" ]; then
    # Debian's package would create and start a system cluster, which nobody here asked for: a setting read by its
    # post-installation script says no for as long as this installation runs.
    apt_or_stop "PostgreSQL, the common files" "20 s" postgresql-common
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    no_cluster=/etc/postgresql-common/createcluster.d/cornerdesk-setup.conf
    "${as_root[@]}" mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$no_cluster" > /dev/null
    installed=yes
    apt_packages "PostgreSQL, the server" "20 s" postgresql || installed=no
    "${as_root[@]}" rm -f "$no_cluster"
    [ "$installed" = yes ] || missing "PostgreSQL's server binaries" "\`apt-get install postgresql\` failed.
$(tail_of apt-install)"
    find_postgres
fi
[ -n "$CORNERDESK_POSTGRES_BIN" ] || missing "initdb, pg_ctl and postgres" "Install PostgreSQL 14 or newer, or set CORNERDESK_POSTGRES_BIN to the folder that holds them."
have "PostgreSQL $("$CORNERDESK_POSTGRES_BIN/postgres" --version | grep -oE '[0-9]+(\.[0-9]+)?' | head -n 1) ($CORNERDESK_POSTGRES_BIN)"
