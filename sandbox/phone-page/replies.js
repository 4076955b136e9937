'use strict';

// Sends what is typed on a phone. It shows up on the phone with the sandbox's events.

document.getElementById('phones').addEventListener('submit', async (event) => {
	event.preventDefault();
	const form = event.target;
	const { content } = form.elements;
	const sender = form.closest('.phone').dataset.phone;
	if (content.value.trim() === '') return;
	const body = JSON.stringify({ sender, content: content.value });
	const typed = content.value;
	// Emptied at once: whoever types fast is at the next reply already.
	form.reset();
	const answer = await fetch('/sandbox/inbound', { method: 'POST', body }).catch(() => undefined);
	if (answer?.ok) return;
	if (content.value === '') content.value = typed;
	document.getElementById('news').textContent = 'The reply was not sent';
});
