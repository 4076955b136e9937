import type { Mutation } from './mutation';

const TRIGGER = 'nodes/KpnSmsTrigger';

const LIST: Array<Omit<Mutation, 'of'>> = [
	{
		name: 'a signature is not checked',
		file: `${TRIGGER}/signature.ts`,
		find: 'return matching.length > 0;',
		replace: 'return candidates.length > 0 || matching.length > 0;',
	},
	{
		name: 'an old timestamp is taken',
		file: `${TRIGGER}/signature.ts`,
		find: 'if (age > tolerance + attemptDelay)',
		replace: 'if (age > 10 * tolerance + attemptDelay)',
	},
	{
		name: 'repeats are forgotten',
		file: `${TRIGGER}/processedEvents.ts`,
		find: 'const state = this.recent.get(id)?.state;',
		replace: 'const state = undefined;\n\t\tthis.stored.events = [];',
	},
	{
		name: 'repeats are forgotten with the process',
		file: `${TRIGGER}/processedEvents.ts`,
		find: "return state ?? (this.list.some((entry) => entry.startsWith(id)) ? 'stored' : undefined);",
		replace: 'return state;',
	},
	{
		name: 'an event is known before n8n has stored its execution',
		file: `${TRIGGER}/processedEvents.ts`,
		find: "begin = (id: string): void => this.set(id, 'storing');",
		replace: "begin = (id: string): void => this.set(id, 'stored');",
	},
	{
		name: 'the reports on one message are one event',
		file: 'nodes/shared/webhookEvent.ts',
		find: "['report', id, statusCode ?? statusName, errorCode].join(' ')",
		replace: "['report', id].join(' ')",
	},
	{
		name: 'events that nobody wants start the workflow',
		file: `${TRIGGER}/receive.ts`,
		find: 'events.filter(({ kind }) => wanted.includes(kind));',
		replace: 'events.filter(() => wanted.length > 0);',
	},
	{
		name: 'KPN is not asked for a key that is not known',
		file: `${TRIGGER}/receive.ts`,
		find: 'const isUpToDate = await refreshKeys(context, cache);',
		replace: 'const isUpToDate = false;',
	},
	{
		name: '401 in place of 503 where the keys cannot be had',
		file: `${TRIGGER}/receive.ts`,
		find: "if (isUpToDate) return { kind: 'notKpns', why };",
		replace: "if (isUpToDate || why) return { kind: 'notKpns', why };",
	},
	{
		name: 'a key that KPN has retired goes on verifying',
		file: `${TRIGGER}/signingKeys.ts`,
		find: 'if (signing?.includes(key.keyId) ?? true) keys.push(key);',
		replace: 'if (signing ?? true) keys.push(key);',
		notCaught:
			'it takes a rotation, a retirement, ten minutes and a forgery in this order; the tests of the keys hold it',
	},
	{
		name: 'a key that is retiring verifies no more',
		file: `${TRIGGER}/signingKeys.ts`,
		find: 'if (signing?.includes(key.keyId) ?? true) keys.push(key);',
		replace: '',
	},
	{
		name: 'the secret is stored as it is',
		file: `${TRIGGER}/signingKeys.ts`,
		find: 'secret: encrypt(key.secret, password)',
		replace: "secret: key.secret + encrypt('', password)",
	},
	{
		name: 'the URL before is not given back',
		file: `${TRIGGER}/registration.ts`,
		find: "if (url !== undefined) return await settings.setConfig({ ...own, url }, 'PUT');",
		replace: 'if (url !== undefined) return await settings.remove();',
	},
	{
		name: 'what a trigger has taken over from is not handed on to the next',
		file: `${TRIGGER}/previousUrls.ts`,
		find: 'const previous = from ? await previousWith(context, from) : { triggers: [], original: url };',
		replace: 'const previous = { triggers: [], original: url };',
	},
	{
		name: 'a trigger that is no more gets the place back',
		file: `${TRIGGER}/previousUrls.ts`,
		find: 'if (!hasEnded(url) && !((await isGone(context, url)) ?? unasked)) return url;',
		replace: 'return url;',
	},
	{
		name: 'what others have put at KPN since is removed',
		file: `${TRIGGER}/registration.ts`,
		find: 'if (own?.url !== registration.url) return;',
		replace: 'if (!own) return;',
	},
	{
		name: 'a place is taken without Take Over',
		file: `${TRIGGER}/registrationErrors.ts`,
		find: 'if (takesOver(context)) return;\n\t\tconst who',
		replace: 'if (holder) return;\n\t\tconst who',
	},
	{
		name: 'a test takes events away',
		file: `${TRIGGER}/registrationErrors.ts`,
		find: '} else if (isTest(context)) {',
		replace: '} else if (isTest(context)) {\n\t\treturn;',
	},
	{
		name: 'the fields that are left out are dropped',
		file: `${TRIGGER}/webhookSettings.ts`,
		find: '...(privacy && { privacy_config: privacy })',
		replace: "...(privacy && method === 'POST' && { privacy_config: privacy })",
	},
	{
		name: 'what the team leaves out is sent',
		file: `${TRIGGER}/excludedFields.ts`,
		find: 'const { privacy } = keeps ? own : inherited;',
		replace: 'const privacy = own?.privacy;',
	},
	{
		name: 'the URL is given back while the workflow is edited',
		file: `${TRIGGER}/registration.ts`,
		find: 'if (test || !isStored(context, registration))\n\t\t\treturn',
		replace: 'if (test || url) return',
	},
	{
		name: 'static data of a copy are taken for one’s own',
		file: `${TRIGGER}/registrations.ts`,
		find: 'stored?.owner === ownerOf(context) ? { ...stored } : undefined',
		replace: 'stored && { ...stored }',
	},
	{
		name: 'a URL that KPN may have taken is not taken back',
		file: `${TRIGGER}/registration.ts`,
		find: 'if (incomplete?.application === application)',
		replace: "if (incomplete?.application === '')",
		notCaught:
			'n8n unpublishes what it could not publish, which gives it back as well; the tests of registration hold it',
	},
];

export const TRIGGER_MUTATIONS: Mutation[] = LIST.map((one) => ({ ...one, of: 'trigger' }));
