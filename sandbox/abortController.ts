import { setMaxListeners } from 'node:events';

/** Ends whatever waits for it: any number of calls, answers and deliveries at once. */
export function createAbortController(): AbortController {
	const controller = new AbortController();
	setMaxListeners(0, controller.signal);
	return controller;
}
