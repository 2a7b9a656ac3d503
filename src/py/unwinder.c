/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unwinder of a dump. */
#include "py/unwinder.h"

#include "py/symbol.h"

/* Drops the error: the layer is then missing, which those that need it will say. */
static bool dropped(struct kd_error *error)
{
	bool is_error = error;
	kd_error_destroy(error);
	return is_error;
}

bool kd_py_cpu_sources(DumpObject *dump, struct kd_code_sources *ret)
{
	struct kd_code_sources sources = { .machine = kd_dump_machine(kd_kernel_dump(dump->kernel)),
					   .memory = kd_py_memory(dump) };
	if (!sources.memory)
		return false;
	struct kd_error *err = kd_kernel_kallsyms(dump->kernel, &sources.kallsyms);
	if (err) {
		kd_py_raise(err);
		return false;
	}
	if (dropped(kd_kernel_types(dump->kernel, &sources.types)))
		sources.types = NULL;
	*ret = sources;
	return true;
}

struct kd_unwinder *kd_py_unwinder(DumpObject *dump)
{
	if (dump->unwinder)
		return dump->unwinder;
	struct kd_code_sources sources = { .machine = kd_dump_machine(kd_kernel_dump(dump->kernel)),
					   .memory = kd_py_memory(dump) };
	if (!sources.memory)
		return NULL;
	if (dropped(kd_kernel_kallsyms(dump->kernel, &sources.kallsyms)))
		sources.kallsyms = NULL;
	if (dropped(kd_kernel_types(dump->kernel, &sources.types)))
		sources.types = NULL;
	if (dropped(kd_kernel_modules(dump->kernel, &sources.modules)))
		sources.modules = NULL;
	sources.debug = kd_kernel_debug_images(dump->kernel);
	struct kd_error *err = kd_unwinder_create(&sources, &dump->unwinder);
	if (err)
		kd_py_raise(err);
	return dump->unwinder;
}

PyObject *kd_py_text_symbol(DumpObject *dump, kd_vaddr pc, bool is_return)
{
	struct kd_unwinder *unwinder = kd_py_unwinder(dump);
	if (!unwinder)
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = kd_text_symbol(kd_unwinder_text(unwinder), pc, is_return, &symbol);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
}
