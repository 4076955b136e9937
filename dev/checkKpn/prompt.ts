import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks a person, at a terminal or through a pipe; at the end of the input every answer is none. */
export class Prompt {
	private muted = false;
	private readonly lines: AsyncIterator<string>;
	private readonly reader: Interface;

	constructor(
		input: NodeJS.ReadStream,
		private readonly output: NodeJS.WriteStream,
	) {
		const terminal = input.isTTY === true && output.isTTY === true;
		const echo = new Writable({
			write: (chunk, _encoding, done) => {
				if (!this.muted) output.write(chunk);
				done();
			},
		});
		this.reader = createInterface({ input, output: terminal ? echo : undefined, terminal });
		// Ctrl-C ends the program, as if nobody read.
		this.reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
		this.lines = this.reader[Symbol.asyncIterator]();
	}

	async text(question: string): Promise<string> {
		this.output.write(`${question} `);
		const { value, done } = await this.lines.next();
		return done ? '' : String(value).trim();
	}

	/** What is typed is not shown. */
	async secret(question: string): Promise<string> {
		this.output.write(`${question} `);
		this.muted = true;
		try {
			const { value, done } = await this.lines.next();
			return done ? '' : String(value).trim();
		} finally {
			this.muted = false;
			this.output.write('\n');
		}
	}

	/** No is what happens when nothing is answered. */
	async yes(question: string): Promise<boolean> {
		return /^(y|yes|j|ja)$/i.test(await this.text(`${question} [y/N]`));
	}

	close(): void {
		this.reader.close();
	}
}
