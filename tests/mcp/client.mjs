// SPDX-License-Identifier: GPL-2.0-or-later
// node client.mjs NODE_MODULES PYKD ARGUMENTS...: talk to `pykd mcp` with the official SDK's client, as the calls on standard input say, a line of
// JSON each: {"call": TOOL, "with": {...}, "cancel": ms}, {"list": true}, {"read": URI}, {"prompt": NAME}. A line of JSON answers each.
// The client holds each answer against the tool's output schema itself.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, command, ...args] = process.argv.slice(2);
const sdk = (path) => import(pathToFileURL(join(modules, "@modelcontextprotocol/sdk/dist/esm/client", path)));
const { Client } = await sdk("index.js");
const { StdioClientTransport } = await sdk("stdio.js");

const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command, args }));
await client.listTools();

async function answer(step) {
	if (step.list)
		return {
			server: client.getServerVersion(),
			tools: (await client.listTools()).tools,
			resources: (await client.listResources()).resources,
			templates: (await client.listResourceTemplates()).resourceTemplates,
			prompts: (await client.listPrompts()).prompts,
		};
	if (step.read) return await client.readResource({ uri: step.read });
	if (step.prompt) return await client.getPrompt({ name: step.prompt });
	const progress = [];
	const stop = new AbortController();
	const options = { onprogress: (note) => progress.push(note.progress), signal: stop.signal, timeout: 120000 };
	if (step.cancel !== undefined) setTimeout(() => stop.abort("enough"), step.cancel);
	const result = await client.callTool({ name: step.call, arguments: step.with }, undefined, options);
	return { ...result, progress: progress.length };
}

for await (const line of createInterface({ input: process.stdin })) {
	let said;
	try {
		said = await answer(JSON.parse(line));
	} catch (error) {
		said = { failed: String(error.message ?? error), code: error.code };
	}
	console.log(JSON.stringify(said));
}
await client.close();
