# SPDX-License-Identifier: GPL-2.0-or-later
# The pinned environment in which build.sh gives the same bytes again.
#
#     docker build --output . .             leaves ./pykd
#
# What it fetches: the pinned sources (tools/deps/pins.conf), unless ./build.sh fetch sources has put them beside this file,
# and Debian's packages of the compiler. README.md has the same for podman and buildah.
ARG BASE=docker.io/library/debian:bookworm-20250929-slim
FROM ${BASE} AS build
COPY . /src/pykd
WORKDIR /src/pykd
RUN if [ -d sources ]; then export PYKD_SOURCES=$PWD/sources; fi && ./build.sh && ./pykd --self-test

FROM scratch
COPY --from=build /src/pykd/pykd /pykd
ENTRYPOINT ["/pykd"]
