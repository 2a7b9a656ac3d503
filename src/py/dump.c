/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump: its life and its attributes. */
#include "py/dump.h"

#include <sys/stat.h>

#include "code/unwind.h"
#include "kernel/kept.h"

static DumpObject *current; /* what programs mean that name no dump; owned */
static DumpObject *all;	    /* every dump that lives; each knows the next */

DumpObject *kd_py_current_dump(void)
{
	if (!current)
		PyErr_SetString(kd_py_Error, "no dump is open");
	return current;
}

struct kd_types *kd_py_types(DumpObject *dump)
{
	struct kd_types *types = NULL;
	struct kd_error *err = kd_kernel_types(dump->kernel, &types);
	if (err)
		kd_py_raise(err);
	return types;
}

struct kd_memory *kd_py_memory(DumpObject *dump)
{
	struct kd_memory *memory = NULL;
	struct kd_error *err = kd_kernel_memory(dump->kernel, &memory);
	if (err)
		kd_py_raise(err);
	return memory;
}

struct kd_modules *kd_py_modules(DumpObject *dump)
{
	struct kd_modules *modules = NULL;
	struct kd_error *err = kd_kernel_modules(dump->kernel, &modules);
	if (err)
		kd_py_raise(err);
	return modules;
}

struct kd_types *kd_py_types_of_globals(DumpObject *dump)
{
	struct kd_types *types = kd_py_types(dump);
	if (!types || !dump->declarations)
		return types;
	/* Taken away first, because it calls declare(). */
	KD_PYOBJECT PyObject *function = kd_move_ptr(dump->declarations);
	KD_PYOBJECT PyObject *none = PyObject_CallOneArg(function, (PyObject *)dump);
	if (none)
		return types;
	/* The next one who looks declares them. */
	if (!dump->declarations)
		dump->declarations = kd_move_ptr(function);
	return NULL;
}

#define DUMP(self) ((DumpObject *)(self))
#define CORE(self) (kd_kernel_dump(DUMP(self)->kernel))

/* ---- life ---- */

static bool open_program(DumpObject *self, const struct kd_kernel_options *options)
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
	struct kd_error *err = ok ? kd_kernel_open(paths, nr, options, &self->kernel) : NULL;
	if (err)
		kd_py_raise(err);
	PyMem_Free(paths);
	return ok && !err;
}

/** A path that stays good when the current folder changes; where that has no name, the path itself. New reference. */
static PyObject *from_root(PyObject *path)
{
	KD_PYOBJECT PyObject *text = NULL;
	if (!PyUnicode_FSDecoder(path, &text))
		return NULL;
	KD_FREE char *here = getcwd(NULL, 0);
	if (!here || (PyUnicode_GET_LENGTH(text) && PyUnicode_READ_CHAR(text, 0) == '/'))
		return kd_move_ptr(text);
	KD_PYOBJECT PyObject *folder = PyUnicode_DecodeFSDefault(here);
	return folder ? PyUnicode_FromFormat("%U/%U", folder, text) : NULL;
}

/** "O&" for a path or None: NULL, or bytes that are owned. */
static int optional_path(PyObject *object, void *ret)
{
	return object == Py_None ? 1 : PyUnicode_FSConverter(object, ret) != 0;
}

static PyObject *dump_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *keywords[] = { "vmcoreinfo", "live", "vmlinux", "system_map", "no_btf", "profile", NULL };
	struct kd_kernel_options options = {};
	const char *vmcoreinfo = NULL;
	Py_ssize_t vmcoreinfo_len = 0;
	int live = 0, no_btf = 0;
	KD_PYOBJECT PyObject *vmlinux = NULL, *system_map = NULL, *profile = NULL, *empty = PyTuple_New(0);
	if (!empty || !PyArg_ParseTupleAndKeywords(empty, kwargs, "|$z#pO&O&pO&:Dump", keywords, &vmcoreinfo,
						   &vmcoreinfo_len, &live, optional_path, &vmlinux, optional_path,
						   &system_map, &no_btf, optional_path, &profile))
		return NULL;
	if (!PyTuple_GET_SIZE(args))
		return PyErr_Format(PyExc_TypeError, "Dump() needs the path of a dump");
	options.dump.vmcoreinfo = vmcoreinfo;
	options.dump.vmcoreinfo_len = vmcoreinfo_len;
	options.dump.live = live;
	options.vmlinux = vmlinux ? PyBytes_AS_STRING(vmlinux) : NULL;
	options.system_map = system_map ? PyBytes_AS_STRING(system_map) : NULL;
	options.profile = profile ? PyBytes_AS_STRING(profile) : NULL;
	options.no_btf = no_btf;

	KD_PYOBJECT PyObject *self = type->tp_alloc(type, 0);
	if (!self)
		return NULL;
	DUMP(self)->paths = Py_NewRef(args);
	DUMP(self)->file = from_root(PyTuple_GET_ITEM(args, 0));
	DUMP(self)->classes = PyDict_New();
	DUMP(self)->class_names = PyDict_New();
	DUMP(self)->pseudo_members = PyDict_New();
	DUMP(self)->remembered = PyDict_New();
	if (!DUMP(self)->file || !DUMP(self)->remembered || !DUMP(self)->classes || !DUMP(self)->class_names ||
	    !DUMP(self)->pseudo_members || !open_program(DUMP(self), &options))
		return NULL;
	DUMP(self)->next = all;
	all = DUMP(self);
	return kd_move_ptr(self);
}

static int dump_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(DUMP(self)->classes);
	Py_VISIT(DUMP(self)->class_names);
	Py_VISIT(DUMP(self)->pseudo_members);
	Py_VISIT(DUMP(self)->declarations);
	Py_VISIT(DUMP(self)->modules_error);
	Py_VISIT(DUMP(self)->remembered);
	return 0;
}

static int dump_clear(PyObject *self)
{
	Py_CLEAR(DUMP(self)->classes);
	Py_CLEAR(DUMP(self)->class_names);
	Py_CLEAR(DUMP(self)->pseudo_members);
	Py_CLEAR(DUMP(self)->declarations);
	Py_CLEAR(DUMP(self)->modules_error);
	Py_CLEAR(DUMP(self)->remembered);
	return 0;
}

static void dump_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	for (DumpObject **link = &all; *link; link = &(*link)->next)
		if (*link == DUMP(self)) {
			*link = DUMP(self)->next;
			break;
		}
	dump_clear(self);
	Py_CLEAR(DUMP(self)->paths);
	Py_CLEAR(DUMP(self)->file);
	kd_unwinder_destroy(DUMP(self)->unwinder);
	kd_kept_destroy(DUMP(self)->kept);
	PyMem_Free(DUMP(self)->window);
	kd_kernel_close(DUMP(self)->kernel);
	Py_TYPE(self)->tp_free(self);
}

/* What circles lead through goes, so that the rest goes with the last who holds the dump; who still has objects of it
 * hears that it is closed when these read. */
void kd_py_dump_close(DumpObject *dump)
{
	dump->closed = true;
	kd_dump_shut(kd_kernel_dump(dump->kernel));
	kd_kept_destroy(dump->kept);
	dump->kept = NULL;
	PyDict_Clear(dump->classes);
	PyDict_Clear(dump->class_names);
	PyDict_Clear(dump->pseudo_members);
	PyDict_Clear(dump->remembered);
	Py_CLEAR(dump->declarations);
	if (current == dump)
		Py_CLEAR(current);
}

/* ---- attributes ---- */

#define GETTER(name) static PyObject *get_##name(PyObject *self, void *closure __attribute__((unused)))

GETTER(path)
{
	return Py_NewRef(PyTuple_GET_ITEM(DUMP(self)->paths, 0));
}

GETTER(file)
{
	return Py_NewRef(DUMP(self)->file);
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

GETTER(byteorder)
{
	return PyUnicode_InternFromString(kd_py_order((DumpObject *)self) == KD_BIG ? "big" : "little");
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

GETTER(closed)
{
	return PyBool_FromLong(DUMP(self)->closed);
}

GETTER(remembered)
{
	return Py_NewRef(DUMP(self)->remembered);
}

GETTER(vmcoreinfo)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(CORE(self));
	KD_PYOBJECT PyObject *dict = PyDict_New();
	for (size_t i = info->nr; dict && i-- > 0;) { /* of several lines the first counts */
		KD_PYOBJECT PyObject *key = kd_py_text(info->lines[i].key);
		KD_PYOBJECT PyObject *value = kd_py_text(info->lines[i].value);
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
	return Py_BuildValue("{sK si si sK sK sL sK sK sK sK sK sK}", "pgd", (unsigned long long)layout->pgd, "levels",
			     layout->level_nr, "pgdir_shift", layout->level_nr ? layout->levels[0].shift : 0,
			     "pgd_entries", layout->level_nr ? 1ull << layout->levels[0].bits : 0ull, "kaslr_offset",
			     (unsigned long long)layout->kaslr_offset, "phys_base", (long long)layout->phys_base,
			     "page_offset", (unsigned long long)layout->page_offset, "page_offset_end",
			     (unsigned long long)layout->page_offset_end, "direct_physical",
			     (unsigned long long)layout->direct_physical, "image_start",
			     (unsigned long long)layout->image_start, "image_end",
			     (unsigned long long)layout->image_end, "encrypted", (unsigned long long)layout->encrypted);
}

GETTER(symbol_nr)
{
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(DUMP(self)->kernel, &kallsyms);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLong(kd_kallsyms_nr(kallsyms));
}

GETTER(names_origin)
{
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(DUMP(self)->kernel, &kallsyms);
	kd_error_destroy(err);
	const char *origin = kd_kernel_names_origin(DUMP(self)->kernel);
	return origin ? PyUnicode_DecodeFSDefault(origin) : Py_NewRef(Py_None);
}

GETTER(types_origin)
{
	struct kd_types *types;
	struct kd_error *err = kd_kernel_types(DUMP(self)->kernel, &types);
	kd_error_destroy(err);
	const char *origin = kd_kernel_types_origin(DUMP(self)->kernel);
	return origin ? PyUnicode_DecodeFSDefault(origin) : Py_NewRef(Py_None);
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
	READ_ONLY(file),
	READ_ONLY(paths),
	READ_ONLY(format),
	READ_ONLY(arch),
	READ_ONLY(byteorder),
	READ_ONLY(page_size),
	READ_ONLY(max_pfn),
	READ_ONLY(complete),
	READ_ONLY(live),
	READ_ONLY(closed),
	READ_ONLY(remembered),
	READ_ONLY(symbol_nr),
	READ_ONLY(vmcoreinfo),
	READ_ONLY(names_origin),
	READ_ONLY(types_origin),
	READ_ONLY(layout),
	{ "pgd", get_pgd, set_pgd, KD_DOC_Dump_pgd, NULL },
	READ_ONLY(pseudo_members),
	{ "declarations", get_declarations, set_declarations, KD_DOC_Dump_declarations, NULL },
	READ_ONLY(modules_error),
	{},
#undef READ_ONLY
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

static PyObject *is_dump(PyObject *module __attribute__((unused)), PyObject *fd)
{
	struct stat status;
	int number = PyObject_AsFileDescriptor(fd);
	if (number < 0)
		return NULL;
	if (fstat(number, &status))
		return PyErr_SetFromErrno(PyExc_OSError);
	for (const DumpObject *dump = all; dump; dump = dump->next)
		if (kd_dump_is_file(CORE(dump), status.st_dev, status.st_ino))
			Py_RETURN_TRUE;
	Py_RETURN_FALSE;
}

PyMethodDef kd_py_dump_functions[] = {
	{ "current", get_current, METH_NOARGS, KD_DOC_current },
	{ "set_current", set_current, METH_O, KD_DOC_set_current },
	{ "is_dump", is_dump, METH_O, KD_DOC_is_dump },
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
};
