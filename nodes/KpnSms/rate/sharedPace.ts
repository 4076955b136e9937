import { MAX_WINDOW } from './callWindow';
import { Pace } from './pace';

/** Paces in use, by the application at KPN that they are for. */
const sharedPaces = new Map<string, { pace: Pace; users: number }>();

/**
 * Runs work at the pace of an application: executions that go on in the same process at the same
 * time have one, for KPN counts their calls together.
 *
 * @param application tells apart what KPN counts on its own
 */
export async function withSharedPace<T>(
	application: string,
	work: (pace: Pace) => Promise<T>,
): Promise<T> {
	const entry = sharedPaces.get(application) ?? {
		pace: new Pace(MAX_WINDOW, Math.random),
		users: 0,
	};
	sharedPaces.set(application, entry);
	entry.users++;
	try {
		return await work(entry.pace);
	} finally {
		entry.users--;
		if (entry.users === 0) sharedPaces.delete(application);
	}
}
