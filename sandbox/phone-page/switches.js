'use strict';

// Switches a phone on and off: what KPN reports on the next messages to it differs.

document.getElementById('phones').addEventListener('change', async (event) => {
	if (!event.target.matches('.switch select')) return;
	const mobileNumber = event.target.closest('.phone').dataset.phone;
	const body = JSON.stringify({ mobileNumber, state: event.target.value });
	const answer = await fetch('/sandbox/phones', { method: 'POST', body }).catch(() => undefined);
	if (!answer?.ok) document.getElementById('news').textContent = 'The phone was not switched';
});
