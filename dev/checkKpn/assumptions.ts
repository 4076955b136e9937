/**
 * What this package assumes about KPN and could not try: from KPN's pages, its API definitions, or
 * reports of others. `docs/kpn-assumptions.md` lists them.
 */
export const ASSUMPTIONS = {
	'token-call':
		'A POST with grant_type in the query, Client ID and Secret in the form, gets 200 and an access_token',
	'token-text': 'All values of that answer are text, expires_in too; only lists are lists',
	'token-lifetime': 'A token lasts about an hour: expires_in is 3599, or a little less',
	'token-products': 'The answer lists the products of the project, the SMS product among them',
	'token-several': 'A second token leaves the first one valid',
	'token-secret': 'A wrong secret gets 401 and a body that says invalid_client',
	'token-refused': 'A token that is none gets 401, with the code oauth.v2.InvalidAccessToken',
	'product-has':
		'An SMS product that the project has finds fault with an empty list of messages: 400',
	'product-lacks': 'An SMS product that the project lacks answers 401 or 403',
	'text-empty': 'An empty text is refused with 400',
	'number-bad': 'A number that is none is refused with 400',
	'refusal-shape': 'A refusal by KPN itself is JSON: errorResponse with code, message and info',
	'send-accepted':
		'A message that KPN takes gets 200, a document_id that is a UUID, and the status OK',
	'send-fields': 'The current SMS API takes webhook_url and expirein beside sender and messages',
	'quota-headers':
		'An answer has quota-limit, quota-used, quota-interval, quota-time-unit and quota-reset-UTC',
	'quota-reset': 'quota-reset-UTC is a time in milliseconds since 1970',
	'quota-counts': 'The quota counts calls, not messages',
	'version-headers': 'An answer has api-version, and a sunset that is n/a or a date',
	'send-together': 'Two messages in one call get one document_id, and both arrive',
	'send-whole': 'A call with one bad message is refused as a whole: the good one is not sent',
	'report-arrives': 'A delivery report is posted to the webhook_url of the call',
	'report-headers': 'It has the headers X-KPN-Webhook-Signature, -Timestamp, -Key-Id and -Attempt',
	'report-signature':
		'The signature is the HMAC-SHA256 of the bytes of the body with the secret of the key, in hex',
	'report-timestamp': 'The timestamp is in seconds since 1970, of the moment of sending',
	'report-body': 'The body is one JSON object',
	'report-names':
		'It says in fields that the trigger knows for whom it is, which status it is, and when',
	'report-id': 'It names the document_id of the call',
	'report-number': 'It writes a mobile number in full without +, as 316…',
	'report-status': 'Its status is a number from 1 to 6, and the last one is final',
	'report-again':
		'A report that is not taken comes again after 60 seconds, as attempt 2, with the same body',
	'settings-read':
		'The webhook settings of the application have scope_type and webhook_url; 404 where there are none',
	'settings-levels': 'Those of the team and of the organization are read the same way',
	'settings-product': 'A project without the product for webhooks gets 403 for them',
	'keys-list':
		'The signing keys are a list of key_id and a status: staged, active, retiring or retired',
	'key-reveal': 'The active key is shown with key_id, secret and status; 404 where there is none',
	busy: 'KPN answers 429 where too much is asked of it, and says when to ask again',
	redirect: 'A redirect (302) means that the message was not taken',
	lost: 'After 500, 502, 504 or a broken connection, KPN may have the message or not',
	'no-id': 'A 2xx without a document_id means that the message was not taken',
	'inbound-body':
		'An inbound SMS has sender, recipient, message_id, content, timestamp_utc and type',
	expiry: 'expirein makes KPN give up on a phone after so many seconds, and report status 6',
} as const;

export type AssumptionId = keyof typeof ASSUMPTIONS;

export const ASSUMPTION_IDS = Object.keys(ASSUMPTIONS) as AssumptionId[];
