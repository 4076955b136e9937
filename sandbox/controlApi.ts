import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { SandboxRecord } from './record';
import type { Sandbox } from './types';

const PAGE_FOLDER = join(__dirname, 'phone-page');
const TYPES: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const POLICY =
	"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:";

/** Adds what the sandbox offers beside KPN's API: the phone page, and control from outside. */
export function addControlApi(app: FastifyInstance, sandbox: Sandbox, record: SandboxRecord): void {
	for (const file of readdirSync(PAGE_FOLDER)) {
		const path = file === 'index.html' ? '/' : `/sandbox/${file}`;
		const type = `${TYPES[file.split('.').at(-1) ?? '']}; charset=utf-8`;
		app.get(path, async (_request, reply) => {
			const body = readFileSync(join(PAGE_FOLDER, file));
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
	app.get('/sandbox/inbound', () => sandbox.inbound);
	app.get('/sandbox/deliveries', () => sandbox.deliveries);
	app.get('/sandbox/capacity', () => sandbox.capacity);
	app.get('/sandbox/phones', () => Object.fromEntries(sandbox.phoneStates));
	app.get('/sandbox/events', (_request, reply) => {
		const { raw } = reply.hijack();
		streamEvents(raw, record);
	});

	/** The action's result is the response; it throws, in words, if the body is not valid. */
	const onPost = (path: string, act: (body: never) => unknown) => {
		app.post(path, async (request, reply) => {
			try {
				const text = String(request.body ?? '');
				const result = await act((text === '' ? {} : JSON.parse(text)) as never);
				return result === undefined ? await reply.code(204).send() : result;
			} catch (error) {
				return await reply.code(400).send({ error: (error as Error).message });
			}
		});
	};
	onPost('/sandbox/faults', (fault) => sandbox.inject(fault));
	onPost('/sandbox/capacity', async (change) => {
		await sandbox.setCapacity(change);
		return sandbox.capacity;
	});
	onPost('/sandbox/inbound', (sms) => sandbox.receiveSms(sms));
	onPost('/sandbox/phones', (phone) => sandbox.switchPhone(phone));
	onPost('/sandbox/reports', (plan) => sandbox.planReports(plan));
	onPost('/sandbox/clear', () => sandbox.clear());
	onPost('/sandbox/clear/undo', () => sandbox.undoClear());
	onPost('/sandbox/reset', () => sandbox.reset());
	onPost('/sandbox/tokens/expire', () => sandbox.expireTokens());
}

/**
 * Server-sent events: a `message` or an `inbound` for everything so far, then `live`, from then on
 * these, `progress` (a list) on some of them, `cleared` or `reset`, as it happens. After `restored`
 * everything comes from the beginning. `live` and `cleared` say how many messages can be brought back.
 */
function streamEvents(stream: ServerResponse, record: SandboxRecord): void {
	const write = (event: string, data: object) => {
		stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	};
	const writeAll = () => {
		for (const { event, data } of history(record)) write(event, data);
		write('live', { cleared: record.clearedCount });
	};
	stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
	writeAll();
	const stop = record.subscribe((change) => {
		switch (change.event) {
			case 'messages':
				for (const message of change.messages) write('message', message);
				break;
			case 'inbound':
				write('inbound', change.inbound);
				break;
			case 'progress':
				write('progress', change.progress);
				break;
			default:
				write(change.event, { cleared: record.clearedCount });
				if (change.event === 'restored') writeAll();
		}
	});
	stream.once('close', stop);
}

/** Both directions in the order of time, as a phone shows them. */
function history({ messages, inbound }: SandboxRecord): Array<{ event: string; data: object }> {
	const all = [
		...messages.map((data) => ({ event: 'message', at: data.receivedAt, data })),
		...inbound.map((data) => ({ event: 'inbound', at: data.sentAt, data })),
	];
	return all.sort((first, other) => first.at.localeCompare(other.at));
}
