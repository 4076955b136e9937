/** Says whether something holds that is promised. */
export type Claims = (holds: boolean, promise: string) => void;

/** A list of the promises that were broken, and what fills it. */
export function collectBroken(broken: string[] = []): { broken: string[]; claim: Claims } {
	return {
		broken,
		claim: (holds, promise) => {
			if (!holds) broken.push(promise);
		},
	};
}
