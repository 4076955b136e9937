// Shows and changes how many calls the sandbox takes and how fast it answers.

import { post } from './post.js';

const capacityForm = document.querySelector('#capacity form');
const said = capacityForm.querySelector('output');
const numbers = [...capacityForm.querySelectorAll('input')];

function showCapacity(capacity) {
	for (const input of numbers) input.value = capacity[input.name] ?? '';
}

async function changeCapacity(change, words) {
	const result = await post('capacity', change);
	if (!result.problem) showCapacity(result);
	said.textContent = result.problem ?? words;
}

capacityForm.addEventListener('submit', (event) => {
	event.preventDefault();
	const change = {};
	for (const { name, value, placeholder } of numbers) {
		if (value !== '') change[name] = Number(value);
		// What is left empty has no limit; the others stay as they are.
		else if (placeholder !== '') change[name] = null;
	}
	void changeCapacity(change, 'Applied');
});
capacityForm.elements.outage.addEventListener('click', () => {
	void changeCapacity({ outageMs: 5000 }, 'No connections for 5 s');
});
document.getElementById('capacity').addEventListener('toggle', async () => {
	const answer = await fetch('/sandbox/capacity').catch(() => undefined);
	if (answer?.ok) showCapacity(await answer.json());
});
