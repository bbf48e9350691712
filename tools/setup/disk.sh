# shellcheck shell=bash
# What the tests that cut the power of a disk use: file systems, loop devices, private mounts.

lacks_disk_tools() {
    local tool
    for tool in mkfs.ext4 debugfs dumpe2fs losetup mount unshare nsenter; do
        command -v "$tool" > /dev/null 2>&1 || PATH=$PATH:/sbin:/usr/sbin command -v "$tool" > /dev/null 2>&1 || return 0
    done
    return 1
}

if lacks_disk_tools; then
    apt_or_stop "tools for file systems (e2fsprogs, util-linux, mount)" "10 s" e2fsprogs util-linux mount
    ! lacks_disk_tools || missing "mkfs.ext4, debugfs, dumpe2fs, losetup, mount, unshare or nsenter" "Install e2fsprogs and util-linux."
fi
have "tools for file systems"
