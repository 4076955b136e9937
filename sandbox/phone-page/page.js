// The sandbox's events, and the buttons of this page.

import './capacity.js';
import './suggestions.js';
import './writing.js';
import { plural } from './bubbles.js';
import { forget, refresh, say, showAll } from './phones.js';
import { post } from './post.js';

const FLUSH_MS = 16;

const byId = (id) => document.getElementById(id);
const clear = byId('clear');
const undo = byId('undo');

let waiting = [];
let flushTimer;
// What was there before this page was opened is shown, but not announced.
let live = false;

function flush() {
	clearTimeout(flushTimer);
	flushTimer = undefined;
	const changes = waiting;
	waiting = [];
	showAll(changes, live);
}

function startAnew() {
	clearTimeout(flushTimer);
	flushTimer = undefined;
	waiting = [];
	forget();
}

function setState(state, words) {
	const element = byId('state');
	element.dataset.state = state;
	if (element.textContent !== words) element.textContent = words;
}

/** Whichever of the two buttons can be pressed keeps the focus. */
function offerUndo(cleared) {
	const { activeElement } = document;
	undo.hidden = cleared === 0;
	undo.title = `Brings back ${plural(cleared, 'message')}`;
	if (activeElement === clear && clear.disabled) undo.focus();
	if (activeElement === undo && undo.hidden) clear.focus();
}

const events = new EventSource('/sandbox/events');
const on = (name, act) => {
	events.addEventListener(name, (event) => act(event.data && JSON.parse(event.data)));
};
on('open', () => {
	// Everything so far is sent again, also after the connection was lost.
	live = false;
	startAnew();
	setState('live', 'Live');
});
on('error', () => setState('lost', 'Connection lost, trying again'));
for (const name of ['message', 'inbound', 'progress']) {
	on(name, (data) => {
		waiting.push({ [name]: data });
		flushTimer ??= setTimeout(flush, FLUSH_MS);
	});
}
on('live', ({ cleared }) => {
	flush();
	live = true;
	refresh(live);
	offerUndo(cleared);
});
on('cleared', ({ cleared }) => {
	startAnew();
	refresh(live);
	offerUndo(cleared);
	say(`${plural(cleared, 'message')} cleared. Undo Clear brings them back.`);
});
on('restored', () => {
	live = false;
	startAnew();
	say('The cleared messages are back');
});
on('reset', () => {
	startAnew();
	refresh(live);
	offerUndo(0);
	say('Everything was reset');
});

clear.addEventListener('click', async () => {
	const { problem } = await post('clear');
	if (problem) setState('lost', `Not cleared. ${problem}`);
});
undo.addEventListener('click', async () => {
	const { problem } = await post('clear/undo');
	if (problem) setState('lost', `Not brought back. ${problem}`);
});

fetch('/sandbox/credential')
	.then((answer) => answer.json())
	.then(({ baseUrl, clientId, clientSecret }) => {
		byId('base-url').textContent = baseUrl;
		byId('client-id').textContent = clientId;
		byId('client-secret').textContent = clientSecret;
	})
	.catch(() => setState('lost', 'Connection lost'));
