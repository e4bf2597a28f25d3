#!/bin/sh
# Installs the build into a folder of its own and builds a stranger's program against it, with CMake and with pkg-config.
set -eu
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR= cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
libdir=$(dirname "$(find "$work/prefix" -name simurgh-config.cmake | head -n 1)")/../..
cmake -S "$source/tests/host/consumer" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
cmake --build "$work/consumer" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/consumer/consumer" | grep -q 'holds no card'
# The installed .pc names the configured prefix; a moved tree overrides it, as packagers do.
PKG_CONFIG_PATH="$libdir/pkgconfig"
export PKG_CONFIG_PATH
flags=$(pkg-config --static --cflags --libs --define-variable=libdir="$libdir" --define-variable=includedir="$work/prefix/include/simurgh" simurgh)
g++ -std=c++23 "$source/tests/host/consumer/main.cpp" -o "$work/with-pkg-config" $flags
"$work/with-pkg-config" | grep -q 'holds no card'
# The reader's configuration names the handler where it is.
[ -e "$(sed -n 's/^LIBPATH *//p' "$work/prefix/etc/reader.conf.d/simurgh")" ]
"$work/prefix/bin/simurgh" --version
"$work/prefix/bin/simurgh" doctor --quiet
