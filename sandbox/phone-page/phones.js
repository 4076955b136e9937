// Every message the sandbox accepts on the phone it was sent to, and what that phone sends.

import { bubbleOf, inboundBubbleOf, instance, plural, showProgress } from './bubbles.js';
import { keepOneTabStop } from './keyboard.js';

const MANY_PHONES = 8;
const MARGIN_PX = 12;

const byId = (id) => document.getElementById(id);
const list = byId('phones');
const filter = byId('filter');

/** Phones by number: {item, screen, count, words} */
const phones = new Map();
/** What can still change, by the id of the message. */
const bubbles = new Map();
// Phones that are not on, by number.
let states = {};
let totals = { messages: 0, parts: 0 };

/** Empties the page. */
export function forget() {
	phones.clear();
	bubbles.clear();
	readStates();
	totals = { messages: 0, parts: 0 };
	list.replaceChildren();
	filter.value = '';
}

/** Shows changes, all at once so that a burst stays quick. What is live moves and is announced. */
export function showAll(changes, live) {
	const touched = new Set();
	for (const change of changes) {
		const phone = show(change, live);
		if (!phone) continue;
		// Deleted first, so that the set ends with the phone that got the latest message.
		touched.delete(phone);
		touched.add(phone);
	}
	place([...touched].reverse());
	for (const { item, count } of touched) {
		item.querySelector('.count').textContent =
			count > 0 ? plural(count, 'message') : 'Got none yet';
	}
	if (live) announce(changes);
	const sizesChanged = refresh(live);
	for (const { screen } of sizesChanged ? phones.values() : touched) showLatest(screen);
}

/** Brings all but the phones up to date. Returns whether the phones changed size by it. */
export function refresh(live) {
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

/** Returns the phone that got longer. */
function show({ message, inbound, progress }, live) {
	if (progress) {
		for (const update of progress) showUpdate(update);
		return undefined;
	}
	const phone = phoneOf(message?.recipient ?? inbound.sender);
	const bubble = message ? bubbleOf(message) : inboundBubbleOf(inbound);
	bubble.classList.toggle('new', live);
	bubbles.set(message?.id ?? inbound.messageId, bubble);
	phone.screen.append(bubble);
	phone.words += `\n${message?.sender ?? ''}\n${(message ?? inbound).content}`.toLowerCase();
	if (message) {
		// What a phone sends counts neither as a message nor as parts: those are what was sent to it.
		phone.count++;
		totals.messages++;
		totals.parts += message.parts;
	}
	return phone;
}

function showUpdate(update) {
	const bubble = bubbles.get(update.id);
	if (!bubble) return;
	const screen = bubble.parentElement;
	const atEnd = screen.scrollTop + screen.clientHeight >= screen.scrollHeight - MARGIN_PX;
	showProgress(bubble, update);
	if (atEnd) screen.scrollTop = screen.scrollHeight;
}

function phoneOf(number) {
	const shown = phones.get(number);
	if (shown) return shown;
	const item = instance('phone');
	item.dataset.phone = number;
	item.querySelector('.number').textContent = number;
	const screen = item.querySelector('.screen');
	screen.setAttribute('aria-label', `Messages of ${number}`);
	const [label, input] = item.querySelector('.reply').children;
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

/** Scrolls to the end, or to the beginning of a last message that doesn't fit. */
function showLatest(screen) {
	screen.scrollTop = screen.lastElementChild.offsetTop - MARGIN_PX;
}

/** The phone with the latest message comes first, except while one of them has the focus. */
function place(touched) {
	const inUse = list.contains(document.activeElement);
	const moving = touched.filter(({ item }) => !inUse || !item.isConnected);
	const items = moving.map(({ item }) => item);
	if (inUse) list.append(...items);
	else list.prepend(...items);
}

export function say(words) {
	byId('news').textContent = words;
}

/** Announces what was sent to and by phones, and changes of one or two messages; of more it would be too much. */
function announce(changes) {
	const sent = changes.find(({ inbound }) => inbound)?.inbound;
	const updates = changes.flatMap(({ progress }) => progress ?? []);
	const words = [
		arrivalOf(changes.flatMap(({ message }) => message ?? [])),
		...(sent ? [`Message sent from ${sent.sender}.`, sent.posted?.words] : []),
		...(updates.length < 3 ? updates.map(wordsOf) : []),
	].filter(Boolean);
	if (words.length > 0) say(words.join(' '));
}

function arrivalOf(messages) {
	const [first] = messages;
	if (messages.length < 2) {
		return first && `New message to ${first.recipient} from ${first.sender}: ${first.content}`;
	}
	const numbers = new Set(messages.map(({ recipient }) => recipient));
	return `${messages.length} new messages on ${plural(numbers.size, 'phone')}`;
}

function wordsOf({ id, fate, posted }) {
	const item = bubbles.get(id)?.closest('.phone');
	return item && `${item.dataset.phone}: ${fate?.words ?? posted?.words}`;
}

/** The sandbox keeps how phones are switched; a page that is opened anew shows it. */
async function readStates() {
	const answer = await fetch('/sandbox/phones').catch(() => undefined);
	states = answer?.ok ? await answer.json() : {};
	for (const [number, { item }] of phones) {
		item.querySelector('.switch select').value = states[number] ?? 'on';
	}
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

filter.addEventListener('input', applyFilter);
