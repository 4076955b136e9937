// One message as a phone shows it, and what became of it.

export function instance(templateId) {
	return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

export function plural(count, word) {
	return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A message that was sent to a phone. */
export function bubbleOf(message) {
	const bubble = bubbleWith('message', message.content, message.receivedAt);
	bubble.dataset.message = message.documentId;
	bubble.querySelector('.sender').textContent = message.sender;
	const parts = bubble.querySelector('.parts');
	parts.textContent = plural(message.parts, 'part');
	parts.classList.toggle('several', message.parts > 1);
	bubble.querySelector('.encoding').textContent = message.encoding;
	showProgress(bubble, message);
	return bubble;
}

/** A message that a phone has sent. */
export function inboundBubbleOf(inbound) {
	const bubble = bubbleWith('inbound', inbound.content, inbound.sentAt);
	bubble.dataset.inbound = inbound.messageId;
	showProgress(bubble, inbound);
	return bubble;
}

/** What the network made of a message, and whether n8n has taken the report on it, or the message itself. */
export function showProgress(bubble, { fate, posted }) {
	if (fate) {
		const element = bubble.querySelector('.fate');
		element.dataset.state = fate.state;
		element.textContent = fate.words;
	}
	if (posted) {
		const element = bubble.querySelector('.posted');
		element.hidden = false;
		element.dataset.taken = posted.taken;
		element.textContent = posted.words;
	}
}

function bubbleWith(templateId, content, at) {
	const bubble = instance(templateId);
	bubble.querySelector('.text').append(...withLinks(content));
	const time = bubble.querySelector('time');
	time.dateTime = at;
	time.textContent = timeOf(new Date(at));
	return bubble;
}

function timeOf(date) {
	const today = date.toDateString() === new Date().toDateString();
	return date.toLocaleString('en-GB', {
		timeStyle: 'medium',
		...(!today && { dateStyle: 'medium' }),
	});
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
