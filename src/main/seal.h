/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * THE SEAL: hashes of the finished executable, in the executable. tools/seal.py writes them when it has been linked;
 * pykd --self-test (frozen/pykd/selftest.py) checks them.
 */
#ifndef KD_MAIN_SEAL_H
#define KD_MAIN_SEAL_H

#include <stdint.h>

#include <Python.h>

#define KD_SEAL_HASH_LEN 32 /* sha256 */

/** Both hashes are of bytes in which the hashes themselves are zeros. */
struct kd_seal {
	char magic[16];
	uint8_t file[KD_SEAL_HASH_LEN];	 /* of the whole file */
	uint8_t image[KD_SEAL_HASH_LEN]; /* of what is loaded and never written: image(), */
};

extern const struct kd_seal kd_seal;

/** seal() -> (magic, file, image, address): bytes of the seal, and where in memory the two hashes begin. */
PyObject *kd_seal_get(PyObject *self, PyObject *unused);

/** image() -> [(address, memoryview)]: the segments of this program that are loaded from the file and never written. */
PyObject *kd_seal_image(PyObject *self, PyObject *unused);

#endif
