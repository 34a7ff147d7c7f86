#!/usr/bin/env bash
# The deployed app in an emulated account (test/aws). AWS's own runtime client is built where its tools can be had; else a plain loop stands in.
set -eu
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --can ]; then
  python3 -c 'import venv, ensurepip' 2>/dev/null || { echo 'python3 with venv and pip is not installed'; exit 1; }
  exit 0
fi

if ! command -v autoreconf >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && apt-get install -y --no-install-recommends autoconf automake libtool cmake make g++; } >/dev/null 2>&1 || true
fi
npm run --silent test:aws
