/** One place in the code, and something wrong to put there. */
export interface Mutation {
	/** What the code then does. */
	name: string;
	/** From the top of the checkout. */
	file: string;
	/** Is in the file exactly once. */
	find: string;
	replace: string;
	/** Which histories are to notice it. */
	of: 'sending' | 'trigger';
	/** Why no history can notice it. */
	notCaught?: string;
}
