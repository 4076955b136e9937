import ora, { type Ora } from 'ora';

/** Tells a person what is going on while something takes minutes. */
export interface Progress {
	/** A step begins; the one before has succeeded. */
	step(words: string): void;
	/** How far the step is, e.g. "1.2 of about 3.1 GB". */
	howFar(words: string): void;
	/** The last step has succeeded. */
	succeeded(): void;
	/** The step could not be finished: whoever stopped it says why. */
	failed(): void;
}

/** Where nobody watches a spinner, a line that often: enough to see that it goes on. */
const PLAIN_EVERY_MS = 30_000;

/** In a terminal one line for each step, with the time it takes; elsewhere plain lines. */
export function showProgress(
	stream: NodeJS.WriteStream = process.stdout,
	plainEveryMs = PLAIN_EVERY_MS,
): Progress {
	// Some terminals say that they are no columns wide: the spinner would go on clearing lines for ever.
	return stream.isTTY && stream.columns > 0 ? inTerminal(stream) : asLines(stream, plainEveryMs);
}

function inTerminal(stream: NodeJS.WriteStream): Progress {
	let spinner: Ora | undefined;
	let shown = { words: '', far: '', since: Date.now() };
	const text = () => [shown.words, shown.far, elapsed(shown.since)].filter(Boolean).join('  ');
	const clock = setInterval(() => {
		if (spinner) spinner.text = text();
	}, 1000);
	clock.unref();
	const end = (how: 'succeed' | 'fail') => {
		shown.far = '';
		spinner?.[how](text());
		spinner = undefined;
	};
	return {
		step(words) {
			end('succeed');
			shown = { words, far: '', since: Date.now() };
			// What is typed meanwhile stays with the terminal: Ctrl-C must reach whoever handles it.
			spinner = ora({ text: text(), stream, discardStdin: false }).start();
		},
		howFar(words) {
			shown.far = words;
		},
		succeeded() {
			end('succeed');
			clearInterval(clock);
		},
		failed() {
			end('fail');
			clearInterval(clock);
		},
	};
}

function asLines(stream: NodeJS.WriteStream, everyMs: number): Progress {
	let since = Date.now();
	let lastLine = 0;
	let words = '';
	const write = (line: string) => {
		lastLine = Date.now();
		stream.write(`${line}\n`);
	};
	const end = (how: string) => {
		if (words) write(`${words} ${how}, ${elapsed(since)}`);
		words = '';
	};
	return {
		step(next) {
			end('done');
			words = next;
			since = Date.now();
			write(`${next} …`);
		},
		howFar(far) {
			if (Date.now() - lastLine >= everyMs) write(`${words} … ${far}, ${elapsed(since)}`);
		},
		succeeded: () => end('done'),
		failed: () => end('failed'),
	};
}

/** Minutes and seconds, e.g. "1:05 min". */
function elapsed(since: number): string {
	const seconds = Math.round((Date.now() - since) / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
