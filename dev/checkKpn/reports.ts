import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { HOST } from '../n8n/ports';
import { fieldOf } from './kpn';
import { fieldsOf, shapeOf } from './redact';
import type { Run } from './run';

/** A request that came to the webhook URL. */
interface Received {
	at: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

const BODY_BYTES = 1024 * 1024;

/** Where KPN's reports come in, on this machine: a tunnel or a proxy leads to it. */
export class Listener {
	readonly received: Received[] = [];
	/** How many requests are still answered with an error. */
	refusing = 0;

	private constructor(private readonly server: Server) {}

	static async open(port: number): Promise<Listener> {
		const server = createServer();
		const listener = new Listener(server);
		server.on('request', (request, response) => {
			const chunks: Buffer[] = [];
			let size = 0;
			request.on('data', (chunk: Buffer) => {
				size += chunk.length;
				if (size > BODY_BYTES) request.destroy();
				else chunks.push(chunk);
			});
			request.on('end', () => {
				if (request.method === 'POST') {
					const { headers } = request;
					listener.received.push({ at: Date.now(), headers, body: Buffer.concat(chunks) });
				}
				const busy = request.method === 'POST' && listener.refusing-- > 0;
				response.writeHead(busy ? 503 : 200).end();
			});
		});
		server.listen(port, HOST);
		await once(server, 'listening');
		return listener;
	}

	get url(): string {
		return `http://${HOST}:${(this.server.address() as AddressInfo).port}`;
	}

	/** Waits until so many requests have come; false if they do not come in time. */
	async until(count: number, withinMs: number): Promise<boolean> {
		return await this.waitFor(() => this.received.length >= count, withinMs);
	}

	/** Waits for a report that says more than that the SMS is on its way. */
	async untilFinal(withinMs: number): Promise<boolean> {
		const isFinal = ({ body }: Received) => !ON_ITS_WAY.test(statusOf(parsed(body)));
		return await this.waitFor(() => this.received.some(isFinal), withinMs);
	}

	private async waitFor(condition: () => boolean, withinMs: number): Promise<boolean> {
		const deadline = Date.now() + withinMs;
		while (!condition() && Date.now() < deadline) await delay(100);
		return condition();
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		this.server.close();
		await once(this.server, 'close');
	}
}

const HEADERS = ['signature', 'timestamp', 'key-id', 'attempt'].map(
	(name) => `x-kpn-webhook-${name}`,
);

/** Field names by what they say, as the trigger reads them: without case and underscores. */
const NAMES: Record<string, string[]> = {
	recipient: ['recipientphonenumber', 'recipient'],
	status: ['status', 'statuscode'],
	time: ['statusdatetime'],
};

const ON_ITS_WAY = /^(2|3|queued|accepted)$/i;
/** Status 1, 4, 5 and 6 are final. */
const FINAL = /^[1456]$/;

/**
 * Judges the reports that have come.
 *
 * @param secrets those that KPN may sign with; none where they were not to be shown
 */
export function judgeReports(
	run: Run,
	reports: Received[],
	documentId: string,
	secrets: string[],
): void {
	const { findings } = run;
	const [report] = reports;
	if (!report) return;
	findings.record('report-arrives', true, `${reports.length} request(s)`);
	const missing = HEADERS.filter((name) => report.headers[name] === undefined);
	findings.record(
		'report-headers',
		missing.length === 0,
		missing.length > 0 ? `without ${missing.join(', ')}` : 'all four',
	);
	judgeSignature(run, report, secrets);
	const seconds = Number(report.headers['x-kpn-webhook-timestamp']);
	if (Number.isFinite(seconds)) {
		const off = Math.round(Math.abs(report.at / 1000 - seconds));
		findings.record(
			'report-timestamp',
			off < 300,
			off < 300 ? `${off} s off this clock` : 'far off this clock, or not in seconds',
		);
	}
	judgeBody(run, reports, documentId);
}

function judgeSignature({ findings }: Run, { headers, body }: Received, secrets: string[]): void {
	const signature = headers['x-kpn-webhook-signature'];
	if (typeof signature !== 'string' || secrets.length === 0) return;
	const good = secrets.some(
		(secret) => createHmac('sha256', secret).update(body).digest('hex') === signature.toLowerCase(),
	);
	const inHex = /^[0-9a-f]{64}$/i.test(signature);
	const spelling = /[A-F]/.test(signature) ? 'upper case' : 'lower case';
	const said = inHex ? `64 hex digits, ${spelling}` : shapeOf(signature);
	findings.record('report-signature', good, `${said}; it ${good ? 'verifies' : 'does not verify'}`);
}

function judgeBody({ findings, redactor }: Run, reports: Received[], documentId: string): void {
	const bodies = reports.map(({ body }) => parsed(body));
	const [json] = bodies;
	const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
	findings.record('report-body', isObject, isObject ? fieldsOf(json) : shapeOf(json));
	if (!isObject) return;
	const fields = new Map(
		Object.entries(json).map(([name, value]) => [name.replace(/_/g, '').toLowerCase(), value]),
	);
	const valueFor = (what: string) =>
		NAMES[what]?.map((name) => fields.get(name)).find((value) => value !== undefined);
	const unknown = Object.keys(NAMES).filter((what) => valueFor(what) === undefined);
	findings.record(
		'report-names',
		unknown.length === 0,
		unknown.length > 0
			? `no ${unknown.join(', no ')} in ${Object.keys(json).join(', ')}`
			: Object.keys(json).join(', '),
	);
	const number = String(valueFor('recipient') ?? '');
	redactor.hide(number);
	if (number) {
		findings.record(
			'report-number',
			/^[1-9]\d{9,14}$/.test(number),
			`it looks like ${number.replace(/\d/g, '9').replace(/9{5,}/, (all) => `${all.length} digits`)}`,
		);
	}
	findings.record(
		'report-id',
		fields.get('documentid') === documentId,
		fields.has('documentid') ? 'document_id, compared' : 'no document_id',
	);
	const statuses = bodies.map(statusOf);
	findings.record(
		'report-status',
		statuses.every((status) => /^[1-6]$/.test(status)) && FINAL.test(statuses.at(-1) ?? ''),
		statuses.map((status) => (/^\d$/.test(status) ? status : 'no single digit')).join(', '),
	);
}

/** Of a report that was not taken: it must come again. */
export function judgeRepeat({ findings }: Run, [first, second]: Received[]): void {
	if (!first) return;
	if (!second) {
		findings.record('report-again', false, 'it did not come again within 90 s');
		return;
	}
	const after = Math.round((second.at - first.at) / 100) / 10;
	const attempt = String(second.headers['x-kpn-webhook-attempt']);
	const same = first.body.equals(second.body);
	findings.record(
		'report-again',
		after > 45 && after < 80 && attempt === '2' && same,
		`again after ${after} s, attempt ${/^\d$/.test(attempt) ? attempt : 'unclear'}, ${same ? 'the same' : 'another'} body`,
	);
}

function statusOf(body: unknown): string {
	return String(fieldOf(body, 'Status') ?? fieldOf(body, 'status') ?? fieldOf(body, 'StatusCode'));
}

function parsed(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		return body.toString('utf8');
	}
}
