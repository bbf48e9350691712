# shellcheck shell=bash
# A small font for Japanese, so that pictures of the Japanese panel show letters and not boxes. DejaVu, which comes with Chromium, has Arabic.

if [ -z "$(fc-list :lang=ja family 2> /dev/null)" ]; then
    apt_or_stop "a Japanese font" "5 s" fontconfig fonts-vlgothic
    [ -n "$(fc-list :lang=ja family 2> /dev/null)" ] || missing "a Japanese font" "Install fonts-vlgothic."
fi
have "a Japanese font"
