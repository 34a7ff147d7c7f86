#!/usr/bin/env bash
# `tagboat update` on every case of the marker vectors, and on the big generated trees where their generator lies beside the checkout.
set -eu
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --can ]; then exit 0; fi

TAGBOAT_ALL_VECTORS=1 npx vitest run --maxWorkers=1 --testTimeout=180000 test/cli/update-vectors.test.ts

made=../shared/bench/gen-gitops.mjs
if [ ! -e "$made" ]; then
  echo "there is no $made: the generated trees are left out"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for files in 200 2000; do
  node "$made" "$folder/tree" "$files" 7 >/dev/null
  # The policies of the generator, as manifests and tags.
  node --input-type=module - "$folder" <<'JS'
import { readFileSync, writeFileSync } from 'node:fs'
const folder = process.argv[2]
const policies = JSON.parse(readFileSync(`${folder}/tree.policies.json`, 'utf8'))
const object = (kind, { namespace, name }, spec) => JSON.stringify({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind, metadata: { namespace, name }, spec })
writeFileSync(
  `${folder}/manifests.yaml`,
  policies
    .flatMap((policy) => [
      object('ImageRepository', policy, { image: policy.latestRef.name, interval: '5m' }),
      object('ImagePolicy', policy, { imageRepositoryRef: { name: policy.name }, policy: { semver: { range: '*' } } }),
    ])
    .join('\n---\n'),
)
writeFileSync(`${folder}/tags.json`, JSON.stringify(Object.fromEntries(policies.map(({ latestRef: { name, tag } }) => [name, ['v0.0.1', tag]]))))
JS
  git -C "$folder/tree" init -q 2>/dev/null
  git -C "$folder/tree" add . && git -C "$folder/tree" -c user.name=a -c user.email=a@example.com commit -qm before
  run() { node bin/tagboat.js update "$folder/tree" --manifests "$folder/manifests.yaml" --tags "$folder/tags.json" "$@"; }
  if run --check --diff >"$folder/patch"; then echo "$files files: expected something to change"; exit 1; fi
  [ -z "$(git -C "$folder/tree" status --porcelain)" ] || { echo "$files files: --check has written"; exit 1; }
  run >/dev/null
  git -C "$folder/tree" diff >"$folder/written"
  # Every changed line holds a marker, and the patch that was shown is what was written.
  if grep '^[-+] ' "$folder/written" | grep -v 'imagepolicy'; then echo "$files files: a line without marker has changed"; exit 1; fi
  git -C "$folder/tree" stash -q
  git -C "$folder/tree" apply "$folder/patch"
  git -C "$folder/tree" diff | cmp - "$folder/written"
  run --check >/dev/null
  echo "$files files: $(grep -c '^+ ' "$folder/written") lines changed, the patch is what is written, and a second pass has nothing to do"
  rm -rf "$folder"/*
done
