import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** A mail server that takes everything and delivers nothing. */
export class MailServer {
	/** The messages as they were sent, headers included. */
	readonly mails: string[] = [];
	private readonly server: Server;

	constructor() {
		this.server = createServer((socket) => {
			let mail: string | undefined;
			let rest = '';
			const say = (words: string) => socket.write(`${words}\r\n`);
			say('220 localhost');
			socket.on('data', (data) => {
				const lines = (rest + data.toString()).split('\r\n');
				rest = lines.pop() ?? '';
				for (const line of lines) {
					if (mail === undefined) {
						if (line === 'DATA') mail = '';
						say(line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 ok');
					} else if (line === '.') {
						this.mails.push(mail);
						mail = undefined;
						say('250 ok');
					} else {
						mail += `${line}\n`;
					}
				}
			});
			socket.on('error', () => socket.destroy());
		});
	}

	/** @returns what its credential in n8n, an `smtp`, has */
	async listen(): Promise<object> {
		this.server.listen(0, '127.0.0.1');
		await once(this.server, 'listening');
		const { port } = this.server.address() as AddressInfo;
		const nobody = { user: '', password: '' };
		return { ...nobody, host: '127.0.0.1', port, secure: false, disableStartTls: true };
	}

	close(): void {
		this.server.close();
	}
}
