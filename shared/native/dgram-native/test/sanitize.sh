#!/bin/sh
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer in build-sanitize/ and runs the tests on it.
# Needs g++ and its libasan and libubsan. The package is copied there, because it finds its addon beside dist/.
set -eu
cd "$(dirname "$0")/.."

[ -d dist/test ] || { echo "build the TypeScript first: npm run build" >&2; exit 1; }
mkdir -p build-sanitize
rm -rf build-sanitize/dist build-sanitize/src build-sanitize/test
cp -r package.json binding.gyp dist src build-sanitize/
mkdir build-sanitize/test
cp test/*.c build-sanitize/test/

cd build-sanitize
node-gyp rebuild --silent -- -Dsanitize=1

LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
# Node itself is not built for finding leaks: what it keeps until the end of the process would be reported.
ASAN_OPTIONS=detect_leaks=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS
exec node --test dist/test/*.test.js
