/** What the page says by itself, in the languages that it speaks. */
const ENGLISH = {
	lang: 'en',
	title: 'Please answer',
	from: 'Message from',
	approve: 'Approve',
	disapprove: 'Decline',
	answer: 'Your answer',
	send: 'Send',
	choose: 'Choose …',
	optional: 'optional',
	once: 'You can answer once.',
	thanks: 'Thank you',
	recorded: 'Your answer has been passed on. You can close this page.',
	answered: 'Your answer:',
	missing: 'Please fill in:',
	invalid: 'Please correct:',
	nothing: 'Your answer did not arrive. Please try again.',
	closed: 'Nothing to answer',
	closedWhy: 'This question is no longer open. It may have been answered already.',
};

export type Words = typeof ENGLISH;

const DUTCH: Words = {
	lang: 'nl',
	title: 'Graag uw antwoord',
	from: 'Bericht van',
	approve: 'Akkoord',
	disapprove: 'Niet akkoord',
	answer: 'Uw antwoord',
	send: 'Versturen',
	choose: 'Kies …',
	optional: 'niet verplicht',
	once: 'U kunt één keer antwoorden.',
	thanks: 'Dank u wel',
	recorded: 'Uw antwoord is doorgegeven. U kunt deze pagina sluiten.',
	answered: 'Uw antwoord:',
	missing: 'Vul nog in:',
	invalid: 'Klopt nog niet:',
	nothing: 'Uw antwoord is niet aangekomen. Probeer het nog eens.',
	closed: 'Niets te beantwoorden',
	closedWhy: 'Deze vraag staat niet meer open. Misschien is ze al beantwoord.',
};

/** By `Accept-Language`: whichever of the two the reader would rather have. English for all others. */
export function wordsFor(acceptLanguage: string | undefined): Words {
	const wish = (language: string) => {
		const wishes = (acceptLanguage ?? '').split(',').map((one) => one.trim().toLowerCase());
		const found = wishes.find((one) => new RegExp(`^${language}(-[^;]*)?(;|$)`).test(one));
		return found === undefined ? 0 : Number(/;\s*q=([\d.]+)/.exec(found)?.[1] ?? 1);
	};
	return wish('nl') > wish('en') ? DUTCH : ENGLISH;
}
