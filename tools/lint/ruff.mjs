// SPDX-License-Identifier: GPL-2.0-or-later
// node ruff.mjs MODULE SETTINGS FILE...: ruff as WebAssembly, for machines without the program. SETTINGS is ruff.toml as
// JSON, MODULE the path of the package @astral-sh/ruff-wasm-nodejs. Prints what ruff prints with --output-format=concise.
// Files that were clean, with these settings and this ruff, are remembered beside the package and not read again.
import { createHash } from "crypto";
import { readFileSync, writeFileSync } from "fs";
import { createRequire } from "module";
import { join } from "path";

const [module, settings, ...files] = process.argv.slice(2);
const memory = join(module, "..", "..", "..", "ruff.clean");
const { version } = JSON.parse(readFileSync(join(module, "package.json"), "utf8"));

function remembered() {
	try {
		return new Set(readFileSync(memory, "utf8").split("\n"));
	} catch {
		return new Set();
	}
}

const known = remembered();
const clean = [];
let workspace;
let found = 0;
for (const file of files) {
	const text = readFileSync(file, "utf8");
	const key = createHash("sha256").update(JSON.stringify([version, settings, file, text])).digest("hex");
	let problems = [];
	if (!known.has(key)) {
		const { PositionEncoding, Workspace } = createRequire(import.meta.url)(module);
		workspace ??= new Workspace(JSON.parse(settings), PositionEncoding.UTF32);
		problems = workspace.check(text);
	}
	for (const problem of problems) {
		const { row, column } = problem.start_location ?? problem.location;
		console.log(`${file}:${row}:${column}: ${problem.code} ${problem.message}`);
		found++;
	}
	if (!problems.length) clean.push(key);
}
try {
	writeFileSync(memory, clean.join("\n"));
} catch {
	// the next time takes as long
}
process.exit(found ? 1 : 0);
