# shellcheck shell=bash
# The load balancer of the tests with several replicas. They start it themselves, with a configuration of their own.

lacks_haproxy() { ! command -v haproxy > /dev/null 2>&1 && ! [ -x /usr/sbin/haproxy ]; }

if lacks_haproxy; then
    apt_or_stop "HAProxy" "10 s" haproxy
    ! lacks_haproxy || missing "haproxy" "Install HAProxy 2.4 or newer."
fi
have "HAProxy"
