# shellcheck shell=bash
# What the npm package (npm/) is built with and its tests use: TypeScript, React, Vue.

if [ -d "$WIDGET_PACKAGE_DIR" ]; then
    have "TypeScript, React and Vue for our package"
else
    npm_folder "TypeScript, React and Vue for our package" widget-package npm "$WIDGET_PACKAGE_DIR" "20 s"
    mv "$WIDGET_PACKAGE_DIR.building" "$WIDGET_PACKAGE_DIR"
fi
