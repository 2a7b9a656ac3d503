# SPDX-License-Identifier: GPL-2.0-or-later
# The C tests: each tests/c/test_*.c is a program, linked with the files there whose headers it includes and with what it
# needs of src/, all with sanitizers. What a fake in tests/c defines takes the place of the real thing.
# Each tests/fuzz/fuzz_*.c is one too, with tests/fuzz/main.c; with FLAVOUR=fuzz by clang, with libFuzzer (or LIB_FUZZING_ENGINE) in its place.
# And all of pykd with sanitizers, for tests/python/test_sanitized.py: what the build has frozen, on this machine's libc.

FLAVOUR := $(or $(FLAVOUR),sanitized)
OUT := build/$(FLAVOUR)/obj
CC := build/$(FLAVOUR)/bin/cc

SOURCES := $(filter-out src/py/% src/main/%,$(sort $(wildcard src/*/*.c src/*/*/*.c)))
PROGRAM := $(sort $(wildcard src/py/*.c src/main/*.c))
# FLAVOUR=sanitized make -f tools/deps/Makefile python
PYTHON_LIB := build/sanitized/sysroot/lib/python.o
HELPERS := $(sort $(filter-out tests/c/test_%,$(wildcard tests/c/*.c)))
TESTS := $(sort $(wildcard tests/c/test_*.c))
TARGETS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
objects = $(1:%.c=$(OUT)/%.o)

CFLAGS := -std=gnu17 -O1 -fsanitize=undefined -fno-sanitize-recover=undefined -fno-strict-aliasing -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-maybe-uninitialized \
	-Wno-missing-field-initializers -Isrc -Itests/c -DKD_PYTHON='"$(PYTHON)"'
LIBS := -lkdumpfile -laddrxlat -ldw -lcapstone -ldeflate -lz -llzo2 -lzstd -lm -lpthread

ifeq ($(FLAVOUR),fuzz)
ENGINE := $(or $(LIB_FUZZING_ENGINE),-fsanitize=fuzzer)
# What gcc warns of has been seen to. A search of 64 GiB that an input claims to have would be all that is ever done.
CFLAGS += -w -O2 -DSEARCH_PAGES_MAX=2048u
else
ENGINE := $(OUT)/tests/fuzz/main.o
endif

.PHONY: all targets FORCE
all: $(TESTS:tests/c/%.c=$(OUT)/%) targets $(if $(wildcard $(PYTHON_LIB)),$(OUT)/pykd)
targets: $(TARGETS:tests/fuzz/%.c=$(OUT)/%)

FORCE:
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','"'"',$(CFLAGS)) $(LIBS)' "$$(cat build/$(FLAVOUR)/stamps/*)" | cmp -s - $@ || \
	printf '%s\n' '$(subst ','"'"',$(CFLAGS)) $(LIBS)' "$$(cat build/$(FLAVOUR)/stamps/*)" >$@

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/libpykd.a: $(call objects,$(SOURCES))
	rm -f $@
	ar rcs $@ $^
# $(call link,WHAT ELSE): a program and the helpers whose headers it includes.
link = included=$$(for helper in $(HELPERS:%.c=%); do ! grep -qw $$helper.h $(<:.o=.d) || echo $(OUT)/$$helper.o; done); \
	$(CC) -fsanitize=undefined -Wl,--allow-multiple-definition -o $@ $< $1 $$included -Wl,--start-group $(OUT)/libpykd.a $(LIBS) -Wl,--end-group
$(OUT)/%: $(OUT)/tests/c/%.o $(call objects,$(HELPERS)) $(OUT)/libpykd.a
	$(link)
$(OUT)/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(filter %.o,$(ENGINE)) $(call objects,$(HELPERS)) $(OUT)/libpykd.a
	$(call link,$(ENGINE))

FROZEN := $(BUILD)/frozen
$(call objects,$(PROGRAM)) $(OUT)/frozen.o: CFLAGS += -Wno-cast-function-type -I$(BUILD)/generated -isystem build/sanitized/sysroot/include/python3.13
$(OUT)/frozen.o: $(FROZEN)/frozen.c $(FROZEN)/table.json $(OUT)/flags
	$(CC) $(CFLAGS) -Wa,-I$(FROZEN) -c $< -o $@
$(OUT)/python.o: $(PYTHON_LIB) $(OUT)/flags
	objcopy $(foreach name,Stdlib Test,--weaken-symbol=_PyImport_Frozen$(name) --weaken-symbol=__odr_asan._PyImport_Frozen$(name)) $< $@
$(OUT)/pykd: $(call objects,$(PROGRAM)) $(OUT)/frozen.o $(OUT)/python.o $(OUT)/libpykd.a
	$(CC) -fsanitize=undefined -o $@ $^ -Wl,--start-group $(LIBS) -Wl,--end-group

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES) $(PROGRAM) $(HELPERS) $(TESTS) $(TARGETS) tests/fuzz/main.c))
