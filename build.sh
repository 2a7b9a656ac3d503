#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The one entry: builds ./pykd, and everything that is done with it. ./build.sh --help lists the verbs.
HOST_ARCH=$(uname -m)
ARCH=${ARCH:-$HOST_ARCH}
if [ "${1:-}" = --arch ]; then
	ARCH=${2:?--arch needs a machine: x86_64 or aarch64}
	shift 2
fi
BINARY=pykd
[ "$ARCH" = "$HOST_ARCH" ] || BINARY=pykd-$ARCH
export HOST_ARCH ARCH BINARY
. "$(dirname "$0")/tools/deps/env.sh"
cd "$TOP" || exit

usage()
{
	cat <<'EOF'
usage: ./build.sh [--arch ARCH] [VERB]

  build           (default) fetch and build what is missing; leaves ./pykd
  demo            build, then run the main job on the sample dump
  test            build, then run every fast test: C, Python, style, layers
  test-kernels    build, then compare with kernels that were booted, loaded and crashed; tools/vmtest/README.md
  fuzz            build, then look for inputs that pykd gets wrong: fuzz [TARGET...] [-t MINUTES]; the same as tools/fuzz
  bench           build, then measure start-up, codecs and the main job, beside drgn and crash; bench --against FILE: beside another pykd;
                  bench --scale: what very large dumps cost
  dist            build, then gather a release in dist/: executable, debug file, man page, completions, licences, SBOM, hashes
  reproduce       build everything twice, in other folders, as another user, and compare; some ten minutes
  docs            build, then make the documentation as a site in build/docs/html
  size            build, then say where the bytes of ./pykd go
  outdated        say which pinned sources have newer releases, by the Debian archives that this machine knows
  clean           remove what was built of pykd itself; clean --all: the dependencies too
  fetch FOLDER    fetch all pinned sources into FOLDER, for building without network

  --arch aarch64  with build, dist, reproduce and clean: the same for arm64 hosts, cross-compiled; leaves ./pykd-aarch64

Environment:
  PYKD_SOURCES    folder with source archives, looked at first
  PYKD_OFFLINE=1  never use the network
  JOBS=N          parallel jobs (default: all processors)
EOF
}

# What must be on the machine, as "command or file:Debian package".
NEEDED="gcc:gcc make:make curl:curl flock:util-linux xz:xz-utils bzip2:bzip2 patch:patch autoreconf:autoconf automake:automake
	libtoolize:libtool m4:m4 pkg-config:pkg-config strip:binutils file:file
	/usr/include/linux/fs.h:linux-libc-dev /etc/ssl/certs/ca-certificates.crt:ca-certificates"

# What tests of style, of completions, of other processors, of core files and of the report's page ask; without one of these they are skipped.
NEEDED_BY_TESTS="python3:python3 git:git node:nodejs npm:npm shellcheck:shellcheck strace:strace groff:groff-base zsh:zsh fish:fish
	qemu-x86_64:qemu-user qemu-aarch64:qemu-user gdb:gdb gdb-multiarch:gdb-multiarch parallel:parallel chromium:chromium"

# The same for the bench of kernels.
NEEDED_BY_KERNELS="python3:python3 qemu-system-x86_64:qemu-system-x86 readelf:binutils zstd:zstd mmdebstrap:mmdebstrap
	dpkg-deb:dpkg"

# And to boot kernels of other machines in it.
NEEDED_BY_OTHER_KERNELS="qemu-system-aarch64:qemu-system-arm qemu-system-riscv64:qemu-system-misc qemu-system-s390x:qemu-system-misc
	qemu-system-ppc64:qemu-system-ppc qemu-aarch64:qemu-user aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu
	riscv64-linux-gnu-gcc:gcc-riscv64-linux-gnu s390x-linux-gnu-gcc:gcc-s390x-linux-gnu powerpc64le-linux-gnu-gcc:gcc-powerpc64le-linux-gnu
	/usr/aarch64-linux-gnu/lib/libc.a:libc6-dev-arm64-cross /usr/riscv64-linux-gnu/lib/libc.a:libc6-dev-riscv64-cross
	/usr/s390x-linux-gnu/lib/libc.a:libc6-dev-s390x-cross /usr/powerpc64le-linux-gnu/lib/libc.a:libc6-dev-ppc64el-cross"

# And to make the site of the documentation.
NEEDED_BY_DOCS="sphinx-build:python3-sphinx /usr/lib/python3/dist-packages/myst_parser:python3-myst-parser
	/usr/lib/python3/dist-packages/furo:furo"

# And to fuzz.
NEEDED_BY_FUZZ="clang:clang"

# And to build for arm64 hosts on another machine.
NEEDED_BY_AARCH64="aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu
	/usr/aarch64-linux-gnu/include/linux/fs.h:linux-libc-dev-arm64-cross"

# And to run it: it writes its own man page.
NEEDED_TO_RUN_AARCH64="qemu-aarch64:qemu-user"

# need LIST [optional]: install the packages that provide what is missing, or say how.
need()
{
	local item missing=()
	local install="apt-get update && apt-get install --no-install-recommends"
	for item in $1; do
		case $item in
		/*) [ -e "${item%%:*}" ] || missing+=("${item#*:}") ;;
		*) command -v "${item%%:*}" >/dev/null || missing+=("${item#*:}") ;;
		esac
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ -n "${2:-}" ] && { [ "$(id -u)" != 0 ] || [ "${PYKD_OFFLINE:-0}" != 0 ]; }; then
		say "some tests will be skipped; for all of them: $install ${missing[*]}"
		return 0
	fi
	if [ "$(id -u)" != 0 ]; then
		die "packages are missing; run: $install ${missing[*]}"
	fi
	say "installing ${missing[*]}"
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}

# One build at a time in this tree.
lock()
{
	mkdir -p "$BUILD"
	exec 9>"$TOP/build/lock"
	if ! flock -n 9; then
		say "waiting for another build in this folder"
		flock 9
	fi
}

# What another machine's executable needs to run here.
emulator()
{
	[ "$ARCH" = "$HOST_ARCH" ] || command -v "qemu-$ARCH-static" >/dev/null || need "$NEEDED_TO_RUN_AARCH64"
}

# Aim the build at another machine than this one. Its Python files are frozen by this machine's interpreter.
cross()
{
	case $HOST_ARCH:$ARCH in
	x86_64:aarch64) need "$NEEDED_BY_AARCH64" ;;
	*) die "--arch $ARCH: on $HOST_ARCH pykd is built for $HOST_ARCH, on x86_64 also for aarch64" ;;
	esac
	ARCH=$HOST_ARCH make --no-print-directory -s -j2 -f tools/deps/Makefile freezer 9>&-
	. tools/deps/cross.sh
}

build()
{
	need "$NEEDED"
	lock
	[ "$ARCH" = "$HOST_ARCH" ] || cross
	make --no-print-directory -s -j2 -f tools/deps/Makefile 9>&-
	make --no-print-directory -s -j"$JOBS" -f tools/pykd.mk "$@" 9>&-
	flock -u 9
}

# The C tests run against this machine's libc, since the sanitizers need it.
build_tests()
{
	lock
	FLAVOUR=sanitized make --no-print-directory -s -j2 -f tools/deps/Makefile libraries python 9>&-
	# A test that does not build is a test that fails, like one that fails in another way.
	make --no-print-directory -k -s -j"$JOBS" -f tools/tests.mk 9>&- || say "not all C tests could be built"
	# ruff is not in Debian, nor are the client of MCP and the types of Kubernetes. Without them, and without node, what needs them is skipped.
	if command -v npm >/dev/null && [ "${PYKD_OFFLINE:-0}" = 0 ] && ! cmp -s tools/lint/package-lock.json build/lint/node_modules/fetched; then
		mkdir -p build/lint
		cp tools/lint/package*.json build/lint/
		if npm ci --prefix build/lint --silent --no-audit --no-fund >&2; then
			cp tools/lint/package-lock.json build/lint/node_modules/fetched
		else
			say "no ruff: npm could not fetch it"
		fi
	fi
	# mypy of Debian 12 is too old, clang-format of Debian 13 too new.
	if command -v python3 >/dev/null && [ "${PYKD_OFFLINE:-0}" = 0 ]; then
		python3 tools/lint/tool.py --fetch || say "not all of the style is checked"
	fi
	flock -u 9
}

# The targets of tests/fuzz with libFuzzer, whose runtime is in a package that has clang's version in its name.
build_fuzz()
{
	local runtime
	runtime=$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-$HOST_ARCH.a
	need "$runtime:libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
	lock
	FLAVOUR=fuzz make --no-print-directory -s -j2 -f tools/deps/Makefile libraries 9>&-
	FLAVOUR=fuzz make --no-print-directory -s -j"$JOBS" -f tools/tests.mk targets 9>&-
	flock -u 9
}

clean()
{
	lock
	rm -f "$BINARY"
	if [ "${1:-}" = --all ]; then
		find build -mindepth 1 -maxdepth 1 ! -name lock ! -name sources -exec rm -rf {} +
	else
		rm -rf "$BUILD"/{obj,frozen,generated,flags,pykd.debug} build/{sanitized,fuzz}/obj
	fi
}

fetch()
{
	local name archive
	[ -n "${1:-}" ] || die "usage: ./build.sh fetch FOLDER"
	mkdir -p "$1"
	grep -oE '^[a-z][a-z0-9]*' tools/deps/pins.conf | while read -r name; do
		archive=$(tools/deps/fetch.sh "$name")
		cp "$archive" "$1/"
	done
}

verb=${1:-build}
[ $# -eq 0 ] || shift
case $ARCH:$verb in
"$HOST_ARCH":* | *:build | *:dist | *:reproduce | *:clean | *:-h | *:--help | *:help) ;;
*) die "--arch $ARCH: only build, dist, reproduce and clean; ./build.sh test runs ./pykd-$ARCH by qemu-user where both are there" ;;
esac
case $verb in
build) build "$@" ;;
demo)
	build
	exec tools/demo.sh
	;;
test)
	need "$NEEDED_BY_TESTS" optional
	build
	build_tests
	exec tools/test.sh "$@"
	;;
test-kernels)
	build
	# What is in the cache needs no virtual machine.
	case " $* " in
	*" --cached "* | *" --list "*) need "python3:python3" ;;
	*) need "$NEEDED_BY_KERNELS" ;;
	esac
	case " $* " in
	*" --cached "* | *" --list "*) ;;
	*" --all "* | *arm64* | *riscv64* | *s390x* | *ppc64le*) need "$NEEDED_BY_OTHER_KERNELS" ;;
	esac
	exec python3 tools/vmtest "$@"
	;;
fuzz)
	need "$NEEDED_BY_FUZZ"
	build all overlay
	build_fuzz
	exec tools/fuzz --built "$@"
	;;
bench)
	build
	exec tools/bench.sh "$@"
	;;
dist)
	build
	emulator
	exec tools/dist.sh
	;;
reproduce)
	need "$NEEDED"
	[ "$ARCH" = "$HOST_ARCH" ] || need "$NEEDED_BY_AARCH64"
	emulator
	exec tools/reproduce.sh "$@"
	;;
docs)
	need "$NEEDED_BY_DOCS"
	build
	exec tools/docs.sh
	;;
size)
	build
	exec "$PYTHON" tools/size.py pykd "$BUILD/pykd.map" "$BUILD/frozen/table.json"
	;;
outdated) exec tools/outdated.sh "$@" ;;
clean) clean "$@" ;;
fetch) fetch "$@" ;;
-h | --help | help) usage ;;
*)
	usage >&2
	exit 2
	;;
esac
