/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump's methods on its own end. */
#include "py/dump_methods.h"

KD_METHOD_NOARGS(close)
{
	kd_py_dump_close(DUMP(self));
	Py_RETURN_NONE;
}

KD_METHOD_NOARGS(__enter__)
{
	return Py_NewRef(self);
}

KD_METHOD(__exit__)
{
	(void)args;
	(void)kwargs;
	return dump_close(self, NULL);
}

PyMethodDef kd_py_dump_life_methods[] = {
	KD_NOARGS_ENTRY(close),
	KD_NOARGS_ENTRY(__enter__),
	KD_KEYWORDS_ENTRY(__exit__),
	{},
};
