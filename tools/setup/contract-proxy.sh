# shellcheck shell=bash
# The proxy that holds the calls of destinations against a vendor's description of its API, in the tests (Prism). About 79 MB.

if [ -d "$CONTRACT_PROXY_DIR" ]; then
    have "a proxy that checks contracts"
else
    npm_folder "a proxy that checks contracts, 79 MB" contract-proxy tests/contract_proxy "$CONTRACT_PROXY_DIR" "20 s"
    mv "$CONTRACT_PROXY_DIR.building" "$CONTRACT_PROXY_DIR"
fi
