// KPN on loopback, in a process of its own and as quick as can be: what is measured is not KPN.
// It counts what it takes. GET /bench tells; POST /bench?delayMs=150 starts anew.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

let counts;
let delayMs;

function reset(milliseconds) {
	delayMs = milliseconds;
	counts = { calls: 0, tokenCalls: 0, messages: 0 };
}
reset(0);

async function textOf(request) {
	const chunks = [];
	for await (const chunk of request) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

async function answer(request) {
	const { pathname, searchParams } = new URL(request.url, 'http://localhost');
	if (pathname === '/bench') {
		if (request.method === 'POST') reset(Number(searchParams.get('delayMs')));
		return counts;
	}
	const body = await textOf(request);
	if (pathname.endsWith('/accesstoken')) {
		counts.tokenCalls++;
		return { access_token: 'token', token_type: 'Bearer', expires_in: 3599 };
	}
	counts.calls++;
	// Twilio takes one message a call, as a form.
	counts.messages += pathname.endsWith('/Messages.json') ? 1 : JSON.parse(body).messages.length;
	if (delayMs > 0) await delay(delayMs);
	return { document_id: String(counts.calls), status: 'Accepted', sid: String(counts.calls) };
}

const server = createServer(async (request, response) => {
	const text = JSON.stringify(await answer(request));
	response.setHeader('content-type', 'application/json');
	response.end(text);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
