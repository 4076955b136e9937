// One phone is reached by tab, and its switch and its reply by the next; arrows go between phones.

const list = document.getElementById('phones');

function reachable() {
	return [...list.querySelectorAll('.phone:not([hidden]) .screen')];
}

/** Lets tab reach the phone in use, else the wanted one, else the first that is shown. */
export function keepOneTabStop(wanted) {
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
	for (const part of [screen, ...parts]) part.tabIndex = tabIndex;
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
