/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/qemu_cpu.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/json.h"

/* State of devices is a few hundred KiB; that of a graphics card with its memory is in RAM's section. */
#define DEVICES_LEN_MAX (64u << 20)
#define DESCRIPTION 6 /* a section: its length, then JSON */
#define WORK_MAX (256u << 20)

/* Names of fields in QEMU's descriptions of CPUs (target/i386/machine.c, target/arm/machine.c, target/riscv/machine.c),
 * and the registers that they are, element by element; "" is none. */
#define NAMES_MAX 32
static const struct field_names {
	const char *field;
	const char *registers[NAMES_MAX];
} field_names[] = {
	{ "env.regs",
	  { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
	    "r15" } },
	{ "env.eip", { "rip" } },
	{ "env.eflags", { "rflags" } },
	{ "env.cr[3]", { "cr3" } },
	{ "env.cr[4]", { "cr4" } },
	{ "env.xregs", { "x0",	"x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",	 "x8",	"x9",  "x10",
			 "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
			 "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "lr",	"sp" } },
	{ "env.pc", { "pc" } },
	{ "env.pc", { "epc" } },
	{ "cpsr", { "pstate" } },
	{ "env.gpr",
	  { "",	  "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
	    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" } },
};

struct devices {
	struct kd_image *image;
	const uint8_t *bytes;
	size_t len;  /* without the description */
	size_t at;   /* behind the last CPU: they are in the order of the description */
	size_t work; /* how many bytes of descriptions may still be gone through: sections may be found in vain */
};

/* A segment of x86: selector, base, limit, flags. */
#define SEGMENT_LEN 20
static void set_segments(struct kd_image_cpu *cpu, struct kd_cursor data)
{
	static const char *const names[] = { "es", "cs", "ss", "ds", "fs", "gs" };
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		char base[8];
		snprintf(base, sizeof(base), "%s_base", names[i]);
		kd_image_set(cpu, names[i], kd_cursor_u32(&data));
		kd_image_set(cpu, base, kd_cursor_u64(&data));
		kd_cursor_skip(&data, 8);
	}
}

static void set_field(struct kd_image_cpu *cpu, const char *name, uint64_t size, uint64_t nr, struct kd_cursor data)
{
	if (!strcmp(name, "env.segs") && size == SEGMENT_LEN && nr == 6)
		set_segments(cpu, data);
	for (size_t i = 0; i < KD_ARRAY_NR(field_names); i++) {
		const struct field_names *one = &field_names[i];
		for (size_t j = 0; !strcmp(one->field, name) && j < nr && j < NAMES_MAX && one->registers[j]; j++) {
			const uint64_t value = size == 8 ? kd_cursor_u64(&data) : kd_cursor_u32(&data);
			if (size == 8 || size == 4)
				kd_image_set(cpu, one->registers[j], value);
		}
	}
}

/** One field: its description is next in the JSON, and its value in the data. */
static void read_field(struct kd_image_cpu *cpu, struct kd_json *json, struct kd_cursor *data)
{
	char key[32], name[64] = "";
	uint64_t size = 0, nr = 1;
	if (!kd_json_enter(json, '{'))
		return;
	while (kd_json_member(json, key, sizeof(key))) {
		if (!strcmp(key, "name"))
			kd_json_string(json, name, sizeof(name));
		else if (!strcmp(key, "size"))
			kd_json_u64(json, &size);
		else if (!strcmp(key, "array_len"))
			kd_json_u64(json, &nr);
		else
			kd_json_skip(json);
	}
	const size_t left = kd_cursor_left(data);
	if (size && nr > left / size) {
		json->failed = true;
		return;
	}
	set_field(cpu, name, size, nr, kd_cursor_init(data->position, size * nr, KD_BIG));
	kd_cursor_skip(data, size * nr);
}

/** Whether what the description says fills the section: behind it is its footer, or a part that it may have. */
static bool read_fields(struct kd_image_cpu *cpu, struct kd_json json, struct kd_cursor data)
{
	if (!kd_json_enter(&json, '['))
		return false;
	while (kd_json_element(&json))
		read_field(cpu, &json, &data);
	const uint8_t next = kd_cursor_u8(&data);
	return !json.failed && (next == KD_QEMU_FOOTER || next == KD_QEMU_SUBSECTION);
}

/** The section of a CPU, which nothing points to: all that begins as one and is as the description says. */
static void read_cpu(struct devices *devices, uint32_t instance, struct kd_json fields)
{
	static const char name[] = "\3cpu";
	const uint8_t *at = devices->bytes + devices->at, *end = devices->bytes + devices->len;
	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1))) {
		const uint8_t *start = at - 5;
		at += sizeof(name) - 1;
		struct kd_cursor data = kd_cursor_init(at, (size_t)(end - at), KD_BIG);
		devices->at = (size_t)(at - devices->bytes);
		if (start < devices->bytes || *start != KD_QEMU_SECTION_FULL || kd_cursor_u32(&data) != instance)
			continue;
		kd_cursor_skip(&data, sizeof(uint32_t)); /* its version */
		struct kd_image_cpu found = {};
		const size_t len = (size_t)(fields.end - fields.at);
		if (devices->work < len)
			break;
		devices->work -= len;
		if (!read_fields(&found, fields, data))
			continue;
		struct kd_image_cpu *cpu = kd_image_cpu(devices->image, instance);
		if (cpu)
			*cpu = found;
		return;
	}
	devices->at = devices->len;
}

static void read_device(struct devices *devices, struct kd_json *json)
{
	char key[32], name[64] = "";
	uint64_t instance = 0;
	struct kd_json fields = { .failed = true };
	if (!kd_json_enter(json, '{'))
		return;
	while (kd_json_member(json, key, sizeof(key))) {
		const bool is_fields = !strcmp(key, "fields");
		if (is_fields)
			fields = *json;
		if (!strcmp(key, "name"))
			kd_json_string(json, name, sizeof(name));
		else if (!strcmp(key, "instance_id"))
			kd_json_u64(json, &instance);
		else
			kd_json_skip(json);
		if (is_fields)
			fields.end = json->at;
	}
	if (!strcmp(name, "cpu") && !fields.failed && instance < KD_IMAGE_CPUS_MAX)
		read_cpu(devices, (uint32_t)instance, fields);
}

static void read_description(struct devices *devices, struct kd_json json)
{
	char key[32];
	if (!kd_json_enter(&json, '{'))
		return;
	while (kd_json_member(&json, key, sizeof(key))) {
		if (strcmp(key, "devices") != 0) {
			kd_json_skip(&json);
			continue;
		}
		if (kd_json_enter(&json, '['))
			while (kd_json_element(&json))
				read_device(devices, &json);
	}
}

struct kd_error *kd_qemu_read_cpus(struct kd_image *image, const struct kd_file *file, uint64_t offset)
{
	if (offset >= file->size || file->size - offset > DEVICES_LEN_MAX)
		return NULL;
	const size_t len = file->size - offset;
	size_t got;
	KD_FREE uint8_t *bytes = malloc(len);
	if (!bytes)
		return &kd_error_nomem;
	struct kd_error *err = kd_file_read(file, offset, bytes, len, &got);
	if (err)
		return err;
	/* The end of the sections, and the description, whose length fits. */
	for (size_t i = 1; i + 7 < got; i++) {
		const uint32_t json_len = kd_load_u32(KD_BIG, bytes + i + 1);
		if (bytes[i - 1] || bytes[i] != DESCRIPTION || memcmp(bytes + i + 5, "{\"", 2) != 0)
			continue;
		/* Nothing else begins so: it was cut off. */
		image->incomplete |= json_len > got - i - 5;
		if (image->incomplete)
			return NULL;
		const char *start = (const char *)bytes + i + 5;
		struct devices devices = { image, bytes, i, 0, WORK_MAX };
		read_description(&devices, (struct kd_json){ .at = start, .end = start + json_len });
		return NULL;
	}
	/* Without one the end of the sections is the end. */
	image->incomplete |= bytes[got - 1] != 0;
	return NULL;
}
