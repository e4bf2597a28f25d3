#!/bin/sh
# The Debian package: everything in its folder, the reader's configuration where pcscd looks, and the programs work from the unpacked tree.
# Usage: debian_package.sh BUILD
set -eu
build=$1
if ! command -v dpkg-deb >/dev/null || ! command -v cpack >/dev/null; then
  echo "not tried: dpkg-deb or cpack is not installed"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/made" >cpack.log 2>&1 || { cat cpack.log; exit 1; }
package=$(ls made/*.deb)
dpkg-deb --field "$package" Package | grep -qx simurgh
dpkg-deb --field "$package" Recommends | grep -q pcscd
dpkg-deb --ctrl-tarfile "$package" | tar -xO ./conffiles | grep -qx /etc/reader.conf.d/simurgh
dpkg-deb --extract "$package" tree
handler=$(sed -n 's/^LIBPATH *//p' tree/etc/reader.conf.d/simurgh)
[ "$handler" = /usr/lib/pcsc/drivers/serial/libifdsimurgh.so ]
[ -f "tree$handler" ]
[ -z "$(find tree -mindepth 1 -maxdepth 1 ! -name usr ! -name etc)" ]
[ ! -e tree/usr/etc ]
[ -f tree/usr/share/man/man1/simurgh.1 ] || [ -f tree/usr/share/man/man1/simurgh.1.gz ]
simurgh=$work/tree/usr/bin/simurgh
"$simurgh" --version | grep -q '^simurgh '
"$simurgh" new my.card >/dev/null
"$simurgh" exec --card my.card -- "$simurgh" lpa chip info | grep -q 89
