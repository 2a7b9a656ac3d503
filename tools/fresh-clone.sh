#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fresh-clone.sh SUITE FOLDER: what a newcomer does, on a bare Debian of that suite (bookworm, trixie) in FOLDER, in a clone of
# the last commit: ./build.sh demo, then ./build.sh test. As root, with debootstrap; the mirror is that of this machine's apt. Half an hour.
#
# FOLDER may be there from an earlier run: the clone in it is made anew. The output of both goes to FOLDER/root/{demo,test}.log.
. "$(dirname "$0")/deps/env.sh"

[ $# -eq 2 ] || die "usage: tools/fresh-clone.sh SUITE FOLDER"
[ "$(id -u)" = 0 ] || die "only root can make a Debian in a folder"
command -v debootstrap >/dev/null || die "apt-get install debootstrap"
suite=$1 root=$2

# The archive that this machine's apt knows, without those of updates.
mirror=$({
	sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
	sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources
} 2>/dev/null | grep '/debian/*$' | head -n 1) || die "no mirror of Debian in the configuration of apt"

[ -e "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase "$suite" "$root" "$mirror"

leave()
{
	mountpoint -q "$root/mnt" && umount "$root/mnt"
	mountpoint -q "$root/dev" && umount -R -l "$root/dev"
	mountpoint -q "$root/proc" && umount -R -l "$root/proc"
	return 0
}
trap leave EXIT
for name in dev proc; do
	mount --rbind --make-rslave "/$name" "$root/$name"
done
mount --bind -o ro "$(git -C "$TOP" rev-parse --path-format=absolute --git-common-dir)" "$root/mnt"
cp /etc/resolv.conf "$root/etc/"
# Where the network is behind a proxy with a certificate of its own.
cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root/root/certificates"
rm -rf "$root/root/pykd"

env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin CURL_CA_BUNDLE=/root/certificates NODE_EXTRA_CA_CERTS=/root/certificates \
	npm_config_cafile=/root/certificates COMMIT="$(git -C "$TOP" rev-parse HEAD)" nice chroot "$root" bash -eu <<'EOF'
cd /root
command -v git >/dev/null || { apt-get update -qq; apt-get install -qq -y --no-install-recommends git; } </dev/null >git.log 2>&1
git config --global safe.directory '*'
git clone -q /mnt pykd
cd pykd
git checkout -q "$COMMIT"
for verb in demo test; do
	begun=$SECONDS
	status=0
	./build.sh $verb </dev/null >../$verb.log 2>&1 || status=$?
	echo "./build.sh $verb: status $status, $((SECONDS - begun)) s"
done
grep -E '^(skipped|FAIL:|ERROR:)|^[0-9]+ passed' ../test.log
EOF
