/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: an isolated interpreter whose standard library, framework and programs are in this file. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <wchar.h>

#include <Python.h>

#include "main/files.h"
#include "main/sandbox.h"
#include "py/builtin.h"

/** What runs while the import system is half there, so that every later import goes through it. */
#define IMPORTER_NAME "pykd.boot.importer"
#define IMPORTER_PATH "pykd/boot/importer.py"

/**
 * What CPython has frozen of its library, beside the core of the import system: nothing. The importer comes first and
 * finds everything in kd_files. tools/pykd.mk makes CPython's own definitions weak, so that the linker drops them.
 */
static const struct _frozen no_modules[] = { { 0 } };
extern const struct _frozen *_PyImport_FrozenStdlib, *_PyImport_FrozenTest;
const struct _frozen *_PyImport_FrozenStdlib = no_modules;
const struct _frozen *_PyImport_FrozenTest = no_modules;

/** The real path of this program: the root of the virtual tree. Works without /proc. */
static const char *own_path(const char *argv0)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len > 0 && path[0] == '/') {
		path[len] = '\0';
		return path;
	}
	/* What the kernel was asked to execute; relative to the folder we are still in. */
	const char *executed = (const char *)getauxval(AT_EXECFN);
	if (executed && realpath(executed, path))
		return path;
	return realpath(argv0, path) ? path : argv0;
}

static void check(PyStatus status)
{
	if (PyStatus_Exception(status))
		Py_ExitStatusException(status);
}

static void set(PyConfig *config, wchar_t **field, const char *value)
{
	check(PyConfig_SetBytesString(config, field, value));
}

/** Start the interpreter as far as built-in modules go: no path, no codecs, nothing of the library yet. */
static void start_core(int argc, char **argv, const char *exe)
{
	PyPreConfig preconfig;
	PyPreConfig_InitIsolatedConfig(&preconfig);
	preconfig.utf8_mode = 1;
	check(Py_PreInitialize(&preconfig));

	PyConfig config;
	PyConfig_InitIsolatedConfig(&config);
	config._init_main = 0;
	config.site_import = 0;
	config.write_bytecode = 0; /* never leave __pycache__ beside somebody's dump */
	config.install_signal_handlers = 1;
	config.pathconfig_warnings = 0;
	/*
	 * Hashes of text are seeded by the random bytes that the kernel hands to every program, not by getrandom(): it
	 * is newer than Linux 3.10, and in its stead Python insists on /dev/urandom. musl has used the first eight.
	 */
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	if (random) {
		uint32_t seed;
		memcpy(&seed, random + 12, sizeof(seed));
		config.use_hash_seed = 1;
		config.hash_seed = seed ? seed : 1; /* 0: not seeded */
	}
	/* For developers, first on the command line as with python: where does the time of start-up go? */
	config.import_time = argc > 2 && !strcmp(argv[1], "-X") && !strcmp(argv[2], "importtime");
	set(&config, &config.program_name, exe);
	set(&config, &config.executable, exe);
	set(&config, &config.base_executable, exe);
	set(&config, &config.home, exe);
	set(&config, &config.prefix, exe);
	set(&config, &config.base_prefix, exe);
	set(&config, &config.exec_prefix, exe);
	set(&config, &config.base_exec_prefix, exe);
	/* Where the codecs come from; the importer sets the real list later. */
	wchar_t *library = Py_DecodeLocale(exe, NULL);
	size_t len = library ? wcslen(library) + sizeof("/pylib") : 0;
	library = library ? PyMem_RawRealloc(library, len * sizeof(*library)) : NULL;
	if (!library)
		check(PyStatus_NoMemory());
	wcscat(library, L"/pylib");
	config.module_search_paths_set = 1;
	check(PyWideStringList_Append(&config.module_search_paths, library));
	PyMem_RawFree(library);
	check(PyConfig_SetBytesArgv(&config, argc, argv));
	check(Py_InitializeFromConfig(&config));
	PyConfig_Clear(&config);
}

/** Import the importer by hand, with the file name that it will give to everything else. */
static PyObject *import_importer(const char *exe)
{
	PyObject *imp = PyImport_ImportModule("_imp");
	PyObject *files = imp ? PyImport_ImportModule("_pykd_files") : NULL;
	PyObject *code = files ? PyObject_CallMethod(files, "code", "s", IMPORTER_PATH) : NULL;
	PyObject *path = code ? PyUnicode_FromFormat("%s/%s", exe, IMPORTER_PATH) : NULL;
	PyObject *fixed = path ? PyObject_CallMethod(imp, "_fix_co_filename", "OO", code, path) : NULL;
	PyObject *module = fixed ? PyImport_AddModuleRef(IMPORTER_NAME) : NULL;
	PyObject *done = NULL;
	if (module && PyModule_AddObjectRef(module, "__file__", path) == 0 &&
	    PyModule_AddObjectRef(module, "__builtins__", PyEval_GetBuiltins()) == 0)
		done = PyEval_EvalCode(code, PyModule_GetDict(module), PyModule_GetDict(module));
	if (!done)
		Py_CLEAR(module);
	Py_XDECREF(done);
	Py_XDECREF(fixed);
	Py_XDECREF(path);
	Py_XDECREF(code);
	Py_XDECREF(files);
	Py_XDECREF(imp);
	return module;
}

/**
 * The second half of the start. It imports the module time, which asks for the time zone, for which musl reads a file.
 * Few commands want to know: let it be UTC for now (the importer has the other half of this).
 */
static void start_rest(void)
{
	const char *zone = getenv("TZ");
	char *saved = zone ? strdup(zone) : NULL;
	setenv("TZ", "UTC0", 1);
	check(_Py_InitializeMain());
	if (saved)
		setenv("TZ", saved, 1);
	else
		unsetenv("TZ");
	free(saved);
}

static bool call(PyObject *module, const char *function)
{
	PyObject *result = module ? PyObject_CallMethod(module, function, NULL) : NULL;
	Py_XDECREF(result);
	return result != NULL;
}

/** An error before there is anybody to report it; only a damaged binary comes here. */
static int fail(void)
{
	PyErr_Print();
	return EXIT_FAILURE;
}

/*
 * A descriptor of the three that is closed would go to the next file that is opened: the dump. In its place comes one
 * that has nothing to read, and that cannot be written, so that lost output is an error; messages may be lost.
 */
static void occupy_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int ends[2];

		if (fcntl(fd, F_GETFD) >= 0 || open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) == fd)
			continue;
		if (pipe(ends) == 0)
			close(ends[1]);
	}
}

int main(int argc, char **argv)
{
	occupy_standard_files();
	const char *exe = own_path(argc > 0 ? argv[0] : "");

	if (PyImport_AppendInittab("_pykd", PyInit__pykd) < 0 ||
	    PyImport_AppendInittab("_pykd_files", PyInit__pykd_files) < 0 ||
	    PyImport_AppendInittab("_pykd_sandbox", PyInit__pykd_sandbox) < 0)
		return EXIT_FAILURE;
	start_core(argc, argv, exe);

	PyObject *importer = import_importer(exe);
	if (!call(importer, "install"))
		return fail();
	start_rest();
	if (!call(importer, "complete"))
		return fail();
	Py_DECREF(importer);

	PyObject *cli = PyImport_ImportModule("pykd.app.cli");
	PyObject *result = cli ? PyObject_CallMethod(cli, "main", NULL) : NULL;
	Py_XDECREF(cli);
	long status = result ? PyLong_AsLong(result) : -1;
	Py_XDECREF(result);
	if (status < 0 && PyErr_Occurred())
		return fail();
	/* Taking a full interpreter apart takes longer than many a command; pykd.app.cli.main() has flushed everything.
	 */
	_exit((int)status);
}
