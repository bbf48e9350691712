# shellcheck shell=bash
# The words and the ways of installing shared by the parts of tools/setup.sh, which sources this.

have() { printf 'have        %s\n' "$*"; }

# installing WHAT DURATION: said before the work starts, so that nobody wonders whether it hangs.
installing() { printf 'installing  %s (about %s)\n' "$1" "$2"; }

# missing NAME HOW: stops the set-up.
missing() {
    printf '\nset-up stopped. Missing: %s\n%s\n' "$1" "$2" >&2
    exit 1
}

# quietly LOG COMMAND…: keeps the output in a file; returns the command's verdict.
# The lock (descriptor 9) is not handed on: a daemon started by a tool would keep it for ever.
quietly() {
    local log=$TOOLS/log/$1.log
    shift
    mkdir -p "$TOOLS/log"
    printf '$ %s\n' "$*" > "$log"
    "$@" >> "$log" 2>&1 < /dev/null 9>&-
}

# tail_of LOG: the end of a log, for the message of a failure.
tail_of() {
    printf '%s\n' "The end of $TOOLS/log/$1.log:"
    tail -n 25 "$TOOLS/log/$1.log"
}

# Two clones set up at the same time must not install the same tool into the same folder.
one_setup_at_a_time() {
    mkdir -p "$TOOLS" 2> /dev/null || missing "a folder for the tools" "Cannot create $TOOLS. Set CORNERDESK_TOOLS to one that is writable."
    command -v flock > /dev/null || return 0
    exec 9> "$TOOLS/.lock"
    flock -n 9 || {
        echo "waiting     another set-up is running on this machine"
        flock 9
    }
}

# has_version VERSION COMMAND…: does the command print that version?
has_version() {
    local version=$1
    shift
    command -v "$1" > /dev/null && [[ " $("$@" 2> /dev/null) " == *[\ v]"$version"[\ -]* ]]
}

# cargo_tool CRATE VERSION FOLDER DURATION: builds a command into its folder of the cache.
# What is compiled on the way is shared by the tools and thrown away at the end of a set-up that succeeded.
# First with the crate's own lock file; without it where the registry does not have one of the locked versions.
cargo_tool() {
    local crate=$1 version=$2 folder=$3 duration=$4 building=$3.building lock
    installing "$crate $version" "$duration"
    for lock in --locked ''; do
        # The tools run for seconds, so cheap code is enough: this saves two thirds of the build.
        if quietly "$crate" env -u RUSTFLAGS -u RUSTC_BOOTSTRAP CARGO_TARGET_DIR="$TOOLS/.compiled" \
            CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
            CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
            cargo install "$crate" --version "$version" ${lock:+"$lock"} --force --root "$building"; then
            # The rename makes an interrupted installation invisible.
            rm -rf "$folder" && mv "$building" "$folder"
            return 0
        fi
    done
    missing "$crate $version" "\`cargo install $crate --version $version\` failed.
$(tail_of "$crate")"
}

apt_is_fresh=no

# apt_packages WHAT DURATION PACKAGE…: installs Debian or Ubuntu packages; returns 1 when apt refuses.
apt_packages() {
    local what=$1 duration=$2 as_root=()
    shift 2
    command -v apt-get > /dev/null || missing "$what" "This machine has no apt-get. Install by other means what these Debian packages hold: $*"
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
            as_root=(sudo -n)
        elif command -v sudo > /dev/null && [ -t 0 ]; then
            sudo -v && as_root=(sudo)
        fi
        [ ${#as_root[@]} -gt 0 ] || missing "$what" "Installing it takes root and sudo does not let us. Ask an administrator for: apt-get install $*"
    fi
    installing "$what" "$duration"
    if [ "$apt_is_fresh" = no ]; then
        # An old list is still better than none: let the installation decide.
        quietly apt-update "${as_root[@]}" apt-get update || true
        apt_is_fresh=yes
    fi
    quietly apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# apt_or_stop WHAT DURATION PACKAGE…: the same, and a refusal ends the set-up.
apt_or_stop() {
    apt_packages "$@" || missing "$1" "\`apt-get install ${*:3}\` failed.
$(tail_of apt-install)"
}

# python_tool WHAT NAME FOLDER EXECUTABLE DURATION: what tools/python/NAME.txt pins, from PyPI, in a virtual environment of its own.
python_tool() {
    local what=$1 name=$2 folder=$3 executable=$4 duration=$5
    if [ ! -x "$folder/bin/$executable" ]; then
        python3 -c 'import ensurepip, venv' > /dev/null 2>&1 ||
            apt_or_stop "Python with venv" "20 s" python3 python3-venv
        installing "$what (PyPI)" "$duration"
        # Scripts of a virtual environment name their folder, so it is made where it stays.
        rm -rf "$folder"
        quietly "$name" python3 -m venv "$folder" || missing "a virtual environment of Python" "$(tail_of "$name")"
        quietly "$name" "$folder/bin/pip" install --disable-pip-version-check --no-deps --requirement "tools/python/$name.txt" || {
            rm -rf "$folder"
            missing "$what" "\`pip install --requirement tools/python/$name.txt\` failed.
$(tail_of "$name")"
        }
    fi
    have "$what"
}

# npm_folder WHAT LOG LIST FOLDER DURATION [FLAG…]: what LIST/package-lock.json pins, from npm, in a folder of its own, which is named
# FOLDER.building. Whoever calls adds to it and then moves it to FOLDER: an interrupted installation stays invisible.
npm_folder() {
    local what=$1 log=$2 list=$3 folder=$4 duration=$5
    shift 5
    installing "$what (npm)" "$duration"
    rm -rf "$folder" "$folder.building"
    mkdir -p "$folder.building"
    cp "$list/package.json" "$list/package-lock.json" "$folder.building/"
    # No package needs its install script: esbuild finds its binary without.
    quietly "$log" npm ci --prefix "$folder.building" --ignore-scripts --no-audit --no-fund "$@" ||
        missing "$what" "\`npm ci\` in a copy of $list failed.
$(tail_of "$log")"
}
