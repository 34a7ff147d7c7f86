#!/usr/bin/env bash
# As a stranger: a fresh clone, only Node, npm and git on PATH, `npm ci && npm start`; then a push by a client that we did not write, and a
# clone before and after it. Proves that the new tag is at its marker, that nothing else has changed, and what the commit says.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/slow/programs.bash

if [ "${1:-}" = --can ]; then
  can_install skopeo
  exit
fi
install skopeo
checkout=$PWD
place=$(mktemp -d)
world=
cleanup() {
  if [ -n "$world" ]; then kill -INT -- "-$world" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $*" >&2
  cat "$place/world.log" >&2 || true
  exit 1
}

# What npm's scripts need of a system is a shell; everything else would be a hidden requirement.
mkdir "$place/bin"
for program in node npm npx git sh env; do ln -s "$(command -v "$program")" "$place/bin/$program"; done
stranger() { env PATH="$place/bin" "$@"; }

began=$SECONDS
git clone -q "$checkout" "$place/tagboat"
cd "$place/tagboat"
stranger npm ci --no-audit --no-fund >"$place/install.log" 2>&1 || { cat "$place/install.log" >&2; fail 'npm ci'; }
echo "npm ci took $((SECONDS - began)) s, $(du -sm node_modules | cut -f1) MB"

began=$SECONDS
set -m
stranger npm start -- --port 0 >"$place/world.log" 2>&1 </dev/null &
world=$!
set +m
for _ in $(seq 600); do
  grep -qs 'Ctrl-C ends it' "$place/world.log" && break
  kill -0 "$world" 2>/dev/null || fail 'npm start ended'
  sleep 0.1
done
url=$(sed -n 's/^dashboard  *\(http[^ ]*\).*$/\1/p' "$place/world.log")
[ -n "$url" ] || fail 'npm start did not greet within a minute'
echo "npm start took $((SECONDS - began)) s to greet"

git clone -q "$url/demo/fleet.git" "$place/before"
node bin/run.js test/slow/layout.ts "$place/layout" app 1.2.4
pushed=$(node -p 'Date.now()')
skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$place/layout:1.2.4" "docker://${url#http://}/app:1.2.4"
for _ in $(seq 300); do
  git -C "$place/before" fetch -q
  [ "$(git -C "$place/before" rev-list --count HEAD..origin/main)" -gt 0 ] && break
  sleep 0.1
done
echo "skopeo's push was in Git after $(($(node -p 'Date.now()') - pushed)) ms, skopeo's own time included"

git clone -q "$url/demo/fleet.git" "$place/after"
cd "$place/after"
[ "$(git rev-list --count HEAD)" = 2 ] || fail "expected one commit on top of the first, got $(git log --oneline)"
image=123456789012.dkr.ecr.eu-west-1.amazonaws.com/app

# The sample names the image twice, and both are markers: two lines, in one file, and in each of them the tag alone.
sed "s|$image:1\.2\.3|$image:1.2.4|" "$place/before/apps/app/deployment.yaml" >"$place/expected"
cmp "$place/expected" apps/app/deployment.yaml || fail 'a byte has changed that is not of the tag'
[ "$(git diff --numstat HEAD^ HEAD)" = "$(printf '2\t2\tapps/app/deployment.yaml')" ] || fail "$(git diff --stat HEAD^ HEAD)"
grep -q "image: $image:1.2.4 # {\"\$imagepolicy\": \"flux-system:app\"}" apps/app/deployment.yaml || fail 'the tag is not at its marker'
git diff --exit-code --no-index "$place/before/clusters" clusters || fail 'the manifests have changed'

message=$(git log -1 --format=%B | sed 's/^Tagboat-Id: [0-9a-z]\{26\}$/Tagboat-Id: …/')
expected="Update $image:1.2.3 to $image:1.2.4

Automation: flux-system/fleet

- Deployment app
    $image:1.2.3 -> $image:1.2.4
    $image:1.2.3 -> $image:1.2.4

Co-authored-by: fluxcdbot <fluxcdbot@users.noreply.github.com>
Tagboat-Id: …"
diff <(echo "$expected") <(echo "$message") || fail 'the message is not rendered from the change'
git fsck --strict

# Ctrl-C, as a terminal sends it: to all of the group at once, and npm passes it on once more.
kill -INT -- "-$world"
for _ in $(seq 50); do
  kill -0 "$world" 2>/dev/null || break
  sleep 0.1
done
wait "$world" && code=0 || code=$?
world=
# npm itself dies of the signal, once its child has ended well.
[ "$code" = 0 ] || [ "$code" = 130 ] || fail "npm start ended with $code after a Ctrl-C"
grep -q '^stopping; the state is kept' "$place/world.log" || fail 'the world did not say that it stops'
[ ! -e "$place/tagboat/.tagboat/world.json" ] || fail 'npm start left its claim behind'
echo 'ended clean'
