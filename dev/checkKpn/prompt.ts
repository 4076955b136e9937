import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks the user, at a terminal or through a pipe; after the end of the input every answer is empty. */
export class Prompt {
	private muted = false;
	private readonly lines: AsyncIterator<string>;
	private readonly reader: Interface;
	private readonly terminal: boolean;

	constructor(
		input: NodeJS.ReadStream,
		private readonly output: NodeJS.WriteStream,
	) {
		this.terminal = input.isTTY === true && output.isTTY === true;
		const echo = new Writable({
			write: (chunk, _encoding, done) => {
				if (!this.muted) output.write(chunk);
				done();
			},
		});
		const { terminal } = this;
		this.reader = createInterface({ input, output: terminal ? echo : undefined, terminal });
		// Ctrl-C ends the program, as it does without a prompt.
		this.reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
		this.lines = this.reader[Symbol.asyncIterator]();
	}

	async text(question: string): Promise<string> {
		const answer = await this.line(question);
		// A terminal has shown the Enter already.
		if (!this.terminal) this.output.write('\n');
		return answer;
	}

	/** What is typed is not shown. */
	async secret(question: string): Promise<string> {
		this.muted = true;
		try {
			return await this.line(question);
		} finally {
			this.muted = false;
			this.output.write('\n');
		}
	}

	private async line(question: string): Promise<string> {
		this.output.write(`${question} `);
		const { value, done } = await this.lines.next();
		return done ? '' : String(value).trim();
	}

	/** No is what happens when nothing is answered. */
	async yes(question: string): Promise<boolean> {
		return /^(y|yes|j|ja)$/i.test(await this.text(`${question} [y/N]`));
	}

	close(): void {
		this.reader.close();
	}
}
