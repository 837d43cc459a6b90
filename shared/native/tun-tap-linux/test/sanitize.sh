#!/bin/sh
# Builds the addon with the address and undefined-behaviour sanitizers in a copy beside the package and runs its tests
# there. TypeScript must have been compiled. Leaks are not looked for: Node.js itself ends without freeing everything.
set -eu
cd "$(dirname "$0")/.."
copy=build-sanitize

mkdir -p "$copy"
rm -rf "$copy/src" "$copy/dist"
cp -r package.json binding.gyp src dist "$copy"
cd "$copy"
# npm puts its own node-gyp on the path of its scripts.
node-gyp rebuild -- -Dsanitize=1

LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
export LD_PRELOAD
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
exec node --test dist/test/*.test.js
