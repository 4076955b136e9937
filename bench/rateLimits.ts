import type { SmsApi } from '../nodes/shared/kpnApi';

/** A KPN that takes so many calls a second, and what is sent to it. */
export interface Limited {
	name: string;
	smsApi: SmsApi;
	/** Calls a second. */
	rate: number;
	/** Calls that it takes at once before; 1 is Apigee's spike arrest. */
	burst: number;
	messages: number;
	perCall?: number;
	/** Executions at the same time, with so many messages each. */
	executions?: number;
}

const RATES = [2, 5, 10, 20, 50];

/** About a minute for each, and never more than 2,000 messages. */
const countAt = (rate: number) => Math.min(2000, rate * 60);

const at = (smsApi: SmsApi, burst: (rate: number) => number, words: string): Limited[] =>
	RATES.map((rate) => ({
		name: `${smsApi}, ${rate} a second${words}`,
		smsApi,
		rate,
		burst: burst(rate),
		messages: countAt(rate),
	}));

const LIMITED: Limited[] = [
	...at('v1', () => 1, ''),
	...at('v1', (rate) => rate, ', bursts'),
	...at('current', () => 1, ', one message a call'),
	...RATES.map((rate) => ({
		name: `current, ${rate} a second, 200 messages a call`,
		smsApi: 'current' as const,
		rate,
		burst: 1,
		messages: 2000,
		perCall: 200,
	})),
	...[2, 10, 50].map((rate) => ({
		name: `v1, ${rate} a second, three executions`,
		smsApi: 'v1' as const,
		rate,
		burst: 1,
		messages: Math.floor(countAt(rate) / 3),
		executions: 3,
	})),
];

/** So many calls a second at most go out together: more disturb each other. */
const MAX_TOGETHER = 30;

/** Those of a list run at the same time. */
export function limitedTogether(wanted: (name: string) => boolean): Limited[][] {
	const groups: Limited[][] = [];
	for (const limited of LIMITED.filter(({ name }) => wanted(name))) {
		const rateOf = (group: Limited[]) => group.reduce((sum, { rate }) => sum + rate, 0);
		const group = groups.find((one) => rateOf(one) + limited.rate <= MAX_TOGETHER);
		if (group) group.push(limited);
		else groups.push([limited]);
	}
	return groups;
}
