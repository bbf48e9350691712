# shellcheck shell=bash
# moto, an object store that speaks S3, in a virtual environment of its own.

python_tool "moto, an object store" moto "$MOTO_DIR" moto_server "15 s"
