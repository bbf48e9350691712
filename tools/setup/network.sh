# shellcheck shell=bash
# What the tests use that make a network of their own, in which every address of the world is this machine.

lacks_network_tools() {
    local tool
    for tool in ip unshare; do
        command -v "$tool" > /dev/null 2>&1 || PATH=$PATH:/sbin:/usr/sbin command -v "$tool" > /dev/null 2>&1 || return 0
    done
    return 1
}

if lacks_network_tools; then
    apt_or_stop "tools for networks (iproute2, util-linux)" "10 s" iproute2 util-linux
    ! lacks_network_tools || missing "ip or unshare" "Install iproute2 and util-linux."
fi
have "tools for networks"
