// The physical limit: posts the same JSON as KPN SMS, with as many calls in flight, and does
// nothing else. Reads the number of messages from a line, and answers with what it took.
// Arguments: the folder of an installed n8n, which brings undici; the address of KPN.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, url] = process.argv.slice(2);
const { Pool } = createRequire(`${folder}/`)('undici');

const MESSAGES_A_CALL = 200;
const CALLS_IN_FLIGHT = 5;

const pool = new Pool(url, { connections: CALLS_IN_FLIGHT });

async function post(from, to) {
	const messages = [];
	for (let index = from; index < to; index++) {
		messages.push({
			content: `Hello Guest ${index}, table ${index % 90} is yours.`,
			mobile_number: `+316${12300000 + index}`,
		});
	}
	const { body } = await pool.request({
		method: 'POST',
		path: '/communication/kpn/sms/send',
		headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
		body: JSON.stringify({ sender: 'Bench', messages }),
	});
	const { document_id: id } = await body.json();
	if (!id) throw new Error('no document_id');
}

async function send(count) {
	let next = 0;
	async function lane() {
		while (next < count) {
			const from = next;
			next = Math.min(count, from + MESSAGES_A_CALL);
			await post(from, next);
		}
	}
	const cpu = process.cpuUsage();
	const started = performance.now();
	await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
	const wallMs = performance.now() - started;
	const { user, system } = process.cpuUsage(cpu);
	return { wallMs, cpuMs: (user + system) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
	process.stdout.write(`${JSON.stringify(await send(Number(line)))}\n`);
}
