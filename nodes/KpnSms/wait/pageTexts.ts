/** The page's own texts, in English and Dutch. */
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

export type PageTexts = typeof ENGLISH;

const DUTCH: PageTexts = {
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

/** By `Accept-Language`: the one of the two that is preferred. English for all others. */
export function textsFor(acceptLanguage: string | undefined): PageTexts {
	const preference = (language: string) => {
		const languages = (acceptLanguage ?? '').split(',').map((entry) => entry.trim().toLowerCase());
		const match = languages.find((entry) => new RegExp(`^${language}(-[^;]*)?(;|$)`).test(entry));
		return match === undefined ? 0 : Number(/;\s*q=([\d.]+)/.exec(match)?.[1] ?? 1);
	};
	return preference('nl') > preference('en') ? DUTCH : ENGLISH;
}
