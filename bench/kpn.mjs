// KPN on loopback, in a process of its own and as quick as can be: what is measured is not KPN.
// It counts what it takes. GET /bench tells; POST /bench?delayMs=150 starts anew.
// Below /at/<name> there are more of it, each with counts and manners of its own: a rate in calls a
// second, with a burst of so many calls; POST /bench?at=<name>&rate=10&burst=1&delayMs=150.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Calls that are always free to be refused: so many it takes to find out the rate. */
const INITIAL_CALLS = 20;

const places = new Map();

function reset(name, manners) {
	places.set(name, {
		...manners,
		tokens: manners.burst,
		at: performance.now(),
		counts: { calls: 0, tokenCalls: 0, messages: 0, refused: 0, refusedLater: 0 },
	});
}
reset('', { delayMs: 0, rate: Infinity, burst: Infinity });

function placeOf(pathname) {
	const name = /^\/at\/([^/]+)/.exec(pathname)?.[1] ?? '';
	return places.get(name);
}

/** After so many calls, there is another rate, or no KPN at all for a while. */
function change(place) {
	const { after, then, goneMs, counts } = place;
	if (counts.calls !== after) return;
	if (then > 0) place.rate = then;
	if (goneMs > 0) vanish(goneMs);
}

/** Nobody listens, and what is on its way gets no answer. */
function vanish(milliseconds) {
	const { port } = server.address();
	server.close(() => undefined);
	server.closeAllConnections();
	setTimeout(() => server.listen(port, '127.0.0.1'), milliseconds);
}

/** A burst of 1 is Apigee's spike arrest: no two calls closer than the rate allows. */
function takes(place) {
	if (place.rate === Infinity) return true;
	const now = performance.now();
	place.tokens = Math.min(place.burst, place.tokens + ((now - place.at) * place.rate) / 1000);
	place.at = now;
	if (place.tokens < 1) return false;
	place.tokens--;
	return true;
}

async function textOf(request) {
	const chunks = [];
	for await (const chunk of request) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

async function answer(request, response) {
	const { pathname, searchParams } = new URL(request.url, 'http://localhost');
	if (pathname === '/bench') {
		const name = searchParams.get('at') ?? '';
		if (request.method === 'POST') {
			reset(name, {
				delayMs: Number(searchParams.get('delayMs')),
				rate: Number(searchParams.get('rate') ?? Infinity),
				burst: Number(searchParams.get('burst') ?? 1),
				after: Number(searchParams.get('after')),
				then: Number(searchParams.get('then')),
				goneMs: Number(searchParams.get('goneMs')),
			});
		}
		return places.get(name).counts;
	}
	const place = placeOf(pathname);
	const { counts } = place;
	const body = await textOf(request);
	if (pathname.endsWith('/accesstoken')) {
		counts.tokenCalls++;
		return { access_token: 'token', token_type: 'Bearer', expires_in: 3599 };
	}
	counts.calls++;
	change(place);
	if (!takes(place)) {
		counts.refused++;
		if (counts.calls > INITIAL_CALLS) counts.refusedLater++;
		if (place.delayMs > 0) await delay(place.delayMs);
		response.statusCode = 429;
		return { fault: { faultstring: 'Spike arrest violation', detail: {} } };
	}
	counts.messages += JSON.parse(body).messages.length;
	if (place.delayMs > 0) await delay(place.delayMs);
	return { document_id: String(counts.calls), status: 'OK' };
}

const server = createServer(async (request, response) => {
	const text = JSON.stringify(await answer(request, response));
	response.setHeader('content-type', 'application/json');
	response.end(text);
});
server.keepAliveTimeout = 60_000;
server.once('listening', () => process.stdout.write(`${server.address().port}\n`));
server.listen(0, '127.0.0.1');
