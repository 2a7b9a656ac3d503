/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main/seal.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

/* In a file of its own: the linker's output is changed later, so no compiler may conclude anything from the zeros. */
const struct kd_seal kd_seal __attribute__((aligned(16), used)) = {
	/* tools/seal.py looks for it in the executable, so it is there once. */
	.magic = { 'p', 'y', 'k', 'd', ' ', 's', 'e', 'a', 'l', ' ', 'v', '1', '\n', 0x7f, 0x1a, 0x00 },
};

PyObject *kd_seal_get(PyObject *self, PyObject *unused)
{
	(void)self;
	(void)unused;
	return Py_BuildValue("y#y#y#K", kd_seal.magic, (Py_ssize_t)sizeof(kd_seal.magic), kd_seal.file,
			     (Py_ssize_t)sizeof(kd_seal.file), kd_seal.image, (Py_ssize_t)sizeof(kd_seal.image),
			     (unsigned long long)(uintptr_t)kd_seal.file);
}

/* The program headers are in memory, and the kernel says where: no file has to be read. */
PyObject *kd_seal_image(PyObject *self, PyObject *unused)
{
	(void)self;
	(void)unused;
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t nr = segments ? getauxval(AT_PHNUM) : 0;
	PyObject *result = PyList_New(0);
	for (size_t i = 0; result && i < nr; i++) {
		const ElfW(Phdr) *segment = &segments[i];
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		/* The executable is not relocatable: addresses are final. */
		PyObject *view =
			PyMemoryView_FromMemory((char *)segment->p_vaddr, (Py_ssize_t)segment->p_filesz, PyBUF_READ);
		PyObject *item = view ? Py_BuildValue("KN", (unsigned long long)segment->p_vaddr, view) : NULL;
		if (!item || PyList_Append(result, item) < 0)
			Py_CLEAR(result);
		Py_XDECREF(item);
	}
	return result;
}
