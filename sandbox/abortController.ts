import { setMaxListeners } from 'node:events';

/** For any number of listeners: calls, responses and deliveries that wait at the same time. */
export function createAbortController(): AbortController {
	const controller = new AbortController();
	setMaxListeners(0, controller.signal);
	return controller;
}
