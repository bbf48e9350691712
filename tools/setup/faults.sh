# shellcheck shell=bash
# libfiu, which lets system calls of the service fail.

lacks_libfiu() { ! command -v fiu-run > /dev/null 2>&1; }

if lacks_libfiu; then
    apt_or_stop "libfiu" "10 s" fiu-utils libfiu0
    ! lacks_libfiu || missing "fiu-run" "Install fiu-utils and libfiu0."
fi
have "libfiu"
