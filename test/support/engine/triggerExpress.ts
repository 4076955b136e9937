import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';

/** n8n's limit. */
const PAYLOAD_SIZE_MAX = 16 * 1024 * 1024;

/** A request as n8n's server hands it to a node: its body is read when the node asks for it. */
export function asExpress(request: IncomingMessage) {
	return Object.assign(request, {
		rawBody: undefined as Buffer | undefined,
		async readRawBody(this: IncomingMessage & { rawBody?: Buffer }) {
			if (this.rawBody) return;
			const gzip = this.headers['content-encoding'] === 'gzip';
			const chunks: Buffer[] = [];
			let size = 0;
			for await (const chunk of gzip ? this.pipe(createGunzip()) : this) {
				size += (chunk as Buffer).length;
				if (size > PAYLOAD_SIZE_MAX) {
					throw Object.assign(new Error('request entity too large'), { status: 413 });
				}
				chunks.push(chunk as Buffer);
			}
			this.rawBody = Buffer.concat(chunks);
		},
	});
}

/** A response with those of express's words that the node uses. */
export function withExpressWords(response: ServerResponse) {
	const words = {
		set: (name: string, value: string) => (response.setHeader(name, value), words),
		status: (code: number) => ((response.statusCode = code), words),
		json: (body: object) => {
			response.setHeader('content-type', 'application/json; charset=utf-8');
			response.end(JSON.stringify(body));
			return words;
		},
	};
	return Object.assign(response, words);
}
