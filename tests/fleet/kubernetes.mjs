// SPDX-License-Identifier: GPL-2.0-or-later
// node tests/fleet/kubernetes.mjs NODE_MODULES MANIFEST: holds each document of a manifest against the types of Kubernetes' API (those of its
// OpenAPI schema): unknown fields, missing ones, wrong kinds. Prints what is wrong; exits with 1 then.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [modules, manifest] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "of-no-file.js"));
const ts = require("typescript");
const yaml = require("yaml");

/** "batch/v1", "Job" as a constant of that type, in which the compiler finds what does not fit. */
const source = yaml
	.parseAllDocuments(readFileSync(manifest, "utf8"))
	.map((document, number) => {
		if (document.errors.length) throw document.errors[0];
		const { apiVersion, kind } = document.toJS();
		if (!/^[a-z0-9./]+$/.test(apiVersion) || !/^[A-Z][A-Za-z]+$/.test(kind)) throw new Error(`no kind: ${apiVersion} ${kind}`);
		const path = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
		return `import type { ${kind} as Kind${number} } from "kubernetes-types/${path}";\nexport const document${number}: Kind${number} = ${JSON.stringify(document.toJS(), null, 1)};\n`;
	})
	.join("\n");

const name = join(modules, "manifest.ts");
const options = { strict: true, noEmit: true, types: [], moduleResolution: ts.ModuleResolutionKind.Node10, skipLibCheck: false };
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (path, ...rest) => (path === name ? ts.createSourceFile(path, source, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest));
host.fileExists = (path) => path === name || fileExists(path);
host.readFile = (path) => (path === name ? source : readFile(path));
const wrong = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host));
process.stdout.write(ts.formatDiagnostics(wrong, { getCanonicalFileName: (path) => path, getCurrentDirectory: () => modules, getNewLine: () => "\n" }));
process.exit(wrong.length ? 1 : 0);
