/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/trace.h"

const char *kd_found_name(enum kd_found found)
{
	static const char *const names[] = {
		[KD_FOUND_REGISTERS] = "registers",	    [KD_FOUND_ORC] = "orc",
		[KD_FOUND_FRAME_POINTER] = "frame pointer", [KD_FOUND_PT_REGS] = "pt_regs",
		[KD_FOUND_TRAMPOLINE] = "trampoline",	    [KD_FOUND_SCAN] = "scan",
		[KD_FOUND_PROLOGUE] = "prologue",
	};
	return names[found];
}

const char *kd_trace_end_name(enum kd_trace_end end)
{
	static const char *const names[] = {
		[KD_END_USER] = "user",
		[KD_END_ENTRY] = "entry",
		[KD_END_IN_USER] = "in user",
		[KD_END_LIMIT] = "limit",
		[KD_END_FAULT] = "fault",
		[KD_END_NO_STACK] = "no stack",
		[KD_END_OFF_STACK] = "off stack",
		[KD_END_LOOP] = "loop",
		[KD_END_NO_UNWIND] = "no unwind data",
		[KD_END_CORRUPT] = "corrupt",
		[KD_END_NO_REGS] = "no registers",
	};
	return names[end];
}

const char *kd_trace_start_name(enum kd_trace_start start)
{
	static const char *const names[] = {
		[KD_START_GIVEN] = "given",	[KD_START_SWITCH] = "switch",	[KD_START_NOTE] = "note",
		[KD_START_CRASH] = "crash",	[KD_START_PT_REGS] = "pt_regs", [KD_START_SCAN] = "scan",
		[KD_START_NOTHING] = "nothing",
	};
	return names[start];
}
