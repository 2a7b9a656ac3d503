/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump: the face of one open dump. */
#include "object/namesake.h"
#include "py/py.h"

#include <limits.h>

#include "types/uses.h"

static DumpObject *current; /* what programs mean that name no dump; owned */

DumpObject *kd_py_current_dump(void)
{
	if (!current)
		PyErr_SetString(kd_py_Error, "no dump is open");
	return current;
}

int kd_py_address(PyObject *object, void *ret)
{
	KD_PYOBJECT PyObject *number = PyNumber_Index(object);
	if (!number)
		return 0;
	*(uint64_t *)ret = PyLong_AsUnsignedLongLongMask(number);
	return *(uint64_t *)ret != UINT64_MAX || !PyErr_Occurred();
}

struct kd_types *kd_py_types(DumpObject *dump)
{
	struct kd_types *types = NULL;
	struct kd_error *err = kd_program_types(dump->program, &types);
	if (err)
		kd_py_raise(err);
	return types;
}

struct kd_memory *kd_py_memory(DumpObject *dump)
{
	struct kd_memory *memory = NULL;
	struct kd_error *err = kd_program_memory(dump->program, &memory);
	if (err)
		kd_py_raise(err);
	return memory;
}

static struct kd_modules *get_modules(DumpObject *dump)
{
	struct kd_modules *modules = NULL;
	struct kd_error *err = kd_program_modules(dump->program, &modules);
	if (err)
		kd_py_raise(err);
	return modules;
}

#define DUMP(self) ((DumpObject *)(self))
#define CORE(self) (kd_program_dump(DUMP(self)->program))

/* ---- life ---- */

static bool open_program(DumpObject *self, const struct kd_dump_options *options)
{
	Py_ssize_t nr = PyTuple_GET_SIZE(self->paths);
	const char **paths = PyMem_Calloc(nr, sizeof(*paths));
	KD_PYOBJECT PyObject *encoded = PyList_New(0);
	bool ok = paths && encoded;
	for (Py_ssize_t i = 0; ok && i < nr; i++) {
		PyObject *bytes = NULL;
		ok = PyUnicode_FSConverter(PyTuple_GET_ITEM(self->paths, i), &bytes) &&
		     PyList_Append(encoded, bytes) == 0;
		paths[i] = ok ? PyBytes_AS_STRING(bytes) : NULL;
		Py_XDECREF(bytes);
	}
	struct kd_error *err = ok ? kd_program_open(paths, nr, options, &self->program) : NULL;
	if (err)
		kd_py_raise(err);
	PyMem_Free(paths);
	return ok && !err;
}

static PyObject *dump_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "vmcoreinfo", "live", NULL };
	struct kd_dump_options options = {};
	const char *vmcoreinfo = NULL;
	Py_ssize_t vmcoreinfo_len = 0;
	int live = 0;
	KD_PYOBJECT PyObject *empty = PyTuple_New(0);
	if (!empty ||
	    !PyArg_ParseTupleAndKeywords(empty, kwargs, "|$z#p:Dump", keywords, &vmcoreinfo, &vmcoreinfo_len, &live))
		return NULL;
	if (!PyTuple_GET_SIZE(args))
		return PyErr_Format(PyExc_TypeError, "Dump() needs the path of a dump");
	options.vmcoreinfo = vmcoreinfo;
	options.vmcoreinfo_len = vmcoreinfo_len;
	options.live = live;

	KD_PYOBJECT PyObject *self = type->tp_alloc(type, 0);
	if (!self)
		return NULL;
	DUMP(self)->paths = Py_NewRef(args);
	DUMP(self)->classes = PyDict_New();
	DUMP(self)->class_names = PyDict_New();
	DUMP(self)->pseudo_members = PyDict_New();
	if (!DUMP(self)->classes || !DUMP(self)->class_names || !DUMP(self)->pseudo_members ||
	    !open_program(DUMP(self), &options))
		return NULL;
	return kd_move_ptr(self);
}

static int dump_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(DUMP(self)->classes);
	Py_VISIT(DUMP(self)->class_names);
	Py_VISIT(DUMP(self)->pseudo_members);
	Py_VISIT(DUMP(self)->declarations);
	Py_VISIT(DUMP(self)->modules_error);
	return 0;
}

static int dump_clear(PyObject *self)
{
	Py_CLEAR(DUMP(self)->classes);
	Py_CLEAR(DUMP(self)->class_names);
	Py_CLEAR(DUMP(self)->pseudo_members);
	Py_CLEAR(DUMP(self)->declarations);
	Py_CLEAR(DUMP(self)->modules_error);
	return 0;
}

static void dump_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	dump_clear(self);
	Py_CLEAR(DUMP(self)->paths);
	kd_py_unwinder_release(DUMP(self));
	PyMem_Free(DUMP(self)->window);
	kd_program_close(DUMP(self)->program);
	Py_TYPE(self)->tp_free(self);
}

/* ---- attributes ---- */

#define GETTER(name) static PyObject *get_##name(PyObject *self, void *closure __attribute__((unused)))

GETTER(path)
{
	return Py_NewRef(PyTuple_GET_ITEM(DUMP(self)->paths, 0));
}

GETTER(paths)
{
	return Py_NewRef(DUMP(self)->paths);
}

GETTER(format)
{
	return PyUnicode_FromString(kd_dump_format(CORE(self)));
}

GETTER(arch)
{
	return PyUnicode_FromString(kd_dump_arch(CORE(self)));
}

GETTER(page_size)
{
	return PyLong_FromUnsignedLong(kd_dump_page_size(CORE(self)));
}

GETTER(max_pfn)
{
	return PyLong_FromUnsignedLongLong(kd_dump_max_pfn(CORE(self)));
}

GETTER(complete)
{
	return PyBool_FromLong(kd_dump_completeness(CORE(self)) == KD_COMPLETE);
}

GETTER(live)
{
	return PyBool_FromLong(kd_dump_is_live(CORE(self)));
}

/* Steals value; false with an exception set. */
static bool put(PyObject *dict, const char *key, PyObject *value)
{
	KD_PYOBJECT PyObject *owned = value;
	return owned && PyDict_SetItemString(dict, key, owned) == 0;
}

static PyObject *text(const char *bytes)
{
	return PyUnicode_DecodeUTF8(bytes, strlen(bytes), "backslashreplace");
}

GETTER(vmcoreinfo)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(CORE(self));
	KD_PYOBJECT PyObject *dict = PyDict_New();
	for (size_t i = info->nr; dict && i-- > 0;) { /* of several lines the first counts */
		KD_PYOBJECT PyObject *key = text(info->lines[i].key);
		KD_PYOBJECT PyObject *value = text(info->lines[i].value);
		if (!key || !value || PyDict_SetItem(dict, key, value) < 0)
			return NULL;
	}
	return kd_move_ptr(dict);
}

GETTER(layout)
{
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory)
		return NULL;
	const struct kd_layout *layout = kd_memory_layout(memory);
	return Py_BuildValue("{sK si sK sL sK sK sK sK sK}", "pgd", (unsigned long long)layout->pgd, "levels",
			     layout->levels, "kaslr_offset", (unsigned long long)layout->kaslr_offset, "phys_base",
			     (long long)layout->phys_base, "page_offset", (unsigned long long)layout->page_offset,
			     "page_offset_end", (unsigned long long)layout->page_offset_end, "image_start",
			     (unsigned long long)layout->image_start, "image_end",
			     (unsigned long long)layout->image_end, "sme_mask", (unsigned long long)layout->sme_mask);
}

GETTER(symbol_nr)
{
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_program_kallsyms(DUMP(self)->program, &kallsyms);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLong(kd_kallsyms_nr(kallsyms));
}

GETTER(pgd)
{
	return PyLong_FromUnsignedLongLong(DUMP(self)->pgd);
}

static int set_pgd(PyObject *self, PyObject *value, void *closure)
{
	(void)closure;
	uint64_t pgd = 0;
	if (value && !kd_py_address(value, &pgd))
		return -1;
	DUMP(self)->pgd = pgd;
	return 0;
}

GETTER(pseudo_members)
{
	return Py_NewRef(DUMP(self)->pseudo_members);
}

GETTER(declarations)
{
	PyObject *function = DUMP(self)->declarations;
	return Py_NewRef(function ? function : Py_None);
}

static int set_declarations(PyObject *self, PyObject *value, void *closure)
{
	(void)closure;
	Py_XSETREF(DUMP(self)->declarations, value && value != Py_None ? Py_NewRef(value) : NULL);
	return 0;
}

GETTER(modules_error)
{
	PyObject *error = DUMP(self)->modules_error;
	return Py_NewRef(error ? error : Py_None);
}

static PyGetSetDef dump_getset[] = {
#define READ_ONLY(name)                                           \
	{                                                         \
#name, get_##name, NULL, KD_DOC_Dump_##name, NULL \
	}
	READ_ONLY(path),
	READ_ONLY(paths),
	READ_ONLY(format),
	READ_ONLY(arch),
	READ_ONLY(page_size),
	READ_ONLY(max_pfn),
	READ_ONLY(complete),
	READ_ONLY(live),
	READ_ONLY(symbol_nr),
	READ_ONLY(vmcoreinfo),
	READ_ONLY(layout),
	{ "pgd", get_pgd, set_pgd, KD_DOC_Dump_pgd, NULL },
	READ_ONLY(pseudo_members),
	{ "declarations", get_declarations, set_declarations, KD_DOC_Dump_declarations, NULL },
	READ_ONLY(modules_error),
	{},
#undef READ_ONLY
};

/* ---- memory ---- */

#define METHOD(name) static PyObject *dump_##name(PyObject *self, PyObject *args, PyObject *kwargs)
#define ONE_ARGUMENT(name) static PyObject *dump_##name(PyObject *self, PyObject *argument)
#define NO_ARGUMENT(name) static PyObject *dump_##name(PyObject *self, PyObject *unused __attribute__((unused)))

METHOD(attribute)
{
	static char *keywords[] = { "key", NULL };
	const char *key;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s:attribute", keywords, &key))
		return NULL;
	KD_FREE char *value = kd_dump_attribute(CORE(self), key);
	return value ? text(value) : Py_NewRef(Py_None);
}

/* A size beyond this is damage or a mistake, and would only cost memory. */
#define READ_MAX ((Py_ssize_t)1 << 30)

/* For PyArg_ParseTuple: an integer; one that no memory is large enough for becomes the largest. */
static int size_converter(PyObject *object, void *ret)
{
	Py_ssize_t size = PyNumber_AsSsize_t(object, NULL);
	*(Py_ssize_t *)ret = size;
	return size != -1 || !PyErr_Occurred();
}

static bool check_size(uint64_t address, Py_ssize_t size)
{
	if (size < 0)
		PyErr_SetString(kd_py_RangeError, "a negative size");
	else if (size > READ_MAX)
		PyErr_Format(kd_py_RangeError, "cannot read %zd bytes at 0x%llx: more than 1 GB at once", size,
			     (unsigned long long)address);
	else
		return true;
	return false;
}

/* address, size, *, pgd: the arguments of the readers. */
static bool read_arguments(PyObject *self, PyObject *args, PyObject *kwargs, const char *format, uint64_t *address,
			   Py_ssize_t *size, kd_paddr *pgd)
{
	static char *keywords[] = { "address", "size", "pgd", NULL };
	PyObject *space = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, kd_py_address, address, size_converter, size,
					 &space))
		return false;
	*pgd = DUMP(self)->pgd;
	if (space != Py_None && !kd_py_address(space, pgd))
		return false;
	return check_size(*address, *size);
}

METHOD(read)
{
	uint64_t address;
	Py_ssize_t size;
	kd_paddr pgd;
	if (!read_arguments(self, args, kwargs, "O&O&|$O:read", &address, &size, &pgd))
		return NULL;
	KD_PYOBJECT PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
	if (!bytes)
		return NULL;
	struct kd_error *err =
		kd_program_read(DUMP(self)->program, pgd, address, PyBytes_AS_STRING(bytes), (size_t)size);
	return err ? kd_py_raise(err) : kd_move_ptr(bytes);
}

METHOD(read_upto)
{
	uint64_t address;
	Py_ssize_t size;
	kd_paddr pgd;
	if (!read_arguments(self, args, kwargs, "O&O&|$O:read_upto", &address, &size, &pgd))
		return NULL;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	PyObject *bytes = memory ? PyBytes_FromStringAndSize(NULL, size) : NULL;
	if (!bytes)
		return NULL;
	size_t len = 0;
	struct kd_error *err = pgd ? kd_memory_read_space(memory, pgd, address, PyBytes_AS_STRING(bytes), size, &len)
				   : kd_memory_read_upto(memory, address, PyBytes_AS_STRING(bytes), size, &len, NULL);
	if (err) {
		Py_DECREF(bytes);
		return kd_py_raise(err);
	}
	_PyBytes_Resize(&bytes, (Py_ssize_t)len);
	return bytes;
}

METHOD(read_physical)
{
	static char *keywords[] = { "address", "size", NULL };
	uint64_t address;
	Py_ssize_t size;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&:read_physical", keywords, kd_py_address, &address,
					 size_converter, &size) ||
	    !check_size(address, size))
		return NULL;
	KD_PYOBJECT PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
	if (!bytes)
		return NULL;
	struct kd_error *err = kd_dump_read(CORE(self), address, PyBytes_AS_STRING(bytes), (size_t)size);
	return err ? kd_py_raise(err) : kd_move_ptr(bytes);
}

static PyObject *read_number(PyObject *self, PyObject *args, PyObject *kwargs, bool is_signed)
{
	static char *keywords[] = { "address", "size", NULL };
	uint64_t address, value = 0;
	Py_ssize_t size = sizeof(value);
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O&", keywords, kd_py_address, &address, size_converter,
					 &size))
		return NULL;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return PyErr_Format(kd_py_RangeError, "an integer has 1, 2, 4 or 8 bytes, not %zd", size);
	struct kd_error *err = kd_py_read(DUMP(self), address, &value, size);
	if (err)
		return kd_py_raise(err);
	unsigned int unused_bits = 64 - 8 * (unsigned int)size;
	return is_signed ? PyLong_FromLongLong((int64_t)(value << unused_bits) >> unused_bits)
			 : PyLong_FromUnsignedLongLong(value);
}

METHOD(read_unsigned)
{
	return read_number(self, args, kwargs, false);
}

METHOD(read_signed)
{
	return read_number(self, args, kwargs, true);
}

METHOD(read_string)
{
	static char *keywords[] = { "address", "max_size", NULL };
	uint64_t address;
	Py_ssize_t max_size = 4096;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O&:read_string", keywords, kd_py_address, &address,
					 size_converter, &max_size) ||
	    !check_size(address, max_size))
		return NULL;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory)
		return NULL;
	if (!DUMP(self)->pgd) {
		KD_FREE char *string = NULL;
		size_t len;
		struct kd_error *err = kd_memory_read_string(memory, address, max_size, &string, &len);
		return err ? kd_py_raise(err) : PyBytes_FromStringAndSize(string, (Py_ssize_t)len);
	}
	KD_FREE char *buffer = malloc(max_size + 1);
	size_t len = 0;
	if (!buffer)
		return PyErr_NoMemory();
	struct kd_error *err = kd_memory_read_space(memory, DUMP(self)->pgd, address, buffer, max_size, &len);
	if (!err && !len)
		err = kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false);
	return err ? kd_py_raise(err) : PyBytes_FromStringAndSize(buffer, strnlen(buffer, len));
}

/* address, *, pgd */
static bool address_arguments(PyObject *self, PyObject *args, PyObject *kwargs, const char *format, uint64_t *address,
			      kd_paddr *pgd)
{
	static char *keywords[] = { "address", "pgd", NULL };
	PyObject *space = Py_None;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, keywords, kd_py_address, address, &space))
		return false;
	*pgd = DUMP(self)->pgd;
	return space == Py_None || kd_py_address(space, pgd);
}

METHOD(translate)
{
	uint64_t address;
	kd_paddr pgd, physical;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !address_arguments(self, args, kwargs, "O&|$O:translate", &address, &pgd))
		return NULL;
	struct kd_error *err = kd_memory_translate(memory, pgd, address, &physical);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLongLong(physical);
}

METHOD(walk)
{
	uint64_t address;
	kd_paddr pgd, physical;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !address_arguments(self, args, kwargs, "O&|$O:walk", &address, &pgd))
		return NULL;
	struct kd_walk_step steps[KD_WALK_MAX];
	size_t nr = 0;
	struct kd_error *err = kd_memory_walk(memory, pgd, address, steps, &nr, &physical);
	if (err && err->code != KD_ERROR_FAULT)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *end = err ? kd_py_exception(err) : PyLong_FromUnsignedLongLong(physical);
	KD_PYOBJECT PyObject *list = end ? PyList_New((Py_ssize_t)nr) : NULL;
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *step =
			Py_BuildValue("(sKKK)", steps[i].level, (unsigned long long)steps[i].entry,
				      (unsigned long long)steps[i].value, (unsigned long long)steps[i].page_size);
		if (!step)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, step);
	}
	return list ? PyTuple_Pack(2, list, end) : NULL;
}

ONE_ARGUMENT(direct)
{
	uint64_t physical;
	kd_vaddr address;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !kd_py_address(argument, &physical))
		return NULL;
	struct kd_error *err = kd_memory_direct(memory, physical, &address);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLongLong(address);
}

ONE_ARGUMENT(page_status)
{
	uint64_t pfn;
	if (!kd_py_address(argument, &pfn))
		return NULL;
	enum kd_fault fault = kd_dump_page_status(CORE(self), pfn);
	return PyUnicode_InternFromString(fault == KD_FAULT_NONE ? "present" : kd_fault_name(fault));
}

static struct kd_error *append_range(void *list, kd_vaddr start, kd_vaddr end, unsigned int flags)
{
	KD_PYOBJECT PyObject *range =
		Py_BuildValue("(KKNN)", (unsigned long long)start, (unsigned long long)end,
			      PyBool_FromLong(flags & KD_RANGE_WRITABLE), PyBool_FromLong(flags & KD_RANGE_EXECUTABLE));
	return range && PyList_Append(list, range) == 0 ? NULL : &kd_error_nomem;
}

METHOD(ranges)
{
	static char *keywords[] = { "start", "end", NULL };
	uint64_t start, end;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&O&:ranges", keywords, kd_py_address, &start, kd_py_address,
					 &end))
		return NULL;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	KD_PYOBJECT PyObject *list = memory ? PyList_New(0) : NULL;
	if (!list)
		return NULL;
	struct kd_error *err = kd_memory_ranges(memory, start, end, append_range, list);
	return err ? kd_py_raise(err) : kd_move_ptr(list);
}

/* ---- names ---- */

static struct kd_types *types_of_globals(PyObject *self);

/* Of several symbols of that name the one that has the type that the name is declared to have, if it is. */
static struct kd_error *find_symbol(PyObject *self, const char *name, const char *module, struct kd_symbol *ret)
{
	bool several;
	struct kd_program *program = DUMP(self)->program;
	struct kd_error *err = kd_program_symbol(program, name, module, ret, &several);
	if (err || !several)
		return err;
	struct kd_types *types = types_of_globals(self);
	const struct kd_type *type;
	if (!types) {
		PyErr_Clear();
		return NULL;
	}
	err = kd_types_of_symbol(types, name, &type);
	if (!err)
		return kd_program_variable(program, name, type, ret);
	kd_error_destroy(err);
	return NULL;
}

METHOD(symbol)
{
	static char *keywords[] = { "name", "module", NULL };
	const char *name, *module = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z:symbol", keywords, &name, &module))
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = find_symbol(self, name, module, &symbol);
	return err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
}

ONE_ARGUMENT(symbols)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_modules *modules = name ? get_modules(DUMP(self)) : NULL;
	if (!modules)
		return NULL;
	KD_FREE struct kd_symbol *found = NULL;
	size_t nr = 0;
	struct kd_error *err = kd_symbol_find_all(modules, name, &found, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; list && i < nr; i++) {
		PyObject *symbol = kd_py_symbol_wrap(&found[i]);
		if (!symbol)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, symbol);
	}
	return kd_move_ptr(list);
}

ONE_ARGUMENT(symbol_at)
{
	uint64_t address;
	if (!kd_py_address(argument, &address))
		return NULL;
	struct kd_modules *modules = get_modules(DUMP(self));
	if (!modules)
		return NULL;
	struct kd_symbol symbol;
	struct kd_error *err = kd_symbol_at(modules, address, &symbol);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
}

METHOD(kernel_symbols)
{
	static char *keywords[] = { "containing", NULL };
	const char *text = "";
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:kernel_symbols", keywords, &text))
		return NULL;
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_program_kallsyms(DUMP(self)->program, &kallsyms);
	if (err)
		return kd_py_raise(err);
	uint32_t nr = kd_kallsyms_nr(kallsyms);
	KD_PYOBJECT PyObject *list = PyList_New(0);
	for (uint32_t i = 0; list && i < nr; i++) {
		struct kd_symbol symbol;
		char name[KD_KALLSYMS_NAME_MAX + 1];
		err = *text ? kd_kallsyms_peek(kallsyms, i, name, &symbol) : NULL;
		if (*text && !err && !strstr(name, text))
			continue;
		if (!err)
			err = kd_kallsyms_get(kallsyms, i, &symbol);
		if (kd_error_catch(&err, KD_ERROR_FAULT) || kd_error_catch(&err, KD_ERROR_FORMAT))
			continue; /* its bytes are not in the dump, or are damaged */
		KD_PYOBJECT PyObject *wrapped = err ? kd_py_raise(err) : kd_py_symbol_wrap(&symbol);
		if (!wrapped || PyList_Append(list, wrapped) < 0)
			return NULL;
	}
	return list ? PyObject_GetIter(list) : NULL;
}

METHOD(address_of)
{
	static char *keywords[] = { "name", "module", "default", NULL };
	const char *name, *module = NULL;
	PyObject *otherwise = NULL;
	struct kd_symbol symbol = {};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|zO:address_of", keywords, &name, &module, &otherwise))
		return NULL;
	struct kd_error *err = find_symbol(self, name, module, &symbol);
	if (err && otherwise && kd_error_catch(&err, KD_ERROR_LOOKUP))
		return Py_NewRef(otherwise);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLongLong(symbol.address);
}

NO_ARGUMENT(modules)
{
	struct kd_modules *modules = get_modules(DUMP(self));
	if (!modules)
		return NULL;
	struct kd_module *list;
	size_t nr;
	struct kd_error *why = NULL;
	struct kd_error *err = kd_modules_list(modules, &list, &nr, &why);
	if (err)
		return kd_py_raise(err);
	if (why)
		Py_XSETREF(DUMP(self)->modules_error, kd_py_exception(why));
	KD_PYOBJECT PyObject *result = PyList_New((Py_ssize_t)nr);
	for (size_t i = 0; result && i < nr; i++) {
		PyObject *module = kd_py_module_wrap(DUMP(self), &list[i]);
		if (!module)
			return NULL;
		PyList_SET_ITEM(result, (Py_ssize_t)i, module);
	}
	return kd_move_ptr(result);
}

ONE_ARGUMENT(module_at)
{
	uint64_t address;
	struct kd_module *module;
	struct kd_modules *modules = kd_py_address(argument, &address) ? get_modules(DUMP(self)) : NULL;
	if (!modules)
		return NULL;
	struct kd_error *err = kd_modules_at(modules, address, &module);
	if (err)
		return kd_py_raise(err);
	return module ? kd_py_module_wrap(DUMP(self), module) : Py_NewRef(Py_None);
}

/* ---- types ---- */

ONE_ARGUMENT(type)
{
	const struct kd_type *type = kd_py_type_argument(DUMP(self), argument);
	return type ? kd_py_type_wrap(DUMP(self), type) : NULL;
}

METHOD(find_type)
{
	static char *keywords[] = { "kind", "name", "index", NULL };
	const char *kind_name, *name;
	Py_ssize_t index = 0;
	enum kd_kind kind;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|n:find_type", keywords, &kind_name, &name, &index) ||
	    !kd_py_kind(kind_name, &kind))
		return NULL;
	struct kd_types *types = kd_py_types(DUMP(self));
	if (!types)
		return NULL;
	const struct kd_type *type;
	size_t nr;
	struct kd_error *err = index ? kd_types_find_nth(types, kind, name, index, &type, &nr)
				     : kd_types_find(types, kind, name, &type);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		Py_RETURN_NONE;
	return err ? kd_py_raise(err) : kd_py_type_wrap(DUMP(self), type);
}

struct type_list {
	DumpObject *dump;
	PyObject *list;
	uint64_t size_min, size_max;
	struct kd_type_uses *uses; /* NULL: all */
};

static struct kd_error *append_type(void *context, const struct kd_type *type)
{
	struct type_list *types = context;
	uint64_t size = kd_type_strip(type)->size;
	if (size < types->size_min || size > types->size_max)
		return NULL;
	if (types->uses) {
		bool found = false;
		struct kd_error *err = kd_type_uses_ask(types->uses, type, &found);
		if (err || !found)
			return err;
	}
	KD_PYOBJECT PyObject *wrapped = kd_py_type_wrap(types->dump, type);
	return wrapped && PyList_Append(types->list, wrapped) == 0 ? NULL : &kd_error_nomem;
}

METHOD(types)
{
	static char *keywords[] = { "kind", "size_min", "size_max", "using", NULL };
	const char *name, *wanted = NULL;
	uint64_t size_min = 0, size_max = UINT64_MAX;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$O&O&z:types", keywords, &name, kd_py_address, &size_min,
					 kd_py_address, &size_max, &wanted))
		return NULL;
	enum kd_kind kind;
	if (!kd_py_kind(name, &kind))
		return NULL;
	if (wanted && kind != KD_STRUCT && kind != KD_UNION)
		return PyErr_Format(PyExc_ValueError, "a %s has no members", name);
	struct kd_types *types = kd_py_types(DUMP(self));
	KD_PYOBJECT PyObject *list = types ? PyList_New(0) : NULL;
	if (!list)
		return NULL;
	KD_CLEANUP(kd_type_uses_deinit) struct kd_type_uses uses = {};
	if (wanted)
		kd_type_uses_init(&uses, wanted);
	struct type_list chosen = { DUMP(self), list, size_min, size_max, wanted ? &uses : NULL };
	struct kd_error *err = kd_types_each(types, kind, append_type, &chosen);
	return err ? kd_py_raise(err) : kd_move_ptr(list);
}

/* The types for a look at globals: with the declarations that wait for the first such look. */
static struct kd_types *types_of_globals(PyObject *self)
{
	struct kd_types *types = kd_py_types(DUMP(self));
	if (!types || !DUMP(self)->declarations)
		return types;
	/* Taken away first, because it calls declare(). */
	KD_PYOBJECT PyObject *function = kd_move_ptr(DUMP(self)->declarations);
	KD_PYOBJECT PyObject *none = PyObject_CallOneArg(function, self);
	return none ? types : NULL;
}

ONE_ARGUMENT(declare)
{
	const char *declarations = PyUnicode_AsUTF8(argument);
	struct kd_types *types = declarations ? types_of_globals(self) : NULL;
	if (!types)
		return NULL;
	struct kd_error *err = kd_types_declare(types, declarations);
	return err ? kd_py_raise(err) : Py_NewRef(Py_None);
}

ONE_ARGUMENT(symbol_type)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? types_of_globals(self) : NULL;
	if (!types)
		return NULL;
	const struct kd_type *type;
	struct kd_error *err = kd_types_of_symbol(types, name, &type);
	return err ? kd_py_raise(err) : kd_py_type_wrap(DUMP(self), type);
}

ONE_ARGUMENT(enumerator)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? kd_py_types(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	int64_t value;
	const struct kd_type *type = NULL;
	struct kd_error *err = kd_types_enumerator(types, name, &value, &type);
	if (err)
		return kd_py_raise(err);
	return type && !(type->flags & KD_TYPE_SIGNED) ? PyLong_FromUnsignedLongLong(value)
						       : PyLong_FromLongLong(value);
}

ONE_ARGUMENT(enumerator_type)
{
	const char *name = PyUnicode_AsUTF8(argument);
	struct kd_types *types = name ? kd_py_types(DUMP(self)) : NULL;
	if (!types)
		return NULL;
	int64_t value;
	const struct kd_type *type;
	struct kd_error *err = kd_types_enumerator(types, name, &value, &type);
	return err ? kd_py_raise(err) : kd_py_type_wrap(DUMP(self), type);
}

/* ---- objects ---- */

METHOD(object)
{
	static char *keywords[] = { "type", "address", NULL };
	PyObject *type_argument;
	uint64_t address;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO&:object", keywords, &type_argument, kd_py_address, &address))
		return NULL;
	const struct kd_type *type = kd_py_type_argument(DUMP(self), type_argument);
	return type ? kd_py_value(DUMP(self), type, address) : NULL;
}

ONE_ARGUMENT(variable)
{
	const char *name = PyUnicode_AsUTF8(argument);
	if (!name)
		return NULL;
	struct kd_symbol symbol;
	bool several;
	struct kd_program *program = DUMP(self)->program;
	struct kd_error *err = kd_program_symbol(program, name, NULL, &symbol, &several);
	if (err)
		return kd_py_raise(err);
	struct kd_types *types = types_of_globals(self);
	if (!types)
		return NULL;
	const struct kd_type *type;
	err = kd_types_of_symbol(types, name, &type);
	const struct kd_namesake_init unknown = {};
	if (!err && (several || kd_namesake_faults(&symbol, type, &unknown) & KD_NAMESAKE_WRONG_KIND))
		err = kd_program_variable(program, name, type, &symbol);
	return err ? kd_py_raise(err) : kd_py_value(DUMP(self), type, symbol.address);
}

ONE_ARGUMENT(struct_class)
{
	if (PyUnicode_Check(argument))
		return kd_py_class_named(DUMP(self), argument);
	const struct kd_type *type = kd_py_type_argument(DUMP(self), argument);
	return type ? kd_py_class(DUMP(self), type, NULL) : NULL;
}

/* ---- CPUs ---- */

static PyObject *note_dict(const struct kd_cpu_note *note)
{
	if (!note->has_regs)
		Py_RETURN_NONE;
	KD_PYOBJECT PyObject *dict = kd_py_registers(&note->regs);
	bool ok = dict && put(dict, "pid", PyLong_FromLong(note->pid));
	if (ok && note->has_cr)
		ok = put(dict, "cr3", PyLong_FromUnsignedLongLong(note->cr3)) &&
		     put(dict, "cr4", PyLong_FromUnsignedLongLong(note->cr4));
	return ok ? kd_move_ptr(dict) : NULL;
}

NO_ARGUMENT(notes)
{
	const struct kd_notes *notes = kd_dump_notes(CORE(self));
	KD_PYOBJECT PyObject *list = PyList_New((Py_ssize_t)notes->nr);
	for (size_t i = 0; list && i < notes->nr; i++) {
		PyObject *note = note_dict(&notes->cpus[i]);
		if (!note)
			return NULL;
		PyList_SET_ITEM(list, (Py_ssize_t)i, note);
	}
	return kd_move_ptr(list);
}

static PyMethodDef dump_methods[] = {
#define KEYWORDS(name)                                                                                            \
	{                                                                                                         \
#name, (PyCFunction)(void (*)(void))dump_##name, METH_VARARGS | METH_KEYWORDS, KD_DOC_Dump_##name \
	}
#define ONE(name)                                              \
	{                                                      \
#name, dump_##name, METH_O, KD_DOC_Dump_##name \
	}
#define NONE(name)                                                  \
	{                                                           \
#name, dump_##name, METH_NOARGS, KD_DOC_Dump_##name \
	}
	KEYWORDS(attribute),
	KEYWORDS(read),
	KEYWORDS(read_upto),
	KEYWORDS(read_physical),
	KEYWORDS(read_unsigned),
	KEYWORDS(read_signed),
	KEYWORDS(read_string),
	KEYWORDS(translate),
	KEYWORDS(walk),
	ONE(direct),
	ONE(page_status),
	KEYWORDS(ranges),
	KEYWORDS(symbol),
	ONE(symbols),
	ONE(symbol_at),
	KEYWORDS(kernel_symbols),
	KEYWORDS(address_of),
	NONE(modules),
	ONE(module_at),
	ONE(type),
	KEYWORDS(find_type),
	KEYWORDS(types),
	ONE(declare),
	ONE(symbol_type),
	ONE(enumerator),
	ONE(enumerator_type),
	KEYWORDS(object),
	ONE(variable),
	ONE(struct_class),
#define ELSEWHERE(name, flags)                                                                   \
	{                                                                                        \
#name, (PyCFunction)(void (*)(void))kd_py_dump_##name, flags, KD_DOC_Dump_##name \
	}
	ELSEWHERE(follow, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(read_columns, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(symbol_text, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(find_words, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(find_texts, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(readable, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(cpus, METH_NOARGS),
	ELSEWHERE(cpu_variable, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(unwind, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(stack_of_task, METH_O),
	ELSEWHERE(stacks_of_cpu, METH_O),
	ELSEWHERE(stack_text, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(stack_registers, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(text_symbol, METH_VARARGS | METH_KEYWORDS),
	ELSEWHERE(disassemble, METH_VARARGS | METH_KEYWORDS),
	NONE(notes),
	{},
#undef KEYWORDS
#undef ONE
#undef NONE
#undef ELSEWHERE
};

/* ---- the current dump ---- */

static PyObject *get_current(PyObject *module __attribute__((unused)), PyObject *unused __attribute__((unused)))
{
	return Py_XNewRef(kd_py_current_dump());
}

static PyObject *set_current(PyObject *module __attribute__((unused)), PyObject *dump)
{
	if (!PyObject_TypeCheck(dump, &kd_py_Dump))
		return PyErr_Format(PyExc_TypeError, "set_current() needs a Dump, not %s", Py_TYPE(dump)->tp_name);
	Py_XSETREF(current, DUMP(Py_NewRef(dump)));
	Py_RETURN_NONE;
}

PyMethodDef kd_py_dump_functions[] = {
	{ "current", get_current, METH_NOARGS, KD_DOC_current },
	{ "set_current", set_current, METH_O, KD_DOC_set_current },
	{ NULL },
};

PyTypeObject kd_py_Dump = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Dump",
	.tp_basicsize = sizeof(DumpObject),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.tp_doc = KD_DOC_Dump,
	.tp_new = dump_new,
	.tp_traverse = dump_traverse,
	.tp_clear = dump_clear,
	.tp_dealloc = dump_dealloc,
	.tp_getset = dump_getset,
	.tp_methods = dump_methods,
};
