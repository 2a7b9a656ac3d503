/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods on memory: reading it, and what lies where. */
#include "py/dump_methods.h"

KD_METHOD(attribute)
{
	static char *keywords[] = { "key", NULL };
	const char *key;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s:attribute", keywords, &key))
		return NULL;
	KD_FREE char *value = kd_dump_attribute(CORE(self), key);
	return kd_py_text(value);
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

KD_METHOD(read)
{
	uint64_t address;
	Py_ssize_t size;
	kd_paddr pgd;
	if (!read_arguments(self, args, kwargs, "O&O&|$O:read", &address, &size, &pgd))
		return NULL;
	KD_PYOBJECT PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
	if (!bytes)
		return NULL;
	struct kd_error *err = kd_kernel_read(DUMP(self)->kernel, pgd, address, PyBytes_AS_STRING(bytes), (size_t)size);
	return err ? kd_py_raise(err) : kd_move_ptr(bytes);
}

KD_METHOD(read_upto)
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

KD_METHOD(read_physical)
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
	uint64_t address;
	uint8_t bytes[sizeof(uint64_t)] = {};
	Py_ssize_t size = sizeof(bytes);
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O&", keywords, kd_py_address, &address, size_converter,
					 &size))
		return NULL;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return PyErr_Format(kd_py_RangeError, "an integer has 1, 2, 4 or 8 bytes, not %zd", size);
	struct kd_error *err = kd_py_read(DUMP(self), address, bytes, size);
	if (err)
		return kd_py_raise(err);
	uint64_t value = kd_load_padded(kd_py_order(DUMP(self)), bytes, (unsigned int)size);
	unsigned int unused_bits = 64 - 8 * (unsigned int)size;
	return is_signed ? PyLong_FromLongLong((int64_t)(value << unused_bits) >> unused_bits)
			 : PyLong_FromUnsignedLongLong(value);
}

KD_METHOD(read_unsigned)
{
	return read_number(self, args, kwargs, false);
}

KD_METHOD(read_signed)
{
	return read_number(self, args, kwargs, true);
}

KD_METHOD(read_string)
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

KD_METHOD(translate)
{
	uint64_t address;
	kd_paddr pgd, physical;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !address_arguments(self, args, kwargs, "O&|$O:translate", &address, &pgd))
		return NULL;
	struct kd_error *err = kd_memory_translate(memory, pgd, address, &physical);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLongLong(physical);
}

KD_METHOD(walk)
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

KD_METHOD_O(is_kernel)
{
	uint64_t address;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !kd_py_address(argument, &address))
		return NULL;
	return PyBool_FromLong(kd_memory_is_kernel(memory, address));
}

KD_METHOD_O(direct)
{
	uint64_t physical;
	kd_vaddr address;
	struct kd_memory *memory = kd_py_memory(DUMP(self));
	if (!memory || !kd_py_address(argument, &physical))
		return NULL;
	struct kd_error *err = kd_memory_direct(memory, physical, &address);
	return err ? kd_py_raise(err) : PyLong_FromUnsignedLongLong(address);
}

KD_METHOD_O(page_status)
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
	return range && PyList_Append(list, range) == 0 ? NULL : kd_py_callback_error();
}

KD_METHOD(ranges)
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

PyMethodDef kd_py_dump_memory_methods[] = {
	KD_KEYWORDS_ENTRY(attribute),
	KD_KEYWORDS_ENTRY(read),
	KD_KEYWORDS_ENTRY(read_upto),
	KD_KEYWORDS_ENTRY(read_physical),
	KD_KEYWORDS_ENTRY(read_unsigned),
	KD_KEYWORDS_ENTRY(read_signed),
	KD_KEYWORDS_ENTRY(read_string),
	KD_KEYWORDS_ENTRY(translate),
	KD_KEYWORDS_ENTRY(walk),
	KD_O_ENTRY(is_kernel),
	KD_O_ENTRY(direct),
	KD_O_ENTRY(page_status),
	KD_KEYWORDS_ENTRY(ranges),
	{},
};
