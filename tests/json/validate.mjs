// SPDX-License-Identifier: GPL-2.0-or-later
// node validate.mjs NODE_MODULES SCHEMAS: hold each document of --json on standard input, one a line, against its schema in the file that
// `pykd --json-schema` wrote, by a validator that is not ours. A line for each: {"errors": [...], "again": the document as node read it}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const [modules, schemas] = process.argv.slice(2);
const require = createRequire(resolve(modules, "x.js"));
const Ajv = require("ajv/dist/2020").default;
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
require("ajv-formats").default(ajv);
const { commands } = JSON.parse(readFileSync(schemas, "utf8"));
const checks = new Map();

for await (const line of createInterface({ input: process.stdin })) {
	const again = JSON.parse(line);
	const words = again.command.split(/\s+/);
	const program = words.slice(0, 2).join(" ");
	const name = words[0] !== "epython" ? words[0] : commands[program] ? program : words[1];
	let errors = [];
	if (commands[name]) {
		if (!checks.has(name)) checks.set(name, ajv.compile(commands[name]));
		const check = checks.get(name);
		if (!check(again)) errors = check.errors.slice(0, 20).map((one) => `${one.instancePath} ${one.message}`);
	} else errors = [`${name} has no schema`];
	console.log(JSON.stringify({ errors, again }));
}
