import type { ErrorShape, Fault, Sandbox } from '../../../sandbox';
import type { ProxyBehavior } from '../forwardProxy';

/** A way in which KPN, or the network to it, misbehaves for one message. */
export interface FaultCase {
	name: string;
	/** What the node must say of the message. */
	outcome: 'accepted' | 'refused' | 'unknown';
	/** What goes wrong with each call that holds the message. */
	fault?: (trap: string) => Omit<Fault, 'match' | 'times'>;
	/** What goes wrong with each such call but the first, in place of `fault`. */
	laterFault?: Omit<Fault, 'match' | 'times'>;
	/** What goes wrong before anything is sent. */
	arrange?: (sandbox: Sandbox) => Promise<void>;
	/** Milliseconds that the node waits for an answer. */
	timeout?: number;
	/** Proxy on the Settings tab. */
	proxy?: string;
	/** In place of it, a proxy that KPN is behind, at an https address, and what it does. */
	proxyBehavior?: ProxyBehavior;
	/** Whether that proxy is written with https://, which it does not speak. */
	isHttpsProxy?: true;
	/** How often the node asks again, so that the tests need not wait. */
	maximumRetries?: number;
}

const status = (code: number, accept: boolean, shape?: ErrorShape) => ({
	fault: () => ({ accept, answer: { kind: 'http', status: code, shape } as const }),
});

/** A firewall that quotes the request, token and all. */
const quote = (code: number, accept: boolean) => ({
	fault: () => ({ accept, answer: { kind: 'quote', status: code } as const }),
});

const body = (text: string | object, accept: boolean, headers = {}, code = 200) => ({
	fault: () => ({ accept, answer: { kind: 'http', status: code, body: text, headers } as const }),
});

/** A pause that KPN asks for and that is over at once, so that the tests need not wait. */
const soon = { 'retry-after': '0' };

/** All that is known to happen; `trap` is an address that looks like a success to whoever goes there. */
export const FAULT_CASES: FaultCase[] = [
	{ name: '200', outcome: 'accepted', ...status(200, true) },
	{ name: '201', outcome: 'accepted', ...status(201, true) },
	{ name: '202', outcome: 'accepted', ...status(202, true) },
	{ name: '302 without a target', outcome: 'refused', ...status(302, false) },
	{
		name: '302 to a live target',
		outcome: 'refused',
		fault: (trap) => ({ answer: { kind: 'http', status: 302, headers: { location: trap } } }),
	},
	{ name: '400', outcome: 'refused', ...status(400, false, 'errorResponse') },
	{ name: '401', outcome: 'refused', ...status(401, false, 'apigee') },
	{ name: '403', outcome: 'refused', ...status(403, false, 'product') },
	{ name: '404', outcome: 'refused', ...status(404, false) },
	{ name: '405', outcome: 'refused', ...status(405, false) },
	{ name: '402', outcome: 'refused', ...status(402, false) },
	{ name: '407', outcome: 'refused', ...status(407, false, 'html') },
	{ name: '408, taken', outcome: 'unknown', ...status(408, true) },
	{ name: '409, taken', outcome: 'unknown', ...status(409, true) },
	{ name: '409, not taken', outcome: 'unknown', ...status(409, false) },
	{ name: '410', outcome: 'refused', ...status(410, false) },
	{ name: '412', outcome: 'refused', ...status(412, false) },
	{ name: '413', outcome: 'refused', ...status(413, false, 'html') },
	{ name: '415', outcome: 'refused', ...status(415, false) },
	{ name: '418, which nobody lists', outcome: 'refused', ...status(418, false) },
	{ name: '422', outcome: 'refused', ...status(422, false) },
	{ name: '451', outcome: 'refused', ...status(451, false, 'html') },
	{ name: '499, taken', outcome: 'unknown', ...status(499, true, 'html') },
	{ name: '499, not taken', outcome: 'unknown', ...status(499, false, 'html') },
	{ name: '400 that quotes the request', outcome: 'refused', ...quote(400, false) },
	{ name: '401 that quotes the request', outcome: 'refused', ...quote(401, false) },
	{ name: '302 that quotes the request', outcome: 'refused', ...quote(302, false) },
	{ name: '500 that quotes the request', outcome: 'unknown', ...quote(500, true) },
	{ name: '200 that quotes the request', outcome: 'unknown', ...quote(200, true) },
	{
		name: '429',
		outcome: 'refused',
		fault: () => ({ answer: { kind: 'http', status: 429, shape: 'apigee', headers: soon } }),
		maximumRetries: 1,
	},
	{
		name: '10 calls a second, without a burst',
		outcome: 'accepted',
		arrange: async (sandbox) => await sandbox.setCapacity({ callsPerSecond: 10 }),
	},
	{
		name: 'gone for a moment',
		outcome: 'accepted',
		arrange: async (sandbox) => await sandbox.setCapacity({ outageMs: 300 }),
	},
	{ name: '500, taken', outcome: 'unknown', ...status(500, true) },
	{ name: '500, not taken', outcome: 'unknown', ...status(500, false) },
	{
		name: '500, taken, then 403',
		outcome: 'unknown',
		...status(500, true),
		laterFault: status(403, false).fault(),
	},
	{
		name: '500, taken, then 400',
		outcome: 'unknown',
		...status(500, true),
		laterFault: status(400, false).fault(),
	},
	{ name: '502', outcome: 'unknown', ...status(502, true) },
	{
		name: '503',
		outcome: 'refused',
		fault: () => ({ answer: { kind: 'http', status: 503, shape: 'text', headers: soon } }),
	},
	{ name: '504', outcome: 'unknown', ...status(504, true) },
	{ name: '200 without document_id', outcome: 'refused', ...body({ status: 'OK' }, false) },
	{
		name: '200 with the ID elsewhere',
		outcome: 'unknown',
		...body({ result: { documentId: '5f0e' } }, true),
	},
	{ name: '200, half a JSON', outcome: 'unknown', ...body('{"document_id":"5f', true) },
	{ name: '200, HTML', outcome: 'unknown', ...body('<html><title>Hi</title></html>', true) },
	{ name: '200, empty', outcome: 'unknown', ...body('', true) },
	{
		name: '200 with document_id, and FAILED',
		outcome: 'unknown',
		...body({ document_id: '5f0e', status: 'FAILED' }, true),
	},
	...[302, 400, 401, 413, 429, 503].map((code): FaultCase => ({
		name: `${code} with document_id, taken`,
		outcome: 'unknown',
		...body({ document_id: '5f0e' }, true, soon, code),
	})),
	...[
		{ document_ids: ['5f0e'] },
		{ document: { id: '5f0e' } },
		{ docId: '5f0e' },
		{ id: '5f0e' },
		{ document_id: '5f0e', success: false },
		{ document_id: '5f0e', errors: ['No'] },
		{ document_id: '5f0e', status: { code: 'UNDELIVERABLE' } },
		{ document_id: 'null', status: 'OK' },
		{ document_id: 'n'.repeat(50_000), status: 'OK' },
	].map((said): FaultCase => ({
		name: `200, ${JSON.stringify(said).slice(0, 60)}`,
		outcome: 'unknown',
		...body(said, true),
	})),
	{
		name: '200 with document_id, and errors that are empty',
		outcome: 'accepted',
		...body({ document_id: '5f0e', error: {}, fault: null, errors: [], status: '' }, true),
	},
	{
		name: '206 with document_id',
		outcome: 'unknown',
		...body({ document_id: '5f0e', status: 'OK' }, true, {}, 206),
	},
	{
		name: '200 without end',
		outcome: 'unknown',
		...body(`{"status":"OK"}${' '.repeat(200_000)}`, true),
	},
	{
		name: '200, wrong content type',
		outcome: 'accepted',
		fault: () => ({
			accept: true,
			answer: { kind: 'http', status: 200, headers: { 'content-type': 'text/html' } },
		}),
	},
	{
		name: 'answer cut off',
		outcome: 'unknown',
		fault: () => ({ accept: true, answer: { kind: 'truncate' } }),
	},
	{
		name: 'connection refused',
		outcome: 'refused',
		arrange: async (sandbox) => await sandbox.stopListening(),
	},
	{
		name: 'reset before KPN took it',
		outcome: 'unknown',
		fault: () => ({ answer: { kind: 'reset' } }),
	},
	{
		name: 'reset after KPN took it',
		outcome: 'unknown',
		fault: () => ({ accept: true, answer: { kind: 'reset' } }),
	},
	{
		name: 'time-out',
		outcome: 'unknown',
		fault: () => ({ accept: true, answer: { kind: 'hang' } }),
		// The token is there already, and a busy machine answers all else within this.
		arrange: async () => {},
		timeout: 5000,
	},
	{
		name: 'slow drip',
		outcome: 'unknown',
		fault: () => ({ accept: true, answer: { kind: 'drip', everyMs: 20 } }),
		// The token is there already, and a busy machine answers all else within this.
		arrange: async () => {},
		timeout: 5000,
	},
	...[201, 302, 401, 403, 407, 502, 503, 504].map((refusal): FaultCase => ({
		name: `CONNECT refused with ${refusal}`,
		outcome: 'refused',
		proxyBehavior: { status: refusal },
	})),
	{ name: 'CONNECT not answered', outcome: 'refused', proxyBehavior: 'hangUp' },
	{
		name: 'CONNECT half answered',
		outcome: 'refused',
		proxyBehavior: { says: 'HTTP/1.1 200 Conn' },
		timeout: 5000,
	},
	{
		name: 'Proxy https://… that speaks http',
		outcome: 'refused',
		proxyBehavior: 'open',
		isHttpsProxy: true,
	},
	{ name: 'Proxy ftp://…', outcome: 'refused', proxy: 'ftp://127.0.0.1:9' },
	{ name: 'Proxy socks5://…', outcome: 'refused', proxy: 'socks5://127.0.0.1:9' },
	{ name: 'Proxy htp://…', outcome: 'refused', proxy: 'htp://127.0.0.1:9' },
	{ name: 'Proxy without http://', outcome: 'refused', proxy: 'localhost:9' },
	{
		name: 'Proxy with a % in its password',
		outcome: 'refused',
		proxy: 'http://name:p%@127.0.0.1:9',
	},
];
