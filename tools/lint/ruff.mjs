// SPDX-License-Identifier: GPL-2.0-or-later
// node ruff.mjs MODULE SETTINGS FILE...: ruff as WebAssembly, for machines without the program. SETTINGS is ruff.toml as
// JSON, MODULE the path of the package @astral-sh/ruff-wasm-nodejs. Prints what ruff prints with --output-format=concise.
import { readFileSync } from "fs";
import { createRequire } from "module";

const [module, settings, ...files] = process.argv.slice(2);
const { PositionEncoding, Workspace } = createRequire(import.meta.url)(module);
const workspace = new Workspace(JSON.parse(settings), PositionEncoding.UTF32);

let found = 0;
for (const file of files) {
	for (const problem of workspace.check(readFileSync(file, "utf8"))) {
		const { row, column } = problem.start_location ?? problem.location;
		console.log(`${file}:${row}:${column}: ${problem.code} ${problem.message}`);
		found++;
	}
}
process.exit(found ? 1 : 0);
