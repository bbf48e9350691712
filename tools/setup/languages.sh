# shellcheck shell=bash
# The languages of the snippets in docs/embedding.md, each of which is run by a test. Node and Python are there; Java is run where it is.

if ! command -v php > /dev/null || ! command -v ruby > /dev/null; then
    apt_or_stop "PHP and Ruby" "20 s" php-cli ruby
    for command in php ruby; do
        command -v "$command" > /dev/null || missing "$command" "Install php-cli and ruby."
    done
fi
have "PHP $(php -r 'echo PHP_VERSION;'), Ruby $(ruby -e 'print RUBY_VERSION')"
