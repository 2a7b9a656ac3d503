/* BPF programs and maps: loaded, one of them attached to a socket, held by a child. */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

#ifndef SO_ATTACH_BPF
#define SO_ATTACH_BPF 50
#endif

#define INSN(op, to, from, offset, value) \
	((struct bpf_insn){ .code = (op), .dst_reg = (to), .src_reg = (from), .off = (offset), .imm = (value) })
#define MOVE(to, from) INSN(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define SET(to, value) INSN(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define RETURN INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Two slots: 64 bits. */
#define MAP(to, fd) INSN(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define WIDE(to, value) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, to, 0, 0, (int32_t)(value)), INSN(0, 0, 0, 0, (int32_t)((uint64_t)(value) >> 32))

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int new_map(const char *name, int type, int key, int value, int entries, int flags)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = key, .value_size = value, .max_entries = entries, .map_flags = flags
	};
	int fd;

	strncpy(attr.map_name, name, sizeof(attr.map_name) - 1);
	fd = bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		complain("BPF map %s", name);
	return fd;
}

static int load(const char *name, int type, const struct bpf_insn *insns, int nr)
{
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = type, .insns = (uintptr_t)insns, .insn_cnt = nr, .license = (uintptr_t) "GPL",
		.log_level = 1, .log_buf = (uintptr_t)log, .log_size = sizeof(log)
	};
	int fd;

	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	log[0] = 0;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		complain("BPF program %s: %s", name, log);
	return fd;
}

#define LOAD(name, type, insns) load(name, type, insns, sizeof(insns) / sizeof(insns[0]))

/* Counts packets by length in the map; every sort of instruction that a compiler makes. */
static int counter(int map)
{
	const struct bpf_insn insns[] = {
		MOVE(BPF_REG_6, BPF_REG_1),
		INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 9), /* of the packet, in r0 */
		MOVE(BPF_REG_7, BPF_REG_0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_8, BPF_REG_6, offsetof(struct __sk_buff, len), 0),
		INSN(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_8, -4, 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 1),
		MOVE(BPF_REG_2, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		MAP(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 3, 0),
		SET(BPF_REG_1, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD),
		INSN(BPF_JMP | BPF_JA, 0, 0, 8, 0),
		MOVE(BPF_REG_2, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		MOVE(BPF_REG_3, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, -16),
		MAP(BPF_REG_1, map),
		SET(BPF_REG_4, BPF_ANY),
		CALL(BPF_FUNC_map_update_elem),
		/* 32 bits, ends, signs, shifts */
		INSN(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_7, 0, 0),
		INSN(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, 0xff00),
		INSN(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_1, 0, 0, 8),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_1, 0, 0, 16),
		INSN(BPF_ALU64 | BPF_XOR | BPF_X, BPF_REG_1, BPF_REG_8, 0, 0),
		INSN(BPF_ALU64 | BPF_NEG, BPF_REG_1, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_ARSH | BPF_K, BPF_REG_1, 0, 0, 3),
		INSN(BPF_JMP32 | BPF_JSGT | BPF_K, BPF_REG_1, 0, 1, -5),
		INSN(BPF_ALU64 | BPF_MUL | BPF_K, BPF_REG_1, 0, 0, 3),
		INSN(BPF_JMP | BPF_JGE | BPF_X, BPF_REG_1, BPF_REG_8, 1, 0),
		INSN(BPF_ALU64 | BPF_MOD | BPF_K, BPF_REG_1, 0, 0, 7),
		MOVE(BPF_REG_0, BPF_REG_1),
		RETURN,
	};

	return LOAD("kd_count", BPF_PROG_TYPE_SOCKET_FILTER, insns);
}

/* A function of its own, a constant of 64 bits, several maps. */
static int caller(int array, int ring)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
		MOVE(BPF_REG_2, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		MAP(BPF_REG_1, array),
		CALL(BPF_FUNC_map_lookup_elem),
		MOVE(BPF_REG_1, BPF_REG_0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
		RETURN,
		/* the function: 0 if the value is not there */
		MOVE(BPF_REG_6, BPF_REG_1),
		SET(BPF_REG_0, 0),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_6, 0, 15, 0),
		WIDE(BPF_REG_3, 0x1122334455667788),
		INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_6, BPF_REG_3, 0, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_3, -8, 0),
		CALL(BPF_FUNC_get_smp_processor_id),
		INSN(BPF_STX | BPF_MEM | BPF_H, BPF_REG_10, BPF_REG_0, -2, 0),
		MOVE(BPF_REG_2, BPF_REG_10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -8),
		MAP(BPF_REG_1, ring),
		SET(BPF_REG_3, 8),
		SET(BPF_REG_4, 0),
		CALL(BPF_FUNC_ringbuf_output),
		CALL(BPF_FUNC_ktime_get_ns),
		SET(BPF_REG_0, 1),
		RETURN,
	};

	return LOAD("kd_caller", BPF_PROG_TYPE_TRACEPOINT, insns);
}

static void holder(void *arg)
{
	union bpf_attr attr = {};
	uint32_t key = 100;
	uint64_t value = 7;
	int hash = new_map("kd_hash", BPF_MAP_TYPE_HASH, 4, 8, 128, 0), fds[2], program;
	int array = new_map("kd_array", BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0);
	int ring = new_map("kd_ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);

	(void)arg;
	new_map("kd_percpu", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 8, 0);
	new_map("kd_lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 4, 16, BPF_F_NO_PREALLOC);
	attr.map_fd = hash;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&value;
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr))
		complain("BPF map element");
	caller(array, ring);
	program = counter(hash);
	if (program < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, fds))
		return;
	if (setsockopt(fds[1], SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)))
		complain("SO_ATTACH_BPF");
	write(fds[0], "counted by its length", 21);
}

void workload_bpf(void)
{
	child("bpf", holder, NULL);
}
