# shellcheck shell=bash
# schemathesis, which holds the service to its own description, in a virtual environment of its own.

python_tool schemathesis schemathesis "$SCHEMATHESIS_DIR" schemathesis "30 s"
