// SPDX-License-Identifier: GPL-2.0-or-later
// node triage.mjs NODE_MODULES PYKD DUMP...: an agent without a model. It asks `pykd mcp` 13 fixed questions about each dump, none of them for
// the report, concludes by the rows why the machine stood still, and compares that with the first cause of the report, its 14th question.
// A line of JSON for each dump: {"dump", "calls", "concluded", "reported"}.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, command, ...dumps] = process.argv.slice(2);
const sdk = (path) => import(pathToFileURL(join(modules, "@modelcontextprotocol/sdk/dist/esm/client", path)));
const { Client } = await sdk("index.js");
const { StdioClientTransport } = await sdk("stdio.js");
const client = new Client({ name: "triage", version: "1" });
await client.connect(new StdioClientTransport({ command, args: ["mcp", ...dumps] }));
await client.listTools();

for (const dump of dumps) {
	let calls = 0;
	const ask = async (name, more = {}) => {
		calls++;
		const { isError, structuredContent, content } = await client.callTool({ name, arguments: { dump, ...more } });
		if (isError) throw new Error(`${name}: ${content[0].text}`);
		return structuredContent;
	};
	const rows = async (name, more) => (await ask(name, more)).rows;

	calls++;
	await client.callTool({ name: "open_dump", arguments: { path: dump } });
	await ask("sys");
	await ask("bt", { limit: 1 });
	const fatal = (await rows("search_log", { text: "BUG: ", limit: 50 })).some((row) => row.text.startsWith("BUG: "));
	const [stalled] = await rows("rcu", { where: ["stalled = true"], limit: 1 });
	const [killed] = await rows("search_log", { text: "Out of memory", limit: 1 });
	const states = (await ask("ps", { count: "state" })).counts;
	const blocked = await rows("blocked", { limit: 50 });
	const frozen = await rows("fs", { where: ['frozen != ""'], fields: ["superblock", "type", "directory", "frozen", "waiters.pid", "error"] });
	await rows("locks", { limit: 5 });
	const [old] = await rows("inflight", { limit: 1 });
	await rows("cgroups", { where: ["memory.usage > 0"], limit: 5 });
	const block = frozen.find((row) => (!row.error || row.error.partial) && row.waiters?.length);
	// What the rows say is looked up once more, at the place itself.
	const [seen] = block
		? await rows("read_struct", { type: "struct super_block", address: block.superblock, members: ["s_writers.frozen"] })
		: await rows("evaluate", { expression: "system_state" });

	const waiting = new Set(blocked.map((row) => row.pid));
	let concluded = null;
	if (fatal) concluded = "oops";
	else if (killed) concluded = "memory";
	else if (stalled) concluded = "rcu";
	else if (block && block.waiters.every((one) => waiting.has(one.pid)) && seen) concluded = "frozen";
	else if (old && blocked.some((row) => row.kind === "io")) concluded = "io";
	const report = await ask("report");
	const of = { A: "oops", G: "memory", D: "rcu", I: "frozen", H: "io" };
	const reported = report.cause ? (of[report.cause.key[0]] ?? report.cause.key) : null;
	console.log(JSON.stringify({ dump, calls, concluded, reported, uninterruptible: states.find((one) => one.value === "UN")?.count ?? 0 }));
}
await client.close();
