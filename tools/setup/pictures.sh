# shellcheck shell=bash
# What the tests read and write the metadata of pictures with, with eyes that are not ours.

if ! command -v exiftool > /dev/null; then
    apt_or_stop "ExifTool" "10 s" libimage-exiftool-perl
    command -v exiftool > /dev/null || missing "exiftool" "Install libimage-exiftool-perl."
fi
have "ExifTool $(exiftool -ver)"
