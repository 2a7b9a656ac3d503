/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vmlinux says, without a dump: for who writes profiles. */
#include "py/debug_info.h"

#include <gelf.h>

#include "base/machine.h"
#include "debug/lines_write.h"
#include "py/error.h"
#include "types/types.h"

static const struct kd_machine *machine_of(struct kd_debug_file *file)
{
	GElf_Ehdr header;
	if (!gelf_getehdr(kd_debug_file_elf(file), &header))
		return NULL;
	for (const struct kd_machine *const *machine = kd_machines; *machine; machine++)
		if ((*machine)->elf_machine == header.e_machine && (*machine)->order == kd_debug_file_order(file))
			return *machine;
	return NULL;
}

static bool add(PyObject *dict, const char *key, PyObject *value)
{
	bool ok = value && PyDict_SetItemString(dict, key, value) == 0;
	Py_XDECREF(value);
	return ok;
}

static bool add_bytes(PyObject *dict, const char *key, const void *bytes, size_t len)
{
	return !len || add(dict, key, PyBytes_FromStringAndSize(bytes, (Py_ssize_t)len));
}

static PyObject *symbols_of(struct kd_debug_file *file)
{
	struct kd_debug_symbol *symbols = NULL;
	size_t nr = 0;
	struct kd_error *err = kd_debug_file_symbols(file, &symbols, &nr);
	if (!kd_error_catch(&err, KD_ERROR_LOOKUP) && err)
		return kd_py_raise(err);
	PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		KD_PYOBJECT PyObject *name = kd_py_text(symbols[i].name);
		PyObject *row =
			name ? Py_BuildValue("(KCO)", (unsigned long long)symbols[i].address, symbols[i].type, name)
			     : NULL;
		if (row)
			PyList_SET_ITEM(list, (Py_ssize_t)i, row);
		else
			Py_CLEAR(list);
	}
	free(symbols);
	return list;
}

static bool add_sections(PyObject *dict, struct kd_debug_file *file)
{
	static const char *const names[] = { ".BTF", ".orc_unwind_ip", ".orc_unwind", ".orc_header" };
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		const uint8_t *bytes;
		size_t len;
		struct kd_error *err = kd_debug_file_section(file, names[i], &bytes, &len);
		if (err) {
			kd_py_raise(err);
			return false;
		}
		if (!add_bytes(dict, names[i], bytes, len))
			return false;
	}
	return true;
}

static bool add_dwarf(PyObject *dict, struct kd_debug_file *file)
{
	struct kd_dwarf *dwarf = NULL;
	struct kd_types *types = NULL;
	struct kd_line_tables lines = {};
	uint8_t *btf = NULL;
	size_t btf_len = 0;
	struct kd_error *err = kd_dwarf_create(file, &dwarf);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		return true;
	Py_BEGIN_ALLOW_THREADS;
	if (!err)
		err = kd_types_create(NULL, &types);
	if (!err)
		err = kd_types_add_dwarf(types, dwarf);
	if (!err)
		err = kd_types_write_btf(types, kd_debug_file_order(file), &btf, &btf_len);
	if (!err)
		err = kd_dwarf_line_tables(dwarf, &lines);
	Py_END_ALLOW_THREADS;
	bool ok = !err && add_bytes(dict, "types", btf, btf_len) &&
		  add_bytes(dict, "line_strings", lines.strings.bytes, lines.strings.len) &&
		  add_bytes(dict, "line_index", lines.index.bytes, lines.index.len) &&
		  add_bytes(dict, "line_rows", lines.rows.bytes, lines.rows.len);
	free(btf);
	kd_line_tables_deinit(&lines);
	kd_types_destroy(types);
	kd_dwarf_destroy(dwarf);
	if (err)
		kd_py_raise(err);
	return ok;
}

static PyObject *debug_info(PyObject *module __attribute__((unused)), PyObject *argument)
{
	KD_PYOBJECT PyObject *path = NULL, *dict = PyDict_New();
	struct kd_debug_file *file;
	if (!dict || !PyUnicode_FSConverter(argument, (void *)&path))
		return NULL;
	struct kd_error *err = kd_debug_file_open(PyBytes_AS_STRING(path), &file);
	if (err)
		return kd_py_raise(err);
	const struct kd_machine *machine = machine_of(file);
	bool ok = add(dict, "build_id", kd_py_text(kd_debug_file_build_id(file))) &&
		  add(dict, "machine", kd_py_text(machine ? machine->name : NULL)) &&
		  add(dict, "big", PyBool_FromLong(kd_debug_file_order(file) == KD_BIG)) &&
		  add(dict, "symbols", symbols_of(file)) && add_sections(dict, file) && add_dwarf(dict, file);
	kd_debug_file_close(file);
	return ok ? kd_move_ptr(dict) : NULL;
}

PyMethodDef kd_py_debug_info_functions[] = {
	{ "debug_info", debug_info, METH_O, KD_DOC_debug_info },
	{ NULL },
};
