// Shows what to try first, if the program that started the sandbox suggests something.

function suggestionOf({ words, link }) {
	const item = document.createElement('li');
	item.append(words);
	if (link) {
		const anchor = document.createElement('a');
		Object.assign(anchor, { href: link.url, textContent: link.words, target: '_blank' });
		anchor.rel = 'noopener';
		item.append(' ', anchor);
	}
	return item;
}

fetch('/sandbox/suggestions')
	.then((answer) => answer.json())
	.then((suggestions) => {
		if (suggestions.length === 0) return;
		const section = document.getElementById('suggestions');
		section.querySelector('ol').replaceChildren(...suggestions.map(suggestionOf));
		section.hidden = false;
		// There is a workflow that sends already.
		for (const part of document.querySelectorAll('.set-up')) part.hidden = true;
	})
	.catch(() => {});
