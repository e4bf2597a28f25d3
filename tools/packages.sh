# Sourced by tools/demo and tests/run: installs what is missing from Debian, and nothing when nothing is.

build_packages="cmake ninja-build g++ ccache pkg-config asn1c libssl-dev libsqlite3-dev libpcsclite-dev libboost-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libqrencode-dev libcoap3-dev"
test_packages="catch2 tshark pcscd pcsc-tools opensc vsmartcard-vpcd python3 python3-pyscard openssl curl eapoltest hostapd libcoap3-bin xxd chromium"

install_missing() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  echo "Installing from Debian:$missing" >&2
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Not root and no sudo: run 'apt-get install$missing' as root, then try again." >&2; return 1; }
    as_root=sudo
  fi
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  $as_root apt-get update -qq >&2 && $as_root apt-get install -y -qq --no-install-recommends $missing >&2 ||
    { echo "apt-get could not install:$missing. Check the network and the Debian sources, then try again." >&2; return 1; }
}

configure_and_build() { # preset, targets...
  preset=$1
  shift
  # Clones of one source share what ccache keeps, wherever they are.
  CCACHE_BASEDIR=$(pwd)
  CCACHE_NOHASHDIR=1
  export CCACHE_BASEDIR CCACHE_NOHASHDIR
  cmake --preset "$preset" >build-configure.log 2>&1 || { cat build-configure.log >&2; return 1; }
  rm -f build-configure.log
  cmake --build --preset "$preset" "$@"
}
