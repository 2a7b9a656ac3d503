/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Dump: the face of one open dump.
 */
#ifndef KD_PY_DUMP_H
#define KD_PY_DUMP_H

#include "kernel/kernel.h"
#include "py/error.h"
#include "py/py.h"

struct kd_kept;
struct kd_unwinder;

typedef struct DumpObject {
	PyObject_HEAD struct kd_kernel *kernel;
	struct DumpObject *next;  /* of all that live */
	kd_paddr pgd;		  /* address space of every virtual read; 0: the kernel's */
	PyObject *paths;	  /* tuple of str */
	PyObject *file;		  /* str: the first of them from the root */
	PyObject *classes;	  /* dict: address of a struct kd_type -> class */
	PyObject *class_names;	  /* dict: C text -> class, for readers by name */
	PyObject *pseudo_members; /* dict */
	PyObject *declarations;	  /* function that declares what pykd knows of globals, or NULL: it has been called */
	PyObject *modules_error;  /* exception or NULL */
	PyObject *remembered;	  /* dict: what Python found out about it */
	bool closed;
	struct kd_unwinder *unwinder;	 /* made on first use */
	struct kd_kept *kept;		 /* until it is closed; or NULL */
	const struct kd_type *kept_type; /* stripped */
	uint8_t *window;		 /* memory of find_texts(): a search is thousands of calls */
} DumpObject;

extern PyTypeObject kd_py_Dump;
/** Functions of the module itself. */
extern PyMethodDef kd_py_dump_functions[];

/** The Dump that `Struct("struct foo", address)` means; borrowed, or NULL with an exception set. */
DumpObject *kd_py_current_dump(void);

/** Its files are closed, and its memory freed as far as nobody points to it; all that reads it fails from now on. */
void kd_py_dump_close(DumpObject *dump);

/* Parts of the dump; NULL with an exception set. */

struct kd_memory *kd_py_memory(DumpObject *dump);
struct kd_modules *kd_py_modules(DumpObject *dump);
struct kd_types *kd_py_types(DumpObject *dump);
/** The types for a look at globals: with the declarations that wait for the first such look. */
struct kd_types *kd_py_types_of_globals(DumpObject *dump);

/** Read in the dump's current address space (dump->pgd). */
static inline struct kd_error *kd_py_read(DumpObject *dump, kd_vaddr address, void *buffer, size_t len)
{
	return kd_kernel_read(dump->kernel, dump->pgd, address, buffer, len);
}

static inline enum kd_order kd_py_order(const DumpObject *dump)
{
	return kd_dump_order(kd_kernel_dump(dump->kernel));
}

static inline struct kd_error *kd_py_read_u64(DumpObject *dump, kd_vaddr address, uint64_t *ret)
{
	uint64_t value;
	struct kd_error *err = kd_py_read(dump, address, &value, sizeof(value));
	if (!err)
		*ret = kd_order_64(kd_py_order(dump), value);
	return err;
}

#endif
