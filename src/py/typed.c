/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metaclass StructType, and how classes and instances of typed objects are made. */
#include "py/typed.h"

#include <cpython/longintrepr.h>

PyTypeObject *kd_py_StructType;

/* A member of a class: a path to read. */
typedef struct {
	PyObject_HEAD struct kd_path path;
} FieldObject;

static void field_dealloc(PyObject *self)
{
	kd_path_deinit(&((FieldObject *)self)->path);
	PyObject_Free(self);
}

static PyTypeObject Field = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "pykd.Field",
	.tp_basicsize = sizeof(FieldObject),
	.tp_dealloc = field_dealloc,
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

static FieldObject *field_new(DumpObject *dump, const struct kd_type *type, const char *path, bool pointers)
{
	FieldObject *field = PyObject_New(FieldObject, &Field);
	if (!field)
		return NULL;
	field->path = (struct kd_path){};
	if (!kd_path_init(dump, &field->path, type, path, pointers))
		Py_CLEAR(field);
	return field;
}

static struct kd_typed *own_typed(PyTypeObject *class)
{
	return PyObject_GetTypeData((PyObject *)class, kd_py_StructType);
}

struct kd_typed *kd_py_typed(PyTypeObject *class)
{
	for (; class && PyObject_TypeCheck((PyObject *)class, kd_py_StructType); class = class->tp_base)
		if (own_typed(class)->dump)
			return own_typed(class);
	return NULL;
}

const struct kd_path *kd_py_added_path(PyTypeObject *class, const char *name)
{
	PyObject *field = PyDict_GetItemString(own_typed(class)->added, name);
	return field ? &((FieldObject *)field)->path : NULL;
}

PyObject *kd_py_class_info(PyTypeObject *class, const char *hook)
{
	struct kd_typed *typed = kd_py_typed(class);
	if (!typed)
		return PyErr_Format(PyExc_AttributeError, "%s has no C type", class->tp_name);
	if (!typed->info) {
		KD_PYOBJECT PyObject *module = PyImport_ImportModule("_pykd");
		KD_PYOBJECT PyObject *function = module ? PyObject_GetAttrString(module, hook) : NULL;
		if (!function)
			return NULL;
		typed->info = function == Py_None ? kd_py_type_wrap(typed->dump, typed->type)
						  : PyObject_CallOneArg(function, (PyObject *)class);
	}
	return Py_XNewRef(typed->info);
}

/* ---- instances ---- */

PyObject *kd_py_typed_new(PyTypeObject *class, uint64_t value)
{
	/* What int.__new__() does for a subclass, without the int in between. */
	Py_ssize_t digits_nr = value >> (2 * PyLong_SHIFT) ? 3 : value >> PyLong_SHIFT ? 2 : value != 0;
	PyLongObject *self = (PyLongObject *)class->tp_alloc(class, digits_nr ? digits_nr : 1);
	if (!self)
		return NULL;
	enum { SIGN_ZERO = 1, NON_SIZE_BITS = 3 }; /* of lv_tag, see longintrepr.h */
	self->long_value.lv_tag = digits_nr ? (uintptr_t)digits_nr << NON_SIZE_BITS : SIGN_ZERO;
	self->long_value.ob_digit[0] = 0;
	for (Py_ssize_t i = 0; i < digits_nr; i++)
		self->long_value.ob_digit[i] = (value >> (i * PyLong_SHIFT)) & PyLong_MASK;
	return (PyObject *)self;
}

PyObject *kd_py_typed_new_signed(PyTypeObject *class, int64_t value)
{
	if (value >= 0)
		return kd_py_typed_new(class, value);
	KD_PYOBJECT PyObject *args = Py_BuildValue("(L)", (long long)value);
	return args ? PyLong_Type.tp_new(class, args, NULL) : NULL;
}

/* ---- classes ---- */

/* "struct foo", the typedef's name of an untagged one, or PARENT:OFFSET/FIELD->struct where it has no name at all. */
static PyObject *symbol_of(const struct kd_type *type, const struct kd_place *place)
{
	const struct kd_type *stripped = kd_type_strip(type);
	bool is_struct = stripped->kind == KD_STRUCT || stripped->kind == KD_UNION;
	if (!is_struct || stripped->name) {
		KD_FREE char *spelled = kd_type_spell(is_struct || stripped->kind == KD_ENUM ? stripped : type);
		return spelled ? PyUnicode_FromString(spelled) : PyErr_NoMemory();
	}
	for (; type != stripped; type = type->target)
		if (type->kind == KD_TYPEDEF && type->name)
			return PyUnicode_FromString(type->name);

	const char *kind = kd_py_kind_name(stripped->kind);
	if (!place || !place->parent)
		return PyUnicode_FromString(kind);
	KD_PYOBJECT PyObject *parent = PyObject_GetAttrString(place->parent, "PYT_symbol");
	if (!parent)
		return NULL;
	if (!place->field)
		return PyUnicode_FromFormat("%U:%llu->%s", parent, (unsigned long long)place->offset, kind);
	return PyUnicode_FromFormat("%U:%llu/%s->%s", parent, (unsigned long long)place->offset, place->field, kind);
}

static PyObject *class_name(const char *prefix, PyObject *symbol)
{
	KD_PYOBJECT PyObject *name = PyUnicode_FromFormat("%s_%U", prefix, symbol);
	KD_PYOBJECT PyObject *blank = PyUnicode_FromString(" ");
	KD_PYOBJECT PyObject *dash = PyUnicode_FromString("-");
	KD_PYOBJECT PyObject *underscore = PyUnicode_FromString("_");
	if (!name || !blank || !dash || !underscore)
		return NULL;
	KD_PYOBJECT PyObject *half = PyUnicode_Replace(name, blank, underscore, -1);
	return half ? PyUnicode_Replace(half, dash, underscore, -1) : NULL;
}

static bool set_steal(PyObject *dict, const char *key, PyObject *value)
{
	KD_PYOBJECT PyObject *owned = value;
	return owned && PyDict_SetItemString(dict, key, owned) == 0;
}

static bool init_typed(DumpObject *dump, PyTypeObject *class, const struct kd_type *type)
{
	struct kd_typed *typed = own_typed(class);
	typed->type = type;
	typed->fields = PyDict_New();
	typed->added = PyDict_New();
	if (!typed->fields || !typed->added)
		return false;
	typed->dump = (DumpObject *)Py_NewRef(dump);
	typed->stride = type->size;
	if (type->kind != KD_POINTER && type->kind != KD_ARRAY)
		return true;
	typed->stride = type->target->size ? type->target->size : 1;
	typed->has_element = true;
	return kd_reader_init(dump, &typed->element, &(struct kd_member){ .type = type->target });
}

/* dump.pseudo_members[symbol](class), if there is such an entry. */
static bool add_pseudo_members(DumpObject *dump, PyObject *symbol, PyObject *class)
{
	KD_PYOBJECT PyObject *function = Py_XNewRef(PyDict_GetItemWithError(dump->pseudo_members, symbol));
	if (!function)
		return !PyErr_Occurred();
	KD_PYOBJECT PyObject *result = PyObject_CallOneArg(function, class);
	return result != NULL;
}

static PyObject *class_new(DumpObject *dump, const struct kd_type *type, const struct kd_type *spelled,
			   const struct kd_place *place)
{
	PyTypeObject *base = type->kind == KD_POINTER ? kd_py_Pointer
			     : type->kind == KD_ARRAY ? kd_py_FlexArray
			     : type->kind == KD_ENUM  ? kd_py_Enum
						      : kd_py_Struct;
	const char *prefix =
		type->kind == KD_STRUCT || type->kind == KD_UNION ? "StructResult" : strchr(base->tp_name, '.') + 1;
	KD_PYOBJECT PyObject *symbol = symbol_of(spelled, place);
	KD_PYOBJECT PyObject *name = symbol ? class_name(prefix, symbol) : NULL;
	KD_PYOBJECT PyObject *dict = name ? PyDict_New() : NULL;
	if (!dict || !set_steal(dict, "PYT_symbol", Py_NewRef(symbol)) ||
	    !set_steal(dict, "PYT_size", PyLong_FromUnsignedLongLong(type->size)) ||
	    !set_steal(dict, "PYT_dump", Py_NewRef(dump)) ||
	    !set_steal(dict, "PYT_type", kd_py_type_wrap(dump, type)) ||
	    !set_steal(dict, "__module__", PyUnicode_InternFromString("pykd")) ||
	    (base != kd_py_Struct && !set_steal(dict, "__slots__", PyTuple_New(0))))
		return NULL;
	KD_PYOBJECT PyObject *class = PyObject_CallFunction((PyObject *)kd_py_StructType, "O(O)O", name, base, dict);
	if (!class || !init_typed(dump, (PyTypeObject *)class, type))
		return NULL;
	/* Known before its pseudo-members are made: they may lead back to it. */
	KD_PYOBJECT PyObject *key = PyLong_FromVoidPtr((void *)type);
	if (!key || PyDict_SetItem(dump->classes, key, class) < 0 || !add_pseudo_members(dump, symbol, class))
		return NULL;
	return kd_move_ptr(class);
}

/* A struct that one BTF only declares may be whole in another. */
static struct kd_error *completed(DumpObject *dump, const struct kd_type **type)
{
	if (!((*type)->flags & KD_TYPE_INCOMPLETE) || !(*type)->name || (*type)->kind == KD_ARRAY)
		return NULL;
	struct kd_types *types;
	const struct kd_type *whole;
	struct kd_error *err = kd_program_types(dump->program, &types);
	if (!err)
		err = kd_types_find(types, (*type)->kind, (*type)->name, &whole);
	if (!err)
		*type = whole;
	return kd_error_catch(&err, KD_ERROR_LOOKUP) ? NULL : err;
}

PyObject *kd_py_class(DumpObject *dump, const struct kd_type *spelled, const struct kd_place *place)
{
	const struct kd_type *type = kd_type_strip(spelled);
	struct kd_error *err = completed(dump, &type);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *key = PyLong_FromVoidPtr((void *)type);
	if (!key)
		return NULL;
	PyObject *class = PyDict_GetItemWithError(dump->classes, key);
	if (class || PyErr_Occurred())
		return Py_XNewRef(class);
	switch (type->kind) {
	case KD_STRUCT:
	case KD_UNION:
	case KD_POINTER:
	case KD_ARRAY:
	case KD_ENUM:
		return class_new(dump, type, kd_type_strip(spelled) == type ? spelled : type, place);
	default: {
		KD_FREE char *text = kd_type_spell(spelled);
		return PyErr_Format(kd_py_CTypeError, "%s is not a struct, union, enum, pointer or array",
				    text ? text : "?");
	}
	}
}

PyObject *kd_py_class_named(DumpObject *dump, PyObject *name)
{
	PyObject *class = PyDict_GetItemWithError(dump->class_names, name);
	if (class || PyErr_Occurred())
		return Py_XNewRef(class);
	const struct kd_type *type = kd_py_type_argument(dump, name);
	KD_PYOBJECT PyObject *made = type ? kd_py_class(dump, type, NULL) : NULL;
	if (!made || PyDict_SetItem(dump->class_names, name, made) < 0)
		return NULL;
	return kd_move_ptr(made);
}

/* ---- the metaclass ---- */

static int meta_traverse(PyObject *self, visitproc visit, void *arg)
{
	struct kd_typed *typed = own_typed((PyTypeObject *)self);
	Py_VISIT(typed->dump);
	Py_VISIT(typed->info);
	Py_VISIT(typed->fields);
	Py_VISIT(typed->added);
	return PyType_Type.tp_traverse(self, visit, arg);
}

static int meta_clear(PyObject *self)
{
	struct kd_typed *typed = own_typed((PyTypeObject *)self);
	Py_CLEAR(typed->fields);
	Py_CLEAR(typed->added);
	Py_CLEAR(typed->info);
	Py_CLEAR(typed->enumerators);
	kd_reader_deinit(&typed->element);
	Py_CLEAR(typed->dump);
	return PyType_Type.tp_clear(self);
}

static int meta_setattro(PyObject *self, PyObject *name, PyObject *value)
{
	/* A class attribute may now hide a member. */
	struct kd_typed *typed = own_typed((PyTypeObject *)self);
	if (typed->fields)
		PyDict_Clear(typed->fields);
	return PyType_Type.tp_setattro(self, name, value);
}

static PyObject *meta_add_member(PyObject *self, PyObject *args)
{
	PyObject *name;
	const char *path;
	if (!PyArg_ParseTuple(args, "Us:add_member", &name, &path))
		return NULL;
	struct kd_typed *typed = own_typed((PyTypeObject *)self);
	if (!typed->dump)
		return PyErr_Format(kd_py_CTypeError, "%s has no C type", ((PyTypeObject *)self)->tp_name);
	KD_PYOBJECT PyObject *field = (PyObject *)field_new(typed->dump, typed->type, path, true);
	if (!field) {
		if (!PyErr_ExceptionMatches(kd_py_MemberError))
			return NULL;
		PyErr_Clear();
		Py_RETURN_FALSE;
	}
	PyDict_Clear(typed->fields);
	if (PyDict_SetItem(typed->added, name, field) < 0)
		return NULL;
	Py_RETURN_TRUE;
}

/* 1: *ret is the member's byte offset; 0: it is an attribute that has none (passes a pointer); -1: there is no such
 * member; -2: an exception is set. */
static int member_at(PyTypeObject *class, PyObject *name, uint64_t *ret)
{
	const char *text = PyUnicode_AsUTF8(name);
	if (!text)
		return -2;
	struct kd_typed *typed = kd_py_typed(class);
	if (!typed)
		return -1;
	const struct kd_path *added = PyDict_Contains(typed->added, name) == 1
					      ? &((FieldObject *)PyDict_GetItem(typed->added, name))->path
					      : NULL;
	if (added) {
		*ret = added->reader.offset;
		return added->hop_nr == 0;
	}
	struct kd_member member;
	struct kd_error *err = kd_type_find_member(typed->type, text, &member);
	if (!err) {
		*ret = member.bit_offset / 8;
		return 1;
	}
	if (kd_error_catch(&err, KD_ERROR_LOOKUP) || kd_error_catch(&err, KD_ERROR_TYPE))
		return -1;
	kd_py_raise(err);
	return -2;
}

/* A property that was set on the class: a member that is computed. */
static bool has_property(PyTypeObject *class, PyObject *name)
{
	KD_PYOBJECT PyObject *dict = PyType_GetDict(class);
	PyObject *attribute = dict ? PyDict_GetItemWithError(dict, name) : NULL;
	return attribute && PyObject_TypeCheck(attribute, &PyProperty_Type);
}

static PyObject *meta_has_member(PyObject *self, PyObject *name)
{
	uint64_t offset;
	int found = member_at((PyTypeObject *)self, name, &offset);
	return found == -2 ? NULL : PyBool_FromLong(found >= 0 || has_property((PyTypeObject *)self, name));
}

static PyObject *meta_member_offset(PyObject *self, PyObject *name)
{
	uint64_t offset;
	int found = member_at((PyTypeObject *)self, name, &offset);
	if (found == -2)
		return NULL;
	return found == 1 ? PyLong_FromUnsignedLongLong(offset) : Py_NewRef(Py_None);
}

static PyObject *meta_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info((PyTypeObject *)self, "struct_info");
}

static PyMethodDef meta_methods[] = {
	{ "add_member", meta_add_member, METH_VARARGS, KD_DOC_StructType_add_member },
	{ "has_member", meta_has_member, METH_O, KD_DOC_StructType_has_member },
	{ "member_offset", meta_member_offset, METH_O, KD_DOC_StructType_member_offset },
	{},
};

static PyGetSetDef meta_getset[] = {
	{ "PYT_sinfo", meta_info, NULL, KD_DOC_StructType_PYT_sinfo, NULL },
	{},
};

static PyType_Spec meta_spec = {
	.name = "pykd.StructType",
	.basicsize = -(int)sizeof(struct kd_typed),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_StructType },
			{ Py_tp_traverse, meta_traverse },
			{ Py_tp_clear, meta_clear },
			{ Py_tp_setattro, meta_setattro },
			{ Py_tp_methods, meta_methods },
			{ Py_tp_getset, meta_getset },
			{},
		},
};

/* ---- members of an instance ---- */

/* The Field for name; borrowed. NULL without an exception: no such member. */
static FieldObject *find_field(struct kd_typed *typed, PyObject *name)
{
	PyObject *added = PyDict_GetItemWithError(typed->added, name);
	if (added || PyErr_Occurred())
		return (FieldObject *)added;
	const char *text = PyUnicode_AsUTF8(name);
	if (!text)
		return NULL;
	FieldObject *field = field_new(typed->dump, typed->type, text, false);
	/* Inside a class body Python turns `object.__state` into `object._Class__state`. */
	const char *dunder = strstr(text, "__");
	if (!field && dunder && dunder != text && PyErr_ExceptionMatches(kd_py_MemberError)) {
		PyErr_Clear();
		field = field_new(typed->dump, typed->type, dunder, false);
	}
	if (!field) {
		if (PyErr_ExceptionMatches(kd_py_MemberError))
			PyErr_Clear();
		return NULL;
	}
	int failed = PyDict_SetItem(typed->fields, name, (PyObject *)field);
	Py_DECREF(field); /* the dict holds it */
	return failed ? NULL : field;
}

static PyObject *read_field(PyObject *self, struct kd_typed *typed, FieldObject *field, PyObject *name)
{
	struct kd_place place = { (PyObject *)Py_TYPE(self), field->path.reader.offset, PyUnicode_AsUTF8(name) };
	uint64_t base = PyLong_AsUnsignedLongLongMask(self);
	KD_PYOBJECT PyObject *held = Py_NewRef(field); /* a class attribute set meanwhile must not free it */
	return kd_path_read(typed->dump, &field->path, self, base, &place);
}

/*
 * `object.__getattr__(name)`, written out: programs do so to choose a member at run time. As a method of the class it
 * would have Python route every access through it, so it is made for who asks.
 */
static PyObject *struct_getattro(PyObject *self, PyObject *name);
static PyMethodDef getattr_method = { "__getattr__", struct_getattro, METH_O, NULL };

static PyObject *struct_getattro(PyObject *self, PyObject *name)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (!typed)
		return PyObject_GenericGetAttr(self, name);
	PyObject *cached = PyDict_GetItemWithError(typed->fields, name);
	if (cached && !typed->is_shadowed)
		return read_field(self, typed, (FieldObject *)cached, name);
	if (PyErr_Occurred())
		return NULL;
	PyObject *attribute = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
	if (attribute || PyErr_Occurred())
		return attribute;
	if (cached)
		return read_field(self, typed, (FieldObject *)cached, name);
	FieldObject *field = find_field(typed, name);
	if (field)
		return read_field(self, typed, field, name);
	if (!PyErr_Occurred()) {
		if (PyUnicode_EqualToUTF8(name, getattr_method.ml_name))
			return PyCFunction_New(&getattr_method, self);
		KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
		if (symbol)
			PyErr_Format(kd_py_MemberError, "<%S> does not have a field <%U>", symbol, name);
	}
	return NULL;
}

static int struct_setattro(PyObject *self, PyObject *name, PyObject *value)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (typed)
		typed->is_shadowed = true;
	return PyObject_GenericSetAttr(self, name, value);
}

/* ---- Struct ---- */

PyTypeObject *kd_py_Struct;

static uint64_t value_of(PyObject *self)
{
	return PyLong_AsUnsignedLongLongMask(self);
}

/*
 * A negative number stays negative, although it reads at the same address: programs compute the offset of a member as
 * -container_of(0, "struct foo", "member").
 */
static PyObject *struct_at(PyTypeObject *class, PyObject *number)
{
	uint64_t address;
	if (!kd_py_address(number, &address))
		return NULL;
	int overflow;
	long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
	if (value == -1 && PyErr_Occurred())
		return NULL;
	return value < 0 && !overflow ? kd_py_typed_new_signed(class, value) : kd_py_typed_new(class, address);
}

/* Struct("struct foo", address) or CLASS(address). */
static PyObject *struct_new(PyTypeObject *class, PyObject *args, PyObject *kwargs)
{
	PyObject *name, *address;
	if (kwargs && PyDict_GET_SIZE(kwargs))
		return PyErr_Format(PyExc_TypeError, "%s takes no keyword arguments", class->tp_name);
	if (kd_py_typed(class)) {
		if (!PyArg_ParseTuple(args, "O", &address))
			return NULL;
		return struct_at(class, address);
	}
	if (!PyArg_ParseTuple(args, "UO:Struct", &name, &address))
		return NULL;
	DumpObject *dump = kd_py_current_dump();
	KD_PYOBJECT PyObject *found = dump ? kd_py_class_named(dump, name) : NULL;
	if (!found && dump && PyErr_ExceptionMatches(kd_py_NotFoundError))
		PyErr_Format(kd_py_CTypeError, "no type %U", name);
	return found ? struct_at((PyTypeObject *)found, address) : NULL;
}

static PyObject *text_format(PyObject *self, const char *format)
{
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)value_of(self));
	const char *text = symbol ? PyUnicode_AsUTF8(symbol) : NULL;
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	return text ? PyUnicode_FromFormat(format, text, address, (unsigned long long)(typed ? typed->type->size : 0))
		    : NULL;
}

static PyObject *struct_str(PyObject *self)
{
	return text_format(self, "<%s %s>");
}

static PyObject *struct_repr(PyObject *self)
{
	return text_format(self, "StructResult <%s %s> \tsize=%llu");
}

static PyObject *struct_short(PyObject *self, PyObject *unused)
{
	(void)unused;
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	const char *text = symbol ? PyUnicode_AsUTF8(symbol) : NULL;
	if (!text)
		return NULL;
	const char *blank = strchr(text, ' ');
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)value_of(self));
	return PyUnicode_FromFormat("<%s %s>", blank ? blank + 1 : text, address);
}

static PyObject *element_at(PyObject *self, PyObject *index)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	KD_PYOBJECT PyObject *number = typed ? PyNumber_Index(index) : NULL;
	if (!number)
		return NULL;
	int overflow;
	long long steps = PyLong_AsLongLongAndOverflow(number, &overflow);
	if (steps == -1 && PyErr_Occurred())
		return NULL;
	return kd_py_typed_new(Py_TYPE(self), value_of(self) + (uint64_t)steps * typed->stride);
}

/*
 * `for element in object` takes object[0], object[1] and so on. Nothing says how long an array behind a pointer is, so
 * the loop has to end by itself, by a break or a zip(); one that does not ends here.
 */
enum { MAX_STEPS = 1 << 20 };

static PyObject *elements_of(PyObject *self)
{
	KD_PYOBJECT PyObject *get = PyObject_GetAttrString(self, "__getitem__");
	KD_PYOBJECT PyObject *numbers = get ? PyObject_CallFunction((PyObject *)&PyRange_Type, "i", MAX_STEPS) : NULL;
	return numbers ? PyObject_CallFunctionObjArgs((PyObject *)&PyMap_Type, get, numbers, NULL) : NULL;
}

static PyObject *struct_subscript(PyObject *self, PyObject *index)
{
	if (!PyUnicode_Check(index))
		return element_at(self, index);
	KD_PYOBJECT PyObject *info = kd_py_class_info(Py_TYPE(self), "struct_info");
	return info ? PyObject_GetItem(info, index) : NULL;
}

static PyObject *struct_add(PyObject *left, PyObject *right)
{
	bool is_step = PyObject_TypeCheck(left, kd_py_Struct) && kd_py_typed(Py_TYPE(left)) && PyLong_Check(right) &&
		       !PyObject_TypeCheck(right, kd_py_Struct);
	return is_step ? element_at(left, right) : PyLong_Type.tp_as_number->nb_add(left, right);
}

static Py_ssize_t struct_length(PyObject *self)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	return typed ? (Py_ssize_t)typed->type->size : 0;
}

static PyObject *struct_get_self(PyObject *self, void *closure)
{
	(void)closure;
	return Py_NewRef(self);
}

static PyObject *struct_deref(PyObject *self, PyObject *unused)
{
	(void)unused;
	return Py_NewRef(self);
}

static PyObject *struct_has_field(PyObject *self, PyObject *name)
{
	return meta_has_member((PyObject *)Py_TYPE(self), name);
}

static PyObject *struct_is_named(PyObject *self, PyObject *name)
{
	KD_PYOBJECT PyObject *symbol = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "PYT_symbol");
	return symbol ? PyObject_RichCompare(symbol, name, Py_EQ) : NULL;
}

static PyObject *struct_field_offset(PyObject *self, PyObject *name)
{
	KD_PYOBJECT PyObject *offset = meta_member_offset((PyObject *)Py_TYPE(self), name);
	if (offset == Py_None)
		return PyErr_Format(kd_py_MemberError, "<%s> does not have a field <%U>", Py_TYPE(self)->tp_name, name);
	return kd_move_ptr(offset);
}

static PyObject *struct_cast(PyObject *self, PyObject *name)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	KD_PYOBJECT PyObject *class = typed ? kd_py_class_named(typed->dump, name) : NULL;
	if (!class && PyErr_ExceptionMatches(kd_py_NotFoundError))
		PyErr_Format(kd_py_CTypeError, "no type %S", name);
	return class ? kd_py_typed_new((PyTypeObject *)class, value_of(self)) : NULL;
}

/* Python attributes on the way: one name at a time. */
static PyObject *eval_slowly(PyObject *self, PyObject *path)
{
	KD_PYOBJECT PyObject *dot = PyUnicode_FromString(".");
	KD_PYOBJECT PyObject *names = dot ? PyUnicode_Split(path, dot, -1) : NULL;
	KD_PYOBJECT PyObject *value = names ? Py_NewRef(self) : NULL;
	for (Py_ssize_t i = 0; value && i < PyList_GET_SIZE(names); i++)
		Py_SETREF(value, PyObject_GetAttr(value, PyList_GET_ITEM(names, i)));
	if (!value && PyErr_ExceptionMatches(kd_py_MemberError))
		PyErr_Format(kd_py_CTypeError, "%R does not resolve %U", self, path);
	return kd_move_ptr(value);
}

static PyObject *struct_eval(PyObject *self, PyObject *path)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : NULL;
	if (!typed || !text)
		return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "Eval takes a path, not %T", path);
	PyObject *field = PyDict_GetItemWithError(typed->fields, path);
	if (!field) {
		KD_PYOBJECT PyObject *made = (PyObject *)field_new(typed->dump, typed->type, text, true);
		if (!made) {
			if (!PyErr_ExceptionMatches(kd_py_MemberError))
				return NULL;
			PyErr_Clear();
			return eval_slowly(self, path);
		}
		if (PyDict_SetItem(typed->fields, path, made) < 0)
			return NULL;
		field = made;
	}
	return read_field(self, typed, (FieldObject *)field, path);
}

static PyObject *struct_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info(Py_TYPE(self), "struct_info");
}

static PyMethodDef struct_methods[] = {
	{ "getDeref", struct_deref, METH_NOARGS, KD_DOC_Struct_getDeref },
	{ "hasField", struct_has_field, METH_O, KD_DOC_Struct_hasField },
	{ "isNamed", struct_is_named, METH_O, KD_DOC_Struct_isNamed },
	{ "fieldOffset", struct_field_offset, METH_O, KD_DOC_Struct_fieldOffset },
	{ "castTo", struct_cast, METH_O, KD_DOC_Struct_castTo },
	{ "Eval", struct_eval, METH_O, KD_DOC_Struct_Eval },
	{ "shortStr", struct_short, METH_NOARGS, KD_DOC_Struct_shortStr },
	{},
};

static PyGetSetDef struct_getset[] = {
	{ "Deref", struct_get_self, NULL, KD_DOC_Struct_Deref, NULL },
	{ "PYT_sinfo", struct_info, NULL, KD_DOC_StructType_PYT_sinfo, NULL },
	{},
};

static PyType_Spec struct_spec = {
	.name = "pykd.Struct",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Struct },
			{ Py_tp_new, struct_new },
			{ Py_tp_getattro, struct_getattro },
			{ Py_tp_setattro, struct_setattro },
			{ Py_tp_str, struct_str },
			{ Py_tp_repr, struct_repr },
			{ Py_nb_add, struct_add },
			{ Py_mp_subscript, struct_subscript },
			{ Py_tp_iter, elements_of },
			{ Py_mp_length, struct_length },
			{ Py_tp_methods, struct_methods },
			{ Py_tp_getset, struct_getset },
			{},
		},
};

/* ---- Pointer and FlexArray: both read elements ---- */

PyTypeObject *kd_py_Pointer, *kd_py_FlexArray;

static PyObject *typed_new(PyTypeObject *class, PyObject *args, PyObject *kwargs)
{
	uint64_t value;
	(void)kwargs;
	if (!kd_py_typed(class))
		return PyErr_Format(PyExc_TypeError, "%s objects come from a dump", class->tp_name);
	return PyArg_ParseTuple(args, "O&", kd_py_address, &value) ? kd_py_typed_new(class, value) : NULL;
}

static PyObject *read_element(PyObject *self, uint64_t index)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (kd_type_strip(typed->type->target)->kind == KD_VOID)
		return PyErr_Format(kd_py_CTypeError, "cannot dereference %R", self);
	return kd_reader_read(typed->dump, &typed->element, value_of(self) + index * typed->stride, NULL);
}

static PyObject *pointer_subscript(PyObject *self, PyObject *index)
{
	uint64_t steps;
	if (!kd_py_address(index, &steps))
		return NULL;
	if (!value_of(self))
		return PyErr_Format(PyExc_IndexError, "\nNULL pointer %R", self);
	return read_element(self, steps);
}

static PyObject *pointer_deref(PyObject *self, PyObject *unused)
{
	(void)unused;
	KD_PYOBJECT PyObject *zero = PyLong_FromLong(0);
	return pointer_subscript(self, zero);
}

static PyObject *pointer_get_deref(PyObject *self, void *closure)
{
	(void)closure;
	return pointer_deref(self, NULL);
}

static PyObject *pointer_get_level(PyObject *self, void *closure)
{
	(void)closure;
	long level = 0;
	for (const struct kd_type *type = kd_py_typed(Py_TYPE(self))->type; type->kind == KD_POINTER;
	     type = kd_type_strip(type->target))
		level++;
	return PyLong_FromLong(level);
}

/* The text that it points to, whatever its target; None if NULL. For CString(pointer). */
static PyObject *pointer_get_text(PyObject *self, void *closure)
{
	(void)closure;
	kd_vaddr address = value_of(self);
	struct kd_memory *memory = kd_py_memory(kd_py_typed(Py_TYPE(self))->dump);
	if (!memory)
		return NULL;
	if (!address)
		Py_RETURN_NONE;
	KD_FREE char *text = NULL;
	size_t len;
	struct kd_error *err = kd_memory_read_string(memory, address, 4096, &text, &len);
	return err ? kd_py_raise(err) : kd_py_cstring_new(text, len + 1, address, true, address);
}

static PyObject *pointer_get_info(PyObject *self, void *closure)
{
	(void)closure;
	return kd_py_class_info(Py_TYPE(self), "type_info");
}

static PyObject *pointer_repr(PyObject *self)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	KD_FREE char *type = kd_type_spell(typed->type);
	char address[24];
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)value_of(self));
	return PyUnicode_FromFormat("<tPtr addr=%s ctype='%s'>", address, type ? type : "?");
}

static PyMethodDef pointer_methods[] = {
	{ "getDeref", pointer_deref, METH_NOARGS, KD_DOC_Pointer_getDeref },
	{},
};

static PyGetSetDef pointer_getset[] = {
	{ "Deref", pointer_get_deref, NULL, KD_DOC_Pointer_Deref, NULL },
	{ "ptrlev", pointer_get_level, NULL, KD_DOC_Pointer_ptrlev, NULL },
	{ "text", pointer_get_text, NULL, KD_DOC_Pointer_text, NULL },
	{ "ti", pointer_get_info, NULL, KD_DOC_Pointer_ti, NULL },
	{ "ptype", pointer_get_info, NULL, KD_DOC_Pointer_ptype, NULL },
	{},
};

static PyType_Spec pointer_spec = {
	.name = "pykd.Pointer",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Pointer },
			{ Py_tp_new, typed_new },
			{ Py_tp_repr, pointer_repr },
			{ Py_tp_str, pointer_repr },
			{ Py_mp_subscript, pointer_subscript },
			{ Py_tp_iter, elements_of },
			{ Py_tp_methods, pointer_methods },
			{ Py_tp_getset, pointer_getset },
			{},
		},
};

static PyObject *flex_subscript(PyObject *self, PyObject *index)
{
	uint64_t steps;
	return kd_py_address(index, &steps) ? read_element(self, steps) : NULL;
}

static PyType_Spec flex_spec = {
	.name = "pykd.FlexArray",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_FlexArray },
			{ Py_tp_new, typed_new },
			{ Py_mp_subscript, flex_subscript },
			{ Py_tp_iter, elements_of },
			{},
		},
};

/* ---- Enum ---- */

PyTypeObject *kd_py_Enum;

static PyObject *enumerator_names(struct kd_typed *typed)
{
	const struct kd_enumerator *enumerators;
	size_t nr;
	struct kd_error *err = kd_type_enumerators(typed->type, &enumerators, &nr);
	if (err)
		return kd_py_raise(err);
	KD_PYOBJECT PyObject *names = PyDict_New();
	for (size_t i = 0; names && i < nr; i++) {
		KD_PYOBJECT PyObject *value = typed->type->flags & KD_TYPE_SIGNED
						      ? PyLong_FromLongLong(enumerators[i].value)
						      : PyLong_FromUnsignedLongLong(enumerators[i].value);
		KD_PYOBJECT PyObject *name = PyUnicode_FromString(enumerators[i].name);
		/* Of several names for one value the first counts. */
		if (!value || !name || !PyDict_SetDefault(names, value, name))
			return NULL;
	}
	return kd_move_ptr(names);
}

static PyObject *enum_str(PyObject *self)
{
	struct kd_typed *typed = kd_py_typed(Py_TYPE(self));
	if (!typed->enumerators && !(typed->enumerators = enumerator_names(typed)))
		return NULL;
	PyObject *name = PyDict_GetItemWithError(typed->enumerators, self);
	if (name || PyErr_Occurred())
		return Py_XNewRef(name);
	KD_FREE char *type = kd_type_spell(typed->type);
	return PyUnicode_FromFormat("<%s, bad value %lld>", type ? type : "enum", PyLong_AsLongLong(self));
}

/* "{}", "{:s}", "{:>20}" mean the name, "{:d}" and "{:x}" the number. */
static PyObject *enum_format(PyObject *self, PyObject *spec)
{
	Py_ssize_t len = PyUnicode_Check(spec) ? PyUnicode_GET_LENGTH(spec) : 0;
	Py_UCS4 last = len ? PyUnicode_READ_CHAR(spec, len - 1) : 's';
	KD_PYOBJECT PyObject *value = NULL;
	if (last < 128 && strchr("bcdoxXneEfFgG%", (int)last))
		value = PyNumber_Long(self);
	else
		value = enum_str(self);
	/* int() of a subclass instance may be itself: make the plain number. */
	if (value && PyLong_Check(value) && !PyLong_CheckExact(value))
		Py_SETREF(value, PyLong_FromLongLong(PyLong_AsLongLong(value)));
	return value ? PyObject_Format(value, spec) : NULL;
}

static PyMethodDef enum_methods[] = {
	{ "__format__", enum_format, METH_O, NULL },
	{},
};

static PyGetSetDef enum_getset[] = {
	{ "einfo", pointer_get_info, NULL, KD_DOC_Enum_einfo, NULL },
	{},
};

static PyType_Spec enum_spec = {
	.name = "pykd.Enum",
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots =
		(PyType_Slot[]){
			{ Py_tp_doc, (void *)KD_DOC_Enum },
			{ Py_tp_new, typed_new },
			{ Py_tp_str, enum_str },
			{ Py_tp_repr, enum_str },
			{ Py_tp_methods, enum_methods },
			{ Py_tp_getset, enum_getset },
			{},
		},
};

static PyTypeObject *base_new(PyObject *module, PyType_Spec *spec)
{
	PyObject *class = PyType_FromMetaclass(kd_py_StructType, NULL, spec, (PyObject *)&PyLong_Type);
	if (class && PyModule_AddObjectRef(module, strchr(spec->name, '.') + 1, class) < 0)
		Py_CLEAR(class);
	return (PyTypeObject *)class;
}

int kd_py_typed_add(PyObject *module)
{
	if (PyType_Ready(&Field) < 0)
		return -1;
	kd_py_StructType = (PyTypeObject *)PyType_FromSpecWithBases(&meta_spec, (PyObject *)&PyType_Type);
	if (!kd_py_StructType || PyModule_AddObjectRef(module, "StructType", (PyObject *)kd_py_StructType) < 0)
		return -1;
	kd_py_Struct = base_new(module, &struct_spec);
	kd_py_Pointer = kd_py_Struct ? base_new(module, &pointer_spec) : NULL;
	kd_py_FlexArray = kd_py_Pointer ? base_new(module, &flex_spec) : NULL;
	kd_py_Enum = kd_py_FlexArray ? base_new(module, &enum_spec) : NULL;
	return kd_py_Enum ? 0 : -1;
}
