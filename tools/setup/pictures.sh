# shellcheck shell=bash
# What the tests read and write the metadata of pictures with, with eyes that are not ours.

if ! command -v exiftool > /dev/null; then
    apt_or_stop "ExifTool" "10 s" libimage-exiftool-perl
    command -v exiftool > /dev/null || missing "exiftool" "Install libimage-exiftool-perl."
fi
have "ExifTool $(exiftool -ver)"

# Decoders of HEIC and AVIF: what is cleaned must look as it did.
if ! command -v heif-convert > /dev/null || ! command -v avifdec > /dev/null; then
    apt_or_stop "heif-convert and avifdec" "10 s" libheif-examples libavif-bin
    for command in heif-convert avifdec; do
        command -v "$command" > /dev/null || missing "$command" "Install libheif-examples and libavif-bin."
    done
fi
have "heif-convert and avifdec"
