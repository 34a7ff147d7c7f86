#!/usr/bin/env bash
# As somebody who installs the package: the tarball in an empty folder with aws-cdk-lib and constructs beside it, and no bundler. A stack with the
# construct is synthesised; the command line runs the boxed world, and a push becomes a commit.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --can ]; then
  command -v npm >/dev/null || { echo 'npm is not here'; exit 1; }
  command -v git >/dev/null || { echo 'git is not here'; exit 1; }
  exit 0
fi
place=$(mktemp -d)
world=
cleanup() {
  if [ -n "$world" ]; then kill -INT -- "-$world" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap cleanup EXIT
fail() {
  echo "FAILED: $*" >&2
  cat "$place"/*.log >&2 || true
  exit 1
}
version() { node -p "require('./package.json').devDependencies['$1']"; }

cdk=$(version aws-cdk-lib) constructs=$(version constructs)
# Built by hand: .npmrc lets no script run by itself, not even the one that would build before packing.
npm run --silent build >"$place/build.log" 2>&1 || fail 'npm run build'
npm pack --silent --pack-destination "$place" >"$place/pack.log" 2>&1 || fail 'npm pack'
tarball=$(ls "$place"/tagboat-*.tgz)
echo "the package has $(du -k "$tarball" | cut -f1) KB, with the bundles of $(tar -tzf "$tarball" | grep -c '/bundles/.*/index.mjs$') functions"

mkdir "$place/app"
cd "$place/app"
echo '{ "name": "app", "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund "$tarball" "aws-cdk-lib@$cdk" "constructs@$constructs" >"$place/install.log" 2>&1 || fail 'npm install'
[ ! -e node_modules/esbuild ] || fail 'esbuild was installed too'
[ "$(find node_modules -name aws-cdk-lib -type d -path '*node_modules/aws-cdk-lib' | wc -l)" = 1 ] || fail 'aws-cdk-lib is there twice'
cat >app.mjs <<'APP'
import { App, Stack } from 'aws-cdk-lib'
import { ImagePromoter } from 'tagboat'

class Fleet extends Stack {
  constructor(scope, id) {
    super(scope, id)
    new ImagePromoter(this, 'Promoter', { gitRepositories: ['org/fleet'] })
  }
}
const app = new App({ outdir: 'cdk.out' })
new Fleet(app, 'Fleet')
app.synth()
APP
node app.mjs >"$place/synth.log" 2>&1 || fail 'the synth'
found=$(ls cdk.out/asset.*/index.mjs | wc -l)
[ "$found" = 4 ] || fail "expected the bundles of 4 functions among the assets, met $found"
grep -q '"AWS::DynamoDB::Table"' cdk.out/Fleet.template.json || fail 'the template has no table'
echo "a stack with the construct was synthesised, without a bundler: $found functions"
for asset in cdk.out/asset.*/index.mjs; do node --check "$asset" || fail "$asset is no module"; done

mkdir "$place/cli"
cd "$place/cli"
echo '{ "name": "cli", "private": true }' >package.json
npm install --silent --no-audit --no-fund "$tarball" >"$place/install.log" 2>&1 || fail 'npm install without the CDK'
[ ! -e node_modules/aws-cdk-lib ] || fail 'the command line brought aws-cdk-lib along'
npx tagboat --version
set -m
npx tagboat local --port 0 >"$place/world.log" 2>&1 </dev/null &
world=$!
set +m
for _ in $(seq 600); do
  grep -qs 'Ctrl-C ends it' "$place/world.log" && break
  kill -0 "$world" 2>/dev/null || fail 'tagboat local ended'
  sleep 0.1
done
npx tagboat push app:1.2.4 >"$place/push.log" 2>&1 || fail 'tagboat push'
grep -q 'commit' "$place/push.log" || fail 'the push became no commit'
echo 'tagboat local ran from the package, and a push became a commit'
