// Shows how many calls the sandbox bears and how quick it is, and changes it.

import { post } from './post.js';

const mannersForm = document.querySelector('#manners form');
const said = mannersForm.querySelector('output');
const numbers = [...mannersForm.querySelectorAll('input')];

function showManners(manners) {
	for (const input of numbers) input.value = manners[input.name] ?? '';
}

async function changeManners(change, words) {
	const result = await post('manners', change);
	if (!result.problem) showManners(result);
	said.textContent = result.problem ?? words;
}

mannersForm.addEventListener('submit', (event) => {
	event.preventDefault();
	const change = {};
	for (const { name, value, placeholder } of numbers) {
		if (value !== '') change[name] = Number(value);
		// What is left empty has no limit; the others stay as they are.
		else if (placeholder !== '') change[name] = null;
	}
	void changeManners(change, 'Applied');
});
mannersForm.elements.outage.addEventListener('click', () => {
	void changeManners({ outageMs: 5000 }, 'No connections for 5 s');
});
document.getElementById('manners').addEventListener('toggle', async () => {
	const answer = await fetch('/sandbox/manners').catch(() => undefined);
	if (answer?.ok) showManners(await answer.json());
});
