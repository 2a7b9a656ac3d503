/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What a process that has opened its dump and only answers no longer needs, it gives up: writing files, running
 * programs, the network, new privileges. The built-in module _pykd_sandbox.
 */
#ifndef KD_MAIN_SANDBOX_H
#define KD_MAIN_SANDBOX_H

#include <Python.h>

PyMODINIT_FUNC PyInit__pykd_sandbox(void);

#endif
