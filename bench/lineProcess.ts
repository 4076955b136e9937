import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers in lines. */
export interface LineProcess {
	/** Hands it a line, if one is given, and waits for its next. */
	next: (line?: string) => Promise<string>;
	stop: () => void;
}

export function startLineProcess(command: string, args: string[]): LineProcess {
	const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	process.once('exit', () => child.kill());
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		next: async (line) => {
			if (line !== undefined) child.stdin.write(`${line}\n`);
			const { value, done } = await lines.next();
			if (done) throw new Error(`${args[0]} has ended`);
			return value;
		},
		stop: () => child.kill(),
	};
}
