/** What the fields of the output mean. `npm run docs` fails unless they are those that there are. */

export const OUTCOMES: Record<string, string> = {
	accepted: 'KPN has it.',
	refused: 'KPN surely does not have it.',
	unknown: 'KPN gave no clear answer: it may have it, or not.',
	dryRun: 'Nothing was sent, because **Dry Run** was on.',
	sentBefore: 'KPN had it already under the same key (**Send Once Per**): nothing was sent now.',
};

export const DUTCH_OUTCOMES: Record<string, string> = {
	accepted: 'KPN heeft de sms.',
	refused: 'KPN heeft de sms zeker niet. Bij `message` staat waarom, en wat je kunt doen.',
	unknown: 'KPN gaf geen duidelijk antwoord en heeft de sms misschien wel, misschien niet.',
	dryRun: 'Er is niets verstuurd: **Dry Run** stond aan.',
	sentBefore:
		'KPN had de sms al, onder dezelfde sleutel (**Send Once Per**): er is nu niets verstuurd.',
};

export const OUTPUTS: Record<string, string> = {
	outcome: 'What became of it.',
	recipient: 'The number as KPN got it, such as `+31612345670`; several are separated by commas.',
	parts: 'How many SMS the text is billed as, per recipient.',
	message: 'What happened, in words; of an item that was not accepted also what to do.',
	document_id: 'KPN’s confirmation, of an accepted item only.',
	status: 'KPN’s status, where it gave one.',
	kpnMessage: 'Of an item that was not accepted: KPN’s own words, where there were any.',
	kpnCode: 'The same: KPN’s code.',
	statusCode: 'The same: the HTTP status.',
	retryable: 'Whether sending the same again is safe and may help.',
	messages: 'With several recipients: what became of the SMS to each of them.',
	acceptedBefore:
		'`true` if KPN accepted it in an earlier try of this execution: this time it was not sent.',
	sentBefore: 'Of a Dry Run with Send Once Per: how many recipients would not get it again.',
	sender: 'Who it came from.',
	encoding: '`GSM-7` or `UCS-2`: the alphabet that decides how much fits into a part.',
	characters: 'How many characters the text has, as a person counts them.',
	specialCharacters: 'The first few characters that make it `UCS-2`.',
};

export const MESSAGES: Record<string, string> = {
	recipient: 'The number.',
	outcome: 'As above.',
	document_id: 'KPN’s confirmation, if accepted.',
	acceptedBefore: 'As above.',
};

export const REPORT: Record<string, string> = {
	event: '`deliveryReport`.',
	status: 'What became of the SMS: see below.',
	statusCode: 'KPN’s number for it.',
	final: 'Whether KPN will report nothing more on this SMS.',
	errorCode: 'KPN’s code of why it did not arrive, such as `006`.',
	errorMessage: 'The same in words: see below.',
	recipient: 'Who was to get it, as `+31612345670`.',
	documentId:
		'The `document_id` that the node gave when it sent. It is that of the whole call, so one can belong to 200 messages: look at `recipient` as well.',
	messageId: 'KPN’s id of the message.',
	dlrId: 'KPN’s `DLRID`, the id of the report.',
	customerId: 'KPN’s `CustomerId`.',
	messageType: 'KPN’s `MessageType`.',
	message: 'KPN’s `Message`: the text of the SMS, if your account does not leave it out.',
	statusAt: 'When, as KPN says.',
	attempt: 'Which of KPN’s four attempts to deliver this report it is.',
	keyId: 'With which key KPN signed it.',
	body: 'Everything KPN sent, as it came; whole numbers of more than 15 digits as text, for JavaScript would round them.',
};

export const INBOUND: Record<string, string> = {
	event: '`inboundSms`.',
	sender: 'Who wrote it, as `+31612345670`.',
	recipient: 'Your virtual number at KPN.',
	content: 'The text; empty if there is none.',
	messageId: 'KPN’s id of the message.',
	sentAt: 'When it was sent (UTC).',
	contentType: 'KPN’s name for the kind of text.',
	body: 'Everything KPN sent, as it came.',
};
