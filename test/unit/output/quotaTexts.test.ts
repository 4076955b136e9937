import { outcomeOfResponse } from '../../../nodes/KpnSms/send/outcome';
import { quotaWarning } from '../../../nodes/KpnSms/output/quotaTexts';

const NOW = Date.parse('2026-11-25T12:30:00Z');

const refusal = (headers: Record<string, string>, statusCode = 429) =>
	outcomeOfResponse({ statusCode, body: '', headers }, NOW);

const usedUp = { 'quota-limit': '1000', 'quota-used': '1000' };

test.each([
	[{ ...usedUp, 'quota-reset-utc': '2026-11-25T14:00:00' }, 'after 14:00 UTC'],
	[{ ...usedUp, 'quota-reset-utc': '1796083200000' }, 'after 1 December 2026, 00:00 UTC'],
	[{ ...usedUp, 'quota-reset-utc': '1764547200000' }, 'when it starts anew'],
	[{ ...usedUp, 'quota-reset-utc': '2020-01-01T00:00:00Z' }, 'when it starts anew'],
	[{ ...usedUp, 'quota-reset-utc': '1796083200' }, 'after 1 December 2026, 00:00 UTC'],
	[{ ...usedUp, 'quota-reset-utc': 'soon' }, 'when it starts anew'],
	[usedUp, 'when it starts anew'],
])(
	'a message refused for the quota says how much there is and when it starts anew: %j',
	(headers, when) => {
		expect(refusal(headers)).toMatchObject({
			outcome: 'refused',
			advice: `KPN’s quota of 1,000 calls is used up. Send the rest ${when}, or ask KPN for a higher quota.`,
		});
	},
);

test('how often the quota starts anew is in it', () => {
	const unit = { 'quota-interval': '1', 'quota-time-unit': 'month' };
	expect(refusal({ ...usedUp, ...unit })).toMatchObject({
		advice: expect.stringMatching(/^KPN’s quota of 1,000 calls a month is used up/),
	});
});

test('a refusal for another reason says nothing of the quota', () => {
	const left = { ...usedUp, 'quota-used': '999' };
	for (const answer of [refusal(left), refusal({}), refusal(usedUp, 503)]) {
		expect(answer).toMatchObject({ advice: expect.not.stringContaining('is used up') });
	}
});

test('a quota that carries no other such run is named before it runs dry', () => {
	const quota = { limit: 100, used: 70, resetUtc: '2026-11-25T14:00:00Z' };
	expect(quotaWarning(quota, 31, NOW)).toBe(
		'KPN’s quota of 100 calls carries 30 more until 14:00 UTC, fewer than this run took (31).',
	);
	expect(quotaWarning(quota, 30, NOW)).toBeUndefined();
	expect(quotaWarning({ limit: 100 }, 200, NOW)).toBeUndefined();
	expect(quotaWarning(undefined, 200, NOW)).toBeUndefined();
});
