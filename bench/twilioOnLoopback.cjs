// Preloaded into n8n: its Twilio node has Twilio's address built in. Calls to it go to BENCH_KPN
// instead, without the cost of TLS.
const http = require('node:http');
const https = require('node:https');

const { hostname, port } = new URL(process.env.BENCH_KPN);
const agent = new http.Agent({ keepAlive: true });
const original = https.request;

https.request = (options, ...rest) =>
	options.hostname === 'api.twilio.com'
		? http.request(
				{ ...options, protocol: 'http:', hostname, host: hostname, port, agent },
				...rest,
			)
		: original(options, ...rest);
