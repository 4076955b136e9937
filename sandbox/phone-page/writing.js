// Writing and replying as a phone, and switching it on and off.

import { say } from './phones.js';
import { post } from './post.js';

const phones = document.getElementById('phones');
const form = document.querySelector('#write form');
const result = form.querySelector('.result');

form.addEventListener('submit', async (event) => {
	event.preventDefault();
	const { sender, content } = form.elements;
	if (content.value.trim() === '') return;
	// The sandbox reads a number as KPN does, without anything between the digits.
	const number = sender.value.replace(/[\s().-]/g, '');
	const {
		problem,
		posted,
		sender: from,
	} = await post('inbound', {
		sender: number,
		content: content.value,
	});
	if (!problem) content.value = '';
	const sent = `Sent from ${from}. ${posted?.words ?? 'What comes of it stands on the phone.'}`;
	if (problem) say(`Not sent. ${problem}`);
	// What was sent is announced where it comes from the sandbox.
	result.textContent = problem ? `Not sent. ${problem}` : sent;
});

phones.addEventListener('submit', async (event) => {
	event.preventDefault();
	const reply = event.target;
	const { content } = reply.elements;
	const typed = content.value;
	if (typed.trim() === '') return;
	// Emptied at once: the next reply may already be typed.
	reply.reset();
	const sender = reply.closest('.phone').dataset.phone;
	const { problem } = await post('inbound', { sender, content: typed });
	if (!problem) return;
	if (content.value === '') content.value = typed;
	say(`The reply was not sent. ${problem}`);
});

// What KPN reports on the next messages to it differs.
phones.addEventListener('change', async (event) => {
	if (!event.target.matches('.switch select')) return;
	const mobileNumber = event.target.closest('.phone').dataset.phone;
	const { problem } = await post('phones', { mobileNumber, state: event.target.value });
	if (problem) say(`The phone was not switched. ${problem}`);
});
