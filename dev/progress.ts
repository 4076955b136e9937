import ora, { type Ora } from 'ora';

/** Shows the progress of something that takes minutes. */
export interface Progress {
	/** A step begins; the one before has succeeded. */
	step(words: string): void;
	/** How far the step is, e.g. "1.2 of about 3.1 GB". */
	howFar(words: string): void;
	/** The last step has succeeded. */
	succeeded(): void;
	/** The step was not finished; the caller says why. */
	failed(): void;
}

/** How often a line is written where there is no spinner. */
const PLAIN_EVERY_MS = 30_000;

/** In a terminal one line for each step, with the time it takes; elsewhere plain lines. */
export function showProgress(
	stream: NodeJS.WriteStream = process.stdout,
	plainEveryMs = PLAIN_EVERY_MS,
): Progress {
	// Some terminals report a width of 0: the spinner would clear lines for ever.
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
			// The spinner must not read the terminal's input: Ctrl-C must reach its handlers.
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
