/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The built-in module _pykd: what its files share. frozen/_pykd.pyi is the contract; docstrings are generated from it.
 */
#ifndef KD_PY_PY_H
#define KD_PY_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "base/cleanup.h"
#include "docstrings.h" /* generated: KD_DOC_… */
#include "object/program.h"

struct kd_unwinder;

static inline void kd_cleanup_pyobject(PyObject **object)
{
	Py_XDECREF(*object);
}
#define KD_PYOBJECT KD_CLEANUP(kd_cleanup_pyobject)

/* ---- error.c ---- */

extern PyObject *kd_py_Error, *kd_py_NotFoundError, *kd_py_MemberError, *kd_py_CTypeError, *kd_py_RangeError;
extern PyObject *kd_py_FaultError;

int kd_py_error_add(PyObject *module);
/** Sets the Python exception for error and destroys it; always returns NULL. */
PyObject *kd_py_raise(struct kd_error *error);
/** The exception instance instead of raising it; destroys error. NULL with a Python error set on failure. */
PyObject *kd_py_exception(struct kd_error *error);

/* ---- dump.c ---- */

typedef struct {
	PyObject_HEAD struct kd_program *program;
	kd_paddr pgd;		  /* address space of every virtual read; 0: the kernel's */
	PyObject *paths;	  /* tuple of str */
	PyObject *classes;	  /* dict: address of a struct kd_type -> class */
	PyObject *class_names;	  /* dict: C text -> class, for readers by name */
	PyObject *pseudo_members; /* dict */
	PyObject *declarations;	  /* function that declares what pykd knows of globals, or NULL: it has been called */
	PyObject *modules_error;  /* exception or NULL */
	struct kd_unwinder *unwinder; /* made on first use */
	uint8_t *window;	      /* memory of find_texts(): a search is thousands of calls */
} DumpObject;

extern PyTypeObject kd_py_Dump;
/** The Dump that `Struct("struct foo", address)` means; borrowed, or NULL with an exception set. */
DumpObject *kd_py_current_dump(void);

/** O& converter for addresses: int or a subclass, negative values wrap as in C. */
int kd_py_address(PyObject *object, void *ret_u64);

/** The type that an argument means: a Type or C text. NULL with an exception set. */
const struct kd_type *kd_py_type_argument(DumpObject *dump, PyObject *argument);

struct kd_types *kd_py_types(DumpObject *dump);	  /* NULL with an exception set */
struct kd_memory *kd_py_memory(DumpObject *dump); /* likewise */

/** Read in the dump's current address space (dump->pgd). */
static inline struct kd_error *kd_py_read(DumpObject *dump, kd_vaddr address, void *buffer, size_t len)
{
	return kd_program_read(dump->program, dump->pgd, address, buffer, len);
}

/* ---- names.c, ctype.c ---- */

extern PyTypeObject kd_py_Symbol, kd_py_Module, kd_py_Type, kd_py_Member;
PyObject *kd_py_symbol_wrap(const struct kd_symbol *symbol);
PyObject *kd_py_module_wrap(DumpObject *dump, const struct kd_module *module);
PyObject *kd_py_type_wrap(DumpObject *dump, const struct kd_type *type);
const char *kd_py_kind_name(enum kd_kind kind);
/** false with an exception set if there is no such kind. */
bool kd_py_kind(const char *name, enum kd_kind *ret);

/* ---- reader.c: from memory to Python values ---- */

/** How a value of one C type at one offset becomes a Python object. */
struct kd_reader {
	enum kd_reader_kind {
		KD_READ_INTEGER,
		KD_READ_BOOL,
		KD_READ_BITS,
		KD_READ_FLOAT,
		KD_READ_ENUM,
		KD_READ_STRUCT, /* embedded */
		KD_READ_STRUCT_POINTER,
		KD_READ_CHAR_POINTER,
		KD_READ_POINTER, /* Pointer */
		KD_READ_ADDRESS, /* pointer to function: int */
		KD_READ_CHAR_ARRAY,
		KD_READ_FLEX_ARRAY,
		KD_READ_ARRAY,
		KD_READ_NOTHING, /* void, function: the address */
	} kind;
	bool is_signed, is_bool;
	uint8_t bit_shift, bit_size; /* KD_READ_BITS: shift from the least significant bit of the loaded unit */
	uint32_t size;		     /* bytes loaded, or of an element */
	uint64_t offset;	     /* bytes from the base address */
	uint64_t length;	     /* elements of an array */
	const struct kd_type *type;  /* as declared */
	PyObject *class;	     /* made on first use; owned */
	struct kd_reader *element;   /* KD_READ_ARRAY; owned */
};

/** Where a type was met, to name an untagged struct: `PARENT:OFFSET/FIELD->struct`. All may be NULL/0. */
struct kd_place {
	PyObject *parent; /* class */
	uint64_t offset;
	const char *field;
};

/** false with an exception set. */
bool kd_reader_init(DumpObject *dump, struct kd_reader *reader, const struct kd_member *member);
void kd_reader_deinit(struct kd_reader *reader);
PyObject *kd_reader_read(DumpObject *dump, struct kd_reader *reader, kd_vaddr base, const struct kd_place *place);

/* ---- typed.c: Struct, Pointer, FlexArray, Enum and their metaclass ---- */

extern PyTypeObject *kd_py_StructType, *kd_py_Struct, *kd_py_Pointer, *kd_py_FlexArray, *kd_py_Enum;
int kd_py_typed_add(PyObject *module);
/** Class of typed objects for a type; new reference. Typedefs of structs share the struct's class. */
PyObject *kd_py_class(DumpObject *dump, const struct kd_type *type, const struct kd_place *place);
/** Instance of such a class with that value. */
PyObject *kd_py_typed_new(PyTypeObject *class, uint64_t value);
/** A negative enum value. */
PyObject *kd_py_typed_new_signed(PyTypeObject *class, int64_t value);
/** A value of any type at address, as Dump.object() gives it. */
PyObject *kd_py_value(DumpObject *dump, const struct kd_type *type, kd_vaddr address);
/** The class that C text such as "struct foo" names; new reference. */
PyObject *kd_py_class_named(DumpObject *dump, PyObject *name);

/** A member path resolved once: zero or more pointers to follow, then a reader. */
struct kd_path {
	size_t hop_nr;
	uint64_t *hops; /* byte offset of each pointer from where the last one led */
	struct kd_reader reader;
	bool self; /* "": the object itself */
};
/** false with an exception set (MemberError if it does not resolve). @param pointers may pass struct pointers. */
bool kd_path_init(DumpObject *dump, struct kd_path *path, const struct kd_type *type, const char *text, bool pointers);
void kd_path_deinit(struct kd_path *path);
PyObject *kd_path_read(DumpObject *dump, struct kd_path *path, PyObject *self, kd_vaddr base,
		       const struct kd_place *place);

/* ---- cstring.c ---- */

extern PyTypeObject kd_py_CString;
/** Functions of the module itself. */
extern PyMethodDef kd_py_codec_methods[];
extern PyMethodDef kd_py_dump_functions[];
/** @param address 0: unknown; @param pointer address of the pointer variable, if has_pointer. */
PyObject *kd_py_cstring_new(const char *bytes, size_t len, kd_vaddr address, bool has_pointer, kd_vaddr pointer);

/* ---- stack.c, instruction.c ---- */

extern PyTypeObject kd_py_Cpu, kd_py_Frame, kd_py_Trace, kd_py_Instruction;
void kd_py_unwinder_release(DumpObject *dump);
PyObject *kd_py_registers(const struct kd_regs *regs);
PyObject *kd_py_dump_cpus(PyObject *self, PyObject *unused);
PyObject *kd_py_dump_cpu_variable(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_unwind(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_stack_of_task(PyObject *self, PyObject *task);
PyObject *kd_py_dump_stacks_of_cpu(PyObject *self, PyObject *cpu);
PyObject *kd_py_dump_stack_text(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_stack_registers(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_text_symbol(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_disassemble(PyObject *self, PyObject *args, PyObject *kwargs);

/* ---- bulk.c ---- */

PyObject *kd_py_dump_follow(DumpObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_read_columns(DumpObject *self, PyObject *args, PyObject *kwargs);

/* ---- symbol_text.c ---- */

PyObject *kd_py_dump_symbol_text(DumpObject *self, PyObject *args, PyObject *kwargs);
/** @param module has its symbols. */
PyObject *kd_py_module_symbol_text(const struct kd_module *module, PyObject *args, PyObject *kwargs);

/* ---- search.c ---- */

PyObject *kd_py_dump_find_words(DumpObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_find_texts(DumpObject *self, PyObject *args, PyObject *kwargs);
PyObject *kd_py_dump_readable(DumpObject *self, PyObject *args, PyObject *kwargs);

#endif
