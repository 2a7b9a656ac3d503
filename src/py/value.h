/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * From bytes of a dump to Python values.
 */
#ifndef KD_PY_VALUE_H
#define KD_PY_VALUE_H

#include "py/class.h"
#include "py/reader.h"

/** The text at an address, for a pointer variable at `pointer`: in the dump's current address space. */
PyObject *kd_py_text_behind(DumpObject *dump, kd_vaddr text, kd_vaddr pointer);
/** What reader says is at base. @param place where the reader was met, for the name of its class; may be NULL. */
PyObject *kd_py_value_read(DumpObject *dump, struct kd_reader *reader, kd_vaddr base, const struct kd_place *place);
/** The integer of reader->size bytes, 8 at most; those behind them up to 8 are 0. */
PyObject *kd_py_integer(enum kd_order order, const struct kd_reader *reader, const uint8_t *bytes);
/** A value of which there are but the bytes, type->size of them, as they would be in memory: of a number or a pointer
 * what Dump.object() gives; of anything else bytes. */
PyObject *kd_py_value_of_bytes(DumpObject *dump, const struct kd_type *type, const uint8_t *bytes);
/** A value of any type at address, as Dump.object() gives it. */
PyObject *kd_py_value(DumpObject *dump, const struct kd_type *type, kd_vaddr address);

#endif
