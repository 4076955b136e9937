'use strict';

// Shows every message the sandbox accepts on the phone it was sent to, and what that phone sends.

const FLUSH_MS = 16;
const MANY_PHONES = 8;
const MARGIN_PX = 12;

const byId = (id) => document.getElementById(id);
const list = byId('phones');
const filter = byId('filter');

/** Phones by number: {item, screen, count, words} */
const phones = new Map();
// Phones that are not on, by number.
let states = {};
let totals = { messages: 0, parts: 0 };
let waiting = [];
let flushTimer;
// What the sandbox had before this page came is shown, not announced.
let live = false;

function instance(templateId) {
	return byId(templateId).content.firstElementChild.cloneNode(true);
}

function plural(count, word) {
	return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function timeOf(date) {
	const today = date.toDateString() === new Date().toDateString();
	return date.toLocaleString('en-GB', {
		timeStyle: 'medium',
		...(!today && { dateStyle: 'medium' }),
	});
}

// --- phones and messages

function phoneOf(number) {
	const known = phones.get(number);
	if (known) return known;
	const item = instance('phone');
	item.dataset.phone = number;
	const heading = item.querySelector('.number');
	heading.textContent = number;
	const screen = item.querySelector('.screen');
	screen.setAttribute('aria-label', `Messages of ${number}`);
	const reply = item.querySelector('.reply');
	const [label, input] = reply.children;
	input.id = `reply-${number}`;
	label.htmlFor = input.id;
	label.textContent = `Reply from ${number}`;
	const [switchLabel, choice] = item.querySelector('.switch').children;
	switchLabel.textContent = `Phone ${number} is`;
	choice.value = states[number] ?? 'on';
	const phone = { item, screen, count: 0, words: number };
	phones.set(number, phone);
	return phone;
}

function bubbleWith(templateId, content, at) {
	const bubble = instance(templateId);
	bubble.querySelector('.text').append(...withLinks(content));
	const time = bubble.querySelector('time');
	time.dateTime = at;
	time.textContent = timeOf(new Date(at));
	bubble.classList.toggle('fresh', live);
	return bubble;
}

// The end of a sentence, or what closes around an address, is not part of it.
const ADDRESS = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}]/g;

/** A text as a phone shows it: addresses can be opened. */
function withLinks(content) {
	const parts = [];
	let end = 0;
	for (const { 0: address, index } of content.matchAll(ADDRESS)) {
		if (!URL.canParse(address)) continue;
		const link = document.createElement('a');
		Object.assign(link, { href: address, textContent: address, target: '_blank' });
		link.rel = 'noopener noreferrer';
		parts.push(content.slice(end, index), link);
		end = index + address.length;
	}
	parts.push(content.slice(end));
	return parts;
}

function bubbleOf(message) {
	const bubble = bubbleWith('message', message.content, message.receivedAt);
	bubble.dataset.message = message.documentId;
	bubble.querySelector('.sender').textContent = message.sender;
	const parts = bubble.querySelector('.parts');
	parts.textContent = plural(message.parts, 'part');
	parts.classList.toggle('several', message.parts > 1);
	bubble.querySelector('.encoding').textContent = message.encoding;
	return bubble;
}

function show({ message, inbound }) {
	return inbound ? showInbound(inbound) : showMessage(message);
}

/** What a phone has sent. It counts neither as a message nor as parts: those are what was sent to it. */
function showInbound(inbound) {
	const phone = phoneOf(inbound.sender);
	const bubble = bubbleWith('inbound', inbound.content, inbound.sentAt);
	bubble.dataset.inbound = inbound.messageId;
	if (inbound.webhookUrl === null) {
		bubble.querySelector('.lost').textContent = 'Nobody listens: KPN has no webhook URL';
	}
	phone.screen.append(bubble);
	phone.words += `\n${inbound.content}`.toLowerCase();
	return phone;
}

function showMessage(message) {
	const phone = phoneOf(message.recipient);
	phone.screen.append(bubbleOf(message));
	phone.count++;
	phone.words += `\n${message.sender}\n${message.content}`.toLowerCase();
	totals.messages++;
	totals.parts += message.parts;
	return phone;
}

/** Puts what is waiting on its phones, all at once so that a burst stays quick. */
function flush() {
	flushTimer = undefined;
	const happened = waiting;
	waiting = [];
	const touched = new Set();
	for (const happening of happened) {
		const phone = show(happening);
		// Deleted first, so that the set ends with the phone that got the latest message.
		touched.delete(phone);
		touched.add(phone);
	}
	place([...touched].reverse());
	for (const { item, count } of touched) {
		item.querySelector('.count').textContent = plural(count, 'message');
	}
	if (live) announce(happened);
	const sizesChanged = refresh();
	for (const { screen } of sizesChanged ? phones.values() : touched) showLatest(screen);
}

/** Scrolls to the end, or to the beginning of a last message that doesn't fit. */
function showLatest(screen) {
	screen.scrollTop = screen.lastElementChild.offsetTop - MARGIN_PX;
}

/** The phone with the latest message comes first, except while somebody is on one of them. */
function place(touched) {
	const inUse = list.contains(document.activeElement);
	const moving = touched.filter(({ item }) => !inUse || !item.isConnected);
	const items = moving.map(({ item }) => item);
	if (inUse) list.append(...items);
	else list.prepend(...items);
}

function announce(happened) {
	const messages = happened.flatMap(({ message }) => message ?? []);
	const [first] = messages;
	if (!first) {
		const sent = happened.find(({ inbound }) => inbound)?.inbound;
		if (sent) byId('news').textContent = `Reply sent from ${sent.sender}`;
		return;
	}
	const phoneCount = new Set(messages.map(({ recipient }) => recipient)).size;
	byId('news').textContent =
		messages.length === 1
			? `New message to ${first.recipient} from ${first.sender}: ${first.content}`
			: `${messages.length} new messages on ${plural(phoneCount, 'phone')}`;
}

/** The sandbox keeps how phones are switched; a page that is opened anew shows it. */
async function readStates() {
	const answer = await fetch('/sandbox/phones').catch(() => undefined);
	states = answer?.ok ? await answer.json() : {};
	for (const [number, { item }] of phones) {
		item.querySelector('.switch select').value = states[number] ?? 'on';
	}
}

function forget() {
	clearTimeout(flushTimer);
	flushTimer = undefined;
	waiting = [];
	phones.clear();
	readStates();
	totals = { messages: 0, parts: 0 };
	list.replaceChildren();
	filter.value = '';
}

// --- the page around them

/** Brings all but the phones up to date. Returns whether the phones changed size by it. */
function refresh() {
	setCounter('message', totals.messages);
	setCounter('part', totals.parts);
	setCounter('phone', phones.size);
	document.title = totals.messages > 0 ? `(${totals.messages}) Phones` : 'Phones';
	byId('empty').hidden = !live || phones.size > 0;
	byId('search').hidden = phones.size < 2;
	byId('keys').hidden = phones.size < 2;
	byId('clear').disabled = phones.size === 0;
	applyFilter();
	const crowd = phones.size > MANY_PHONES ? 'many' : phones.size > 1 ? 'few' : 'one';
	const sizesChange = list.dataset.crowd !== crowd;
	list.dataset.crowd = crowd;
	return sizesChange;
}

function setCounter(word, count) {
	byId(`${word}-count`).textContent = String(count);
	byId(`${word}-label`).textContent = count === 1 ? word : `${word}s`;
}

function applyFilter() {
	const wanted = filter.value.trim().toLowerCase();
	let matching = 0;
	for (const { item, words } of phones.values()) {
		item.hidden = !words.includes(wanted);
		if (!item.hidden) matching++;
	}
	byId('no-match').hidden = phones.size === 0 || matching > 0;
	keepOneTabStop();
}

function setState(state, words) {
	const element = byId('state');
	element.dataset.state = state;
	if (element.textContent !== words) element.textContent = words;
}

// --- keyboard: one phone is reached by tab, and its reply by the next; arrows go between phones

function reachable() {
	return [...list.querySelectorAll('.phone:not([hidden]) .screen')];
}

function keepOneTabStop(wanted) {
	const screens = reachable();
	const current = list.querySelector('.screen[tabindex="0"]');
	const stop = wanted ?? (screens.includes(current) ? current : screens[0]);
	if (current && current !== stop) setReachable(current, -1);
	if (stop) setReachable(stop, 0);
}

function setReachable(screen, tabIndex) {
	const parts = screen.parentElement.querySelectorAll(
		'.switch select, .reply input, .reply button',
	);
	for (const part of [screen, ...parts]) {
		part.tabIndex = tabIndex;
	}
}

function phoneReachedBy(key, screens, index) {
	if (key === 'ArrowRight') return screens[index + 1];
	if (key === 'ArrowLeft') return screens[index - 1];
	if (key === 'Home') return screens[0];
	if (key === 'End') return screens.at(-1);
	return undefined;
}

list.addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	// In a reply the arrows move the cursor.
	if (!event.target.matches('.screen')) return;
	const screens = reachable();
	const next = phoneReachedBy(event.key, screens, screens.indexOf(document.activeElement));
	if (!next) return;
	event.preventDefault();
	next.focus();
});
list.addEventListener('focusin', (event) => {
	const phone = event.target.closest('.phone');
	if (phone) keepOneTabStop(phone.querySelector('.screen'));
});
filter.addEventListener('input', applyFilter);

byId('clear').addEventListener('click', async () => {
	const answer = await fetch('/sandbox/reset', { method: 'POST' }).catch(() => undefined);
	if (!answer?.ok) setState('lost', 'Not cleared: no connection');
});

// --- what the sandbox tells

const events = new EventSource('/sandbox/events');
events.addEventListener('open', () => {
	// Everything so far is about to come, also when the connection was lost in between.
	live = false;
	forget();
	setState('live', 'Live');
});
events.addEventListener('error', () => setState('lost', 'Connection lost, trying again'));
for (const name of ['message', 'inbound']) {
	events.addEventListener(name, (event) => {
		waiting.push({ [name]: JSON.parse(event.data) });
		flushTimer ??= setTimeout(flush, FLUSH_MS);
	});
}
events.addEventListener('live', () => {
	clearTimeout(flushTimer);
	flush();
	live = true;
	refresh();
});
events.addEventListener('reset', () => {
	forget();
	byId('news').textContent = 'All messages cleared';
	refresh();
});

fetch('/sandbox/credential')
	.then((answer) => answer.json())
	.then(({ baseUrl, clientId, clientSecret }) => {
		byId('base-url').textContent = baseUrl;
		byId('client-id').textContent = clientId;
		byId('client-secret').textContent = clientSecret;
	})
	.catch(() => setState('lost', 'Connection lost'));
