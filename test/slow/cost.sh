#!/usr/bin/env bash
# What a month costs, counted again: idle below three dollars, and docs/cost.md says the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "${1:-}" = --can ] && exit 0

page=$(mktemp --suffix .md)
trap 'rm -f "$page"' EXIT
cp docs/cost.md "$page"
npm run -s bench -- cost --write "$page" | tee "$page.json"
node -e '
  const [idle] = require("node:fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line))
  if (!(idle.month === "idle" && idle.dollars < 3)) { console.error(`an idle month costs ${idle.dollars} dollars, and less than 3 is promised`); process.exit(1) }
' "$page.json"
rm -f "$page.json"
npx prettier --write --log-level error "$page"
diff docs/cost.md "$page" || { echo 'docs/cost.md is older than the code: npm run -s bench -- cost --write docs/cost.md' >&2; exit 1; }
