import { readMobileNumber } from '../../nodes/KpnSms/check/mobileNumber';
import type { Run } from './run';

/**
 * A mobile number of the user's own, from the environment, or typed until it is valid.
 *
 * @returns in E.164; undefined where nothing may be sent
 */
export async function askOwnNumber({ prompt, products, say }: Run): Promise<string | undefined> {
	const ask = async () => await prompt.text('A mobile number of your own (empty: send nothing):');
	let typed = process.env.KPN_CHECK_NUMBER || (await ask());
	while (typed) {
		const read = readMobileNumber(typed, products.includes('current'));
		if ('number' in read) return read.number;
		say(`The number ${read.shown ?? ''} ${read.problem}`);
		typed = await ask();
	}
	return undefined;
}
