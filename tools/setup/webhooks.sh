# shellcheck shell=bash
# The independent library of Standard Webhooks that verifies ours in tests; its sister for Node is in tools/npm.

python_tool "a verifier of webhooks" standardwebhooks "$WEBHOOKS_DIR" python "10 s"
