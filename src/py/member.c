/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Member: a member of a struct or union. */
#include "py/member.h"

#include <stddef.h>

typedef struct {
	PyObject_HEAD PyObject *name, *type;
	uint64_t offset, bit_offset;
	PyObject *bit_size;
} MemberObject;

PyObject *kd_py_member_wrap(const struct kd_member *member, PyObject *type)
{
	KD_PYOBJECT PyObject *owned = type;
	MemberObject *self = owned ? PyObject_GC_New(MemberObject, &kd_py_Member) : NULL;
	if (!self)
		return NULL;
	self->name = kd_py_text(member->name);
	self->type = kd_move_ptr(owned);
	self->offset = member->bit_offset / 8;
	self->bit_offset = member->bit_offset;
	self->bit_size = member->bit_size ? PyLong_FromUnsignedLong(member->bit_size) : Py_NewRef(Py_None);
	PyObject_GC_Track(self);
	if (!self->name || !self->bit_size)
		Py_CLEAR(self);
	return (PyObject *)self;
}

static int member_traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((MemberObject *)self)->type);
	return 0;
}

static void member_dealloc(PyObject *self)
{
	PyObject_GC_UnTrack(self);
	MemberObject *member = (MemberObject *)self;
	Py_XDECREF(member->name);
	Py_XDECREF(member->type);
	Py_XDECREF(member->bit_size);
	PyObject_GC_Del(self);
}

static PyObject *member_repr(PyObject *self)
{
	MemberObject *member = (MemberObject *)self;
	return PyUnicode_FromFormat("<Member %S %S at %llu>", member->type, member->name,
				    (unsigned long long)member->offset);
}

static PyMemberDef member_members[] = {
	{ "name", Py_T_OBJECT_EX, offsetof(MemberObject, name), Py_READONLY, KD_DOC_Member_name },
	{ "type", Py_T_OBJECT_EX, offsetof(MemberObject, type), Py_READONLY, KD_DOC_Member_type },
	{ "offset", Py_T_ULONGLONG, offsetof(MemberObject, offset), Py_READONLY, KD_DOC_Member_offset },
	{ "bit_offset", Py_T_ULONGLONG, offsetof(MemberObject, bit_offset), Py_READONLY, KD_DOC_Member_bit_offset },
	{ "bit_size", Py_T_OBJECT_EX, offsetof(MemberObject, bit_size), Py_READONLY, KD_DOC_Member_bit_size },
	{},
};

PyTypeObject kd_py_Member = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Member",
	.tp_basicsize = sizeof(MemberObject),
	.tp_dealloc = member_dealloc,
	.tp_traverse = member_traverse,
	.tp_repr = member_repr,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.tp_doc = KD_DOC_Member,
	.tp_members = member_members,
};
