#!/usr/bin/env bash
# System packages that some tests look for; without them those tests skip and say so. Does nothing where it may not install.
set -uo pipefail
wanted=(chromium chromium-driver fonts-wqy-zenhei)

if command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null; then
  exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null; then
    exit 0
  fi
fi
echo "ci_packages: ${wanted[*]} could not be installed: tests that need a browser will skip" >&2
exit 0
