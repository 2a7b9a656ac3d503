// SPDX-License-Identifier: GPL-2.0-or-later
"use strict";
(function () {
	const search = document.getElementById("search");
	const count = document.getElementById("count");
	const items = Array.from(document.querySelectorAll(".finding, tbody tr, pre, dl:not(.verdict) > dd"));
	const sections = Array.from(document.querySelectorAll("main > section:not(#verdict)"));
	const texts = items.map((item) => item.textContent.toLowerCase());

	function find() {
		const wanted = search.value.trim().toLowerCase();
		let found = 0;
		items.forEach((item, number) => {
			const is = !wanted || texts[number].includes(wanted);
			item.classList.toggle("hidden", !is);
			if (item.tagName === "DD") item.previousElementSibling.classList.toggle("hidden", !is);
			if (is) found++;
		});
		for (const section of sections)
			section.classList.toggle("hidden", wanted && !section.querySelector(".finding:not(.hidden), tr:not(.hidden) td, pre:not(.hidden), dd:not(.hidden)"));
		count.textContent = wanted ? found + " found" : "";
	}

	function value(row, column) {
		const cell = row.cells[column];
		const text = cell ? cell.dataset.value || cell.textContent.trim() : "";
		const number = Number(text);
		return text !== "" && !Number.isNaN(number) ? number : text;
	}

	function sort(head) {
		const table = head.closest("table");
		const column = head.cellIndex;
		const down = head.getAttribute("aria-sort") === "ascending";
		for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		const rows = Array.from(table.tBodies[0].rows);
		rows.sort((one, other) => {
			const a = value(one, column), b = value(other, column);
			if ((a === "") !== (b === "")) return a === "" ? 1 : -1;
			const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
			return down ? -order : order;
		});
		table.tBodies[0].append(...rows);
	}

	function copy(link) {
		const done = () => {
			link.classList.add("copied");
			setTimeout(() => link.classList.remove("copied"), 600);
		};
		if (navigator.clipboard) navigator.clipboard.writeText(link.textContent).then(done, () => {});
		const range = document.createRange();
		range.selectNodeContents(link);
		const selection = window.getSelection();
		selection.removeAllRanges();
		selection.addRange(range);
	}

	function act(event) {
		const head = event.target.closest("th");
		const link = event.target.closest(".addr");
		if (head) sort(head);
		else if (link) copy(link);
	}

	search.addEventListener("input", find);
	document.addEventListener("click", act);
	document.addEventListener("keydown", (event) => {
		if (event.key === "Enter") act(event);
		else if (event.key === "/" && document.activeElement !== search) {
			event.preventDefault();
			search.focus();
		}
	});
	window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
})();
