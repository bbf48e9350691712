# shellcheck shell=bash
# The provider that staff sign in with in the tests (OpenID Connect); tests/sign_in_provider has what it is told.

if [ -d "$SIGN_IN_PROVIDER_DIR" ]; then
    have "a provider to sign in with"
else
    npm_folder "a provider to sign in with" sign-in-provider tests/sign_in_provider "$SIGN_IN_PROVIDER_DIR" "20 s"
    mv "$SIGN_IN_PROVIDER_DIR.building" "$SIGN_IN_PROVIDER_DIR"
fi
