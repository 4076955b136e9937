import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { readFault } from './faults';
import type { PhoneState } from './phones';
import type { SandboxRecord } from './record';
import type { Sandbox } from './types';

const PAGE = join(__dirname, 'phone-page');
const PAGE_FILES = [
	{ path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
	{ path: '/sandbox/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/empty.css', file: 'empty.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/suggestions.css', file: 'suggestions.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/phones.css', file: 'phones.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/replies.css', file: 'replies.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/manners.css', file: 'manners.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/switches.css', file: 'switches.css', type: 'text/css; charset=utf-8' },
	{ path: '/sandbox/switches.js', file: 'switches.js', type: 'text/javascript; charset=utf-8' },
	{ path: '/sandbox/phones.js', file: 'phones.js', type: 'text/javascript; charset=utf-8' },
	{
		path: '/sandbox/suggestions.js',
		file: 'suggestions.js',
		type: 'text/javascript; charset=utf-8',
	},
	{ path: '/sandbox/replies.js', file: 'replies.js', type: 'text/javascript; charset=utf-8' },
	{ path: '/sandbox/manners.js', file: 'manners.js', type: 'text/javascript; charset=utf-8' },
];
const POLICY =
	"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:";

/** Adds what the sandbox offers beside KPN's API: the phone page, and control from outside. */
export function addControl(app: FastifyInstance, sandbox: Sandbox, record: SandboxRecord): void {
	for (const { path, file, type } of PAGE_FILES) {
		app.get(path, async (_request, reply) => {
			const body = readFileSync(join(PAGE, file));
			return await reply.type(type).header('content-security-policy', POLICY).send(body);
		});
	}
	app.get('/sandbox/credential', () => ({
		baseUrl: sandbox.url,
		clientId: sandbox.clientId,
		clientSecret: sandbox.clientSecret,
	}));
	app.get('/sandbox/suggestions', () => sandbox.suggestions);
	app.get('/sandbox/calls', () => sandbox.calls);
	app.get('/sandbox/tokens', () => sandbox.tokenCalls);
	app.get('/sandbox/messages', () => sandbox.messages);
	app.post('/sandbox/faults', async (request, reply) => {
		try {
			sandbox.inject(readFault(JSON.parse(String(request.body))));
		} catch (error) {
			return await reply.code(400).send({ error: String(error) });
		}
		return await reply.code(204).send();
	});
	app.get('/sandbox/manners', () => sandbox.manners);
	app.post('/sandbox/manners', async (request, reply) => {
		try {
			await sandbox.behave(JSON.parse(String(request.body)) as never);
		} catch (error) {
			return await reply.code(400).send({ error: String(error) });
		}
		return sandbox.manners;
	});
	app.get('/sandbox/inbound', () => sandbox.inbound);
	app.get('/sandbox/deliveries', () => sandbox.deliveries);
	app.post('/sandbox/inbound', async (request, reply) => {
		try {
			return sandbox.receiveSms(JSON.parse(String(request.body)) as never);
		} catch (error) {
			return await reply.code(400).send({ error: String(error) });
		}
	});
	app.get('/sandbox/phones', () => Object.fromEntries(sandbox.phoneStates));
	app.post('/sandbox/phones', async (request, reply) => {
		try {
			const { mobileNumber, state } = JSON.parse(String(request.body)) as Record<string, string>;
			sandbox.switchPhone(String(mobileNumber), state as PhoneState);
		} catch (error) {
			return await reply.code(400).send({ error: String(error) });
		}
		return await reply.code(204).send();
	});
	app.post('/sandbox/reports', async (request, reply) => {
		try {
			sandbox.planReports(JSON.parse(String(request.body)) as never);
		} catch (error) {
			return await reply.code(400).send({ error: String(error) });
		}
		return await reply.code(204).send();
	});
	app.post('/sandbox/reset', async (_request, reply) => {
		sandbox.reset();
		return await reply.code(204).send();
	});
	app.post('/sandbox/tokens/expire', async (_request, reply) => {
		sandbox.expireTokens();
		return await reply.code(204).send();
	});
	app.get('/sandbox/events', (_request, reply) => {
		const { raw } = reply.hijack();
		streamEvents(raw, record);
	});
}

/**
 * Server-sent events: a `message` or an `inbound` for everything so far, then `live`, from then on
 * these or a `reset` as it happens. Their data are an AcceptedMessage and an InboundSms.
 */
function streamEvents(stream: ServerResponse, record: SandboxRecord): void {
	const write = (event: string, data: object) => {
		stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	};
	stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
	for (const { event, data } of soFar(record)) write(event, data);
	write('live', {});
	const stop = record.watch((happening) => {
		if (happening.event === 'message') write('message', happening.message);
		else if (happening.event === 'inbound') write('inbound', happening.inbound);
		else write('reset', {});
	});
	stream.once('close', stop);
}

/** Both directions in the order of time, as a phone shows them. */
function soFar({ messages, inbound }: SandboxRecord): Array<{ event: string; data: object }> {
	const all = [
		...messages.map((data) => ({ event: 'message', at: data.receivedAt, data })),
		...inbound.map((data) => ({ event: 'inbound', at: data.sentAt, data })),
	];
	return all.sort((one, other) => one.at.localeCompare(other.at));
}
