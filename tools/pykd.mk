# SPDX-License-Identifier: GPL-2.0-or-later
# Compile src/, freeze the Python files, link. Run by build.sh with the environment of tools/deps/env.sh.
#
# A new .c or .py file needs no entry here: C files are found by pattern, Python files by frozen/manifest.py.

OUT := $(BUILD)/obj
FROZEN := $(BUILD)/frozen
GENERATED := $(BUILD)/generated
# For another machine the same files are frozen: those of this machine's build.
LIBRARY := $(TOP)/build/$(HOST_ARCH)/python/lib/python3.13
PACKER := $(dir $(PYTHON))zstd

SOURCES := $(sort $(wildcard src/*/*.c src/*/*/*.c))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)

# As in the kernel no -Wmaybe-uninitialized: it does not see that a function which returns no error has set its result.
WARNINGS := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wno-maybe-uninitialized \
	-Wno-missing-field-initializers -Wno-cast-function-type
# Layers include each other by path from src; nothing shows where this tree or the sysroot lies. The sysroot is named though
# the compiler knows its own: that is another tree's where the build folder is a copy.
CPPFLAGS := -Isrc -I$(GENERATED) -isystem $(SYSROOT)/include/python3.13 -isystem $(SYSROOT)/include -D_GNU_SOURCE \
	-ffile-prefix-map=$(TOP)=. $(patsubst %,-ffile-prefix-map=%=./sysroot,$(SYSROOT) $(realpath $(SYSROOT)))
# On arm64 char has no sign unless told so: our own code means the same thing on every host.
CFLAGS := -std=gnu17 -O3 -g -fsigned-char -fno-pie -fno-plt -fno-strict-aliasing -fstack-protector-strong -ffunction-sections \
	-fdata-sections $(WARNINGS)
LDFLAGS := -L$(SYSROOT)/lib -static -no-pie -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,-z,noexecstack -Wl,-z,relro
LIBS := -lkdumpfile -laddrxlat -ldw -lcapstone -ldeflate -lz -llzo2 -lzstd -lm

BINARY ?= pykd

.PHONY: all FORCE
all: $(BINARY)

FORCE:

# Everything is rebuilt when the flags or a dependency change.
$(BUILD)/flags: FORCE
	@printf '%s\n' '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBS)' "$$(cat $(BUILD)/stamps/*)" | cmp -s - $@ || \
	printf '%s\n' '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBS)' "$$(cat $(BUILD)/stamps/*)" >$@

$(GENERATED)/docstrings.h: frozen/_pykd.pyi tools/gen_docstrings.py
	@mkdir -p $(@D)
	$(PYTHON) tools/gen_docstrings.py $< $@

$(OUT)/%.o: %.c $(BUILD)/flags | $(GENERATED)/docstrings.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The freezer itself sees what changed; it leaves its files alone when nothing did.
$(FROZEN)/frozen.c: FORCE
	@mkdir -p $(FROZEN)
	@$(PYTHON) tools/freeze.py $(TOP) $(LIBRARY) $(BUILD)/licences $(PACKER) $(FROZEN)
$(OUT)/frozen.o: $(FROZEN)/frozen.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wa,-I$(FROZEN) -c $< -o $@

# CPython has part of its library frozen in itself, where nothing looks: main.c says that there is none of it.
$(OUT)/python.o: $(SYSROOT)/lib/python.o $(BUILD)/flags
	@mkdir -p $(@D)
	objcopy --weaken-symbol=_PyImport_FrozenStdlib --weaken-symbol=_PyImport_FrozenTest $< $@

$(BUILD)/pykd.debug: $(OBJECTS) $(OUT)/frozen.o $(OUT)/python.o
	$(CC) $(LDFLAGS) -Wl,-Map=$(BUILD)/pykd.map -o $@ $^ $(LIBS)
# Debuggers find in pykd.debug how to unwind the stack; nothing in pykd itself does that, and it is half a megabyte.
$(BINARY): $(BUILD)/pykd.debug
	strip -R .eh_frame -o $@.new $<
	$(PYTHON) tools/seal.py $@.new
	mv $@.new $@

# For tools/fuzz_structures.py: the same with a hold on what it reads.
WRAPPED := kdump_read kd_dump_page kd_dump_read kd_memory_read kd_memory_read_upto kd_memory_view kd_memory_read_string
.PHONY: overlay
overlay: $(BUILD)/pykd-overlay
$(BUILD)/pykd-overlay: $(OBJECTS) $(OUT)/tests/fuzz/overlay.o $(OUT)/frozen.o $(OUT)/python.o
	$(CC) $(LDFLAGS) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)

-include $(OBJECTS:.o=.d) $(OUT)/tests/fuzz/overlay.d
