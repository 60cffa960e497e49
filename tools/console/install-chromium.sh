#!/usr/bin/env bash
# The system's Chromium for the browser tests. Does nothing where there is one; fails where none can be had.
set -eu

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null; then
    exec "$name" --version
  fi
done
if [ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo 'There is no Chromium, and no apt-get to install it with: install one, or set CHROMIUM.' >&2
  exit 1
fi

if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
"${as_root[@]}" apt-get update
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y --no-install-recommends chromium fonts-liberation
exec chromium --version
