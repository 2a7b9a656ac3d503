./configure --prefix="$SYSROOT" --host="$ARCH-linux-musl" --disable-shared --enable-static
make -j"$JOBS"
make install
