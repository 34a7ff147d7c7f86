#!/usr/bin/env bash
# Commits signed by keys of users, and git's own opinion of them: keys from gpg and ssh-keygen of every kind that is understood, with and
# without passphrase; one promotion each; a clone of the repository; `git verify-commit` with the public key.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/slow/programs.bash
if [ "${1:-}" = --can ]; then
  can_install gpg
  command -v ssh-keygen >/dev/null || { echo 'ssh-keygen is not here'; exit 1; }
  exit 0
fi
install gpg
npx vitest run --config test/slow/vitest.config.ts test/slow/signing.test.ts
