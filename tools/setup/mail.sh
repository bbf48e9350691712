# shellcheck shell=bash
# What the tests of mail use: a false clock for the service, a real mail server, a real mailbox, and a verifier of signatures that is not ours.

find_false_clock() { compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' > /dev/null; }

if ! find_false_clock; then
    apt_or_stop "libfaketime" "5 s" libfaketime
    find_false_clock || missing "libfaketimeMT.so.1" "Install libfaketime."
fi
have "libfaketime"

find_postfix() { [ -x /usr/lib/postfix/sbin/master ]; }

if ! find_postfix; then
    # Without a configuration the package starts no mail server of the system's, which nobody here asked for: it asks, and this is the answer.
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    if command -v debconf-set-selections > /dev/null; then
        echo 'postfix postfix/main_mailer_type select No configuration' | "${as_root[@]}" debconf-set-selections
    fi
    apt_or_stop "Postfix" "10 s" postfix
    find_postfix || missing "Postfix" "Install postfix."
fi
have "Postfix"

find_dovecot() { PATH=$PATH:/usr/sbin command -v dovecot > /dev/null && [ -x /usr/lib/dovecot/imap ]; }

if ! find_dovecot; then
    # Its package starts a server of the system's where a machine lets it; the tests start their own, and that one is not needed.
    apt_or_stop "Dovecot" "15 s" dovecot-imapd
    find_dovecot || missing "Dovecot" "Install dovecot-imapd."
fi
have "Dovecot"

# Debian's own Python: another one may come first in PATH and has not got the library.
find_verifier() { /usr/bin/python3 -c 'import dkim, nacl' 2> /dev/null && command -v openssl > /dev/null; }

if ! find_verifier; then
    apt_or_stop "dkimpy" "10 s" python3-dkim python3-nacl openssl
    find_verifier || missing "dkimpy" "Install python3-dkim, python3-nacl and openssl."
fi
have "dkimpy"
