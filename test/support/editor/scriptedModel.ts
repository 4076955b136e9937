import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ModelMessage {
	content: string | null;
	tool_calls?: Array<{
		id: string;
		type: 'function';
		function: { name: string; arguments: string };
	}>;
}

export interface ModelRequest {
	messages: Array<{ role: string; content: string }>;
	tools?: Array<{ function: { name: string; description: string; parameters: object } }>;
}

/** What n8n takes for OpenAI: it says what it has been told to say. */
export class ScriptedModel {
	/** What it answers, one after the other. */
	script: ModelMessage[] = [];
	/** What n8n sent to it. */
	requests: ModelRequest[] = [];

	private readonly server = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => {
			this.requests.push(JSON.parse(body) as ModelRequest);
			const message = { role: 'assistant', ...this.script.shift() };
			const finish_reason = message.tool_calls ? 'tool_calls' : 'stop';
			response.setHeader('content-type', 'application/json');
			response.end(
				JSON.stringify({
					id: 'scripted',
					object: 'chat.completion',
					created: 0,
					model: 'scripted',
					choices: [{ index: 0, message, finish_reason }],
					usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
				}),
			);
		});
	});

	/** @returns what its credential in n8n, an `openAiApi`, has */
	async listen(): Promise<{ apiKey: string; url: string }> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
		const { port } = this.server.address() as AddressInfo;
		return { apiKey: 'none', url: `http://127.0.0.1:${port}/v1` };
	}

	/** An answer that calls a tool. */
	calls(name: string, args: object): ModelMessage {
		const id = `call_${Math.random().toString(36).slice(2)}`;
		const call = { id, type: 'function' as const };
		return {
			content: null,
			tool_calls: [{ ...call, function: { name, arguments: JSON.stringify(args) } }],
		};
	}

	close(): void {
		this.server.close();
	}
}
