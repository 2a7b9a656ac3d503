/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF, as it lies in the kernel. */
#include "fuzz.h"
#include "use_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	use_types(data, len);
	return 0;
}
