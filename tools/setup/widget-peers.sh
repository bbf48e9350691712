# shellcheck shell=bash
# The widgets of others that `make bench ONLY=panel` measures ours beside, as one script each. Not needed by `make test`.

if [ -f "$WIDGET_PEERS_DIR/sentry.js" ] && [ -f "$WIDGET_PEERS_DIR/feedback.js" ]; then
    have "the widgets to measure beside"
else
    npm_folder "the widgets to measure beside" widget-peers tests/bench/panel/peers "$WIDGET_PEERS_DIR" "20 s"
    cp tests/bench/panel/peers/*.entry.js "$WIDGET_PEERS_DIR.building/"
    for peer in sentry feedback; do
        (
            cd "$WIDGET_PEERS_DIR.building"
            quietly "widget-peer-$peer" esbuild "$peer.entry.js" --bundle --minify --target=es2022 --format=iife \
                --define:process.env.NODE_ENV='"production"' --outfile="$peer.js"
        ) || missing "the widgets to measure beside" "Bundling that of $peer failed.
$(tail_of "widget-peer-$peer")"
    done
    mv "$WIDGET_PEERS_DIR.building" "$WIDGET_PEERS_DIR"
fi
