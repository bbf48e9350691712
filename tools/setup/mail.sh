# shellcheck shell=bash
# What the tests of mail use: a false clock for the service.

find_false_clock() { compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' > /dev/null; }

if ! find_false_clock; then
    apt_or_stop "libfaketime" "5 s" libfaketime
    find_false_clock || missing "libfaketimeMT.so.1" "Install libfaketime."
fi
have "libfaketime"
