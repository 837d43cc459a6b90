#!/bin/sh
# Builds Hawser from the checkout around this script and installs it; run it again to update.
#
#   sudo deploy/install.sh              into /usr/local
#   deploy/install.sh --uninstall       removes what it installed; configuration and quotas stay
#
# PREFIX (default /usr/local) and DESTDIR (default empty, for building packages) are taken from the environment.
set -eu

PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
LIBRARY=$PREFIX/lib/hawser
PROGRAM=$PREFIX/bin/hawser
UNIT=/etc/systemd/system/hawser@.service
CONFIGURATION=/etc/hawser

main() {
  cd "$(dirname "$0")/.."
  case "${1:-}" in
    '') ;;
    --uninstall) uninstall; return ;;
    *) fail "unknown argument $1; see the top of $0" ;;
  esac
  check_requirements
  build
  install_library
  install_program
  install_unit
  echo "Installed $(node "$DESTDIR$LIBRARY/dist/shared/cli/main.js" --version) as $PROGRAM."
  echo "Next: write $CONFIGURATION/client.conf or $CONFIGURATION/server.conf after the examples in $LIBRARY/conf,"
  echo "with mode 0600, try it with \"hawser check FILE\", then: systemctl enable --now hawser@client"
}

check_requirements() {
  [ -n "$DESTDIR" ] || [ "$(id -u)" = 0 ] || fail "run this as root, or set DESTDIR"
  for program in node npm make g++ python3; do
    command -v "$program" >/dev/null || fail "$program is missing: apt-get install nodejs npm build-essential python3"
  done
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 9) ? 0 : 1)' ||
    fail "Node.js 20.9 or newer is needed, this is $(node --version)"
  # The unit's ProtectHome hides what is below these.
  case "$(node_path)" in
    /home/* | /root/*) echo "warning: $(node_path) cannot be run by the service; install Node.js for the system" >&2 ;;
  esac
}

build() {
  # Headers that came with Node.js save a download.
  for headers in "$(dirname "$(dirname "$(node_path)")")" /usr; do
    if [ -f "$headers/include/node/node_api.h" ]; then
      export npm_config_nodedir="$headers"
      break
    fi
  done
  npm ci --no-audit --no-fund
  npm run build
}

# Puts the new version beside the old one and then in its place, so that a running daemon never sees half of it.
install_library() {
  fresh=$DESTDIR$LIBRARY.new
  rm -rf "$fresh"
  mkdir -p "$fresh/shared"
  cp -R package.json package-lock.json LICENSE dist conf deploy node_modules "$fresh/"
  cp -R shared/native "$fresh/shared/"
  rm -rf "$fresh/dist/test"
  (cd "$fresh" && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
  chmod -R u=rwX,go=rX "$fresh"
  rm -rf "$DESTDIR$LIBRARY.old"
  [ ! -e "$DESTDIR$LIBRARY" ] || mv "$DESTDIR$LIBRARY" "$DESTDIR$LIBRARY.old"
  mv "$fresh" "$DESTDIR$LIBRARY"
  rm -rf "$DESTDIR$LIBRARY.old"
}

# The addons fit the Node.js that they were built with, so that one is named.
install_program() {
  mkdir -p "$DESTDIR$PREFIX/bin"
  cat >"$DESTDIR$PROGRAM.new" <<END
#!/bin/sh
exec "$(node_path)" "$LIBRARY/dist/shared/cli/main.js" "\$@"
END
  chmod 0755 "$DESTDIR$PROGRAM.new"
  mv "$DESTDIR$PROGRAM.new" "$DESTDIR$PROGRAM"
}

install_unit() {
  mkdir -p "$DESTDIR$(dirname "$UNIT")" "$DESTDIR$CONFIGURATION"
  chmod 0700 "$DESTDIR$CONFIGURATION"
  sed "s|/usr/local/|$PREFIX/|g" deploy/hawser@.service >"$DESTDIR$UNIT"
  chmod 0644 "$DESTDIR$UNIT"
  reload
}

uninstall() {
  rm -rf "$DESTDIR$LIBRARY" "$DESTDIR$PROGRAM" "$DESTDIR$UNIT"
  reload
}

reload() {
  if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
}

node_path() {
  node -p process.execPath
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

main "$@"
