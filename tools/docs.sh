#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh docs: the site of docs/ in build/docs/html, with the pages of commands and of the API. Its search needs no server.
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit
rm -rf build/docs
mkdir -p build/docs
./pykd --run tools/docs.py --site build/docs/source || die "the pages could not be made"
sphinx-build -q -W --keep-going -b html build/docs/source build/docs/html || die "Sphinx has something against the pages"
say "build/docs/html/index.html"
