/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF notes: a byte that chooses machine and byte order, and the notes. */
#include "fuzz.h"

#include "base/machine.h"
#include "dump/notes.h"
#include "dump/vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t machine_nr = 0;
	while (kd_machines[machine_nr])
		machine_nr++;
	if (!len)
		return 0;
	const struct kd_machine *machine = kd_machines[*data / 2 % machine_nr];
	enum kd_order order = *data % 2 ? KD_BIG : KD_LITTLE;
	data++;
	len--;
	struct kd_notes notes;
	if (machine->notes) {
		struct kd_error *err = kd_notes_init(&notes, machine->notes, order, data, len);
		FUZZ_CHECK(!err && notes.nr <= len / 12);
		kd_notes_deinit(&notes);
	}
	size_t at = 0, before = 0, text_len;
	const char *text;
	while (kd_notes_next_vmcoreinfo(order, data, len, &at, &text, &text_len)) {
		FUZZ_CHECK(at > before && at <= len && text_len <= at);
		before = at;
		struct kd_vmcoreinfo info;
		struct kd_error *err = kd_vmcoreinfo_init(&info, text, text_len);
		if (!err)
			kd_vmcoreinfo_deinit(&info);
		kd_error_destroy(err);
	}
	return 0;
}
