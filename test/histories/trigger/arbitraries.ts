import fc from 'fast-check';

import type { WebhookConfig } from '../../../sandbox';
import type {
	ByHand,
	Forgery,
	LevelName,
	Payload,
	Step,
	TriggerHistory,
	Trouble,
	Which,
} from './history';

const chance = (percent: number): fc.Arbitrary<boolean> =>
	fc.integer({ min: 1, max: 100 }).map((number) => number > 100 - percent);

const often = <T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
	fc.oneof(
		{ weight: 100 - percent, arbitrary: fc.constant(undefined) },
		{ weight: percent, arbitrary },
	);

const which = fc.constantFrom<Which[]>(0, 0, 1);
const level = fc.constantFrom<LevelName[]>('application', 'application', 'team', 'organization');

const excluded = fc.constantFrom<string[][]>(
	['Message'],
	['Message', 'RecipientPhonenumber'],
	[],
	['DLRID'],
);

const config: fc.Arbitrary<WebhookConfig> = fc
	.record({ number: fc.integer({ min: 1, max: 3 }), fields: often(60, excluded) })
	.map(({ number, fields }) => ({
		webhook_url: `https://elsewhere${number}.example.com/kpn?token=of-theirs-${number}`,
		...(fields && { privacy_config: { excluded_fields: { sms_dlr: fields } } }),
	}));

/** Team and organization can leave fields out without a URL, as KPN makes such a configuration itself. */
const above = fc.oneof(
	config,
	excluded.map((fields) => ({ privacy_config: { excluded_fields: { sms_dlr: fields } } })),
);

const killed: fc.Arbitrary<Trouble> = fc.record({
	kind: fc.constant('killed' as const),
	call: fc.integer({ min: 1, max: 9 }),
	when: fc.constantFrom('before' as const, 'after' as const),
});

const answered: fc.Arbitrary<Trouble> = fc.record({
	kind: fc.constant('answer' as const),
	skip: fc.integer({ min: 0, max: 8 }),
	times: fc.integer({ min: 1, max: 2 }),
	answer: fc.constantFrom(500, 403, 429, 'reset' as const, 'taken, then reset' as const, 'hang'),
}) as fc.Arbitrary<Trouble>;

const trouble = often(20, fc.oneof(killed, answered, answered));

const event: fc.Arbitrary<Step> = fc.record({
	do: fc.constant('event' as const),
	payload: fc.constantFrom<Payload[]>(
		'report',
		'report by message id',
		'next report',
		'report without identity',
		'inbound',
		'inbound without identity',
		'two reports',
		'both kinds',
	),
	atOnce: fc.constantFrom(1, 1, 1, 2, 3) as fc.Arbitrary<1 | 2 | 3>,
	first: often(
		15,
		fc.constantFrom(
			'n8n cannot start it' as const,
			'killed before it is stored' as const,
			'killed once it is stored' as const,
		),
	),
	retiring: chance(30),
	restamped: fc.boolean(),
	again: often(30, fc.constantFrom(0, 20, 61, 700)),
});

const byHand: fc.Arbitrary<ByHand> = fc.oneof(
	config.map((set) => ({ level: 'application' as const, config: set })),
	excluded.map((fields) => ({ excluded: fields })),
	fc.constant({ level: 'application' as const, config: undefined }),
	fc.record({
		level: fc.constantFrom('team' as const, 'organization' as const),
		config: fc.oneof(above, fc.constant(undefined)),
	}),
);

const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), which, trouble }) },
	{ weight: 4, arbitrary: fc.record({ do: fc.constant('unpublish' as const), which, trouble }) },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant('edit' as const),
			which,
			takeOver: often(30, fc.boolean()),
			trouble,
		}),
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constant('listen' as const), which, trouble }) },
	{
		weight: 2,
		arbitrary: fc.record({ do: fc.constant('stop listening' as const), which, trouble }),
	},
	{ weight: 1, arbitrary: fc.constant({ do: 'publish both' as const }) },
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('restart' as const),
			downFor: fc.constantFrom(0, 5, 70),
		}),
	},
	{ weight: 26, arbitrary: event },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant('forge' as const),
			how: fc.constantFrom<Forgery[]>(
				'guessed secret',
				'guessed secret and key id',
				'unsigned',
				'old',
				'replayed',
				'revoked key',
				'staged key',
				'another body',
			),
			times: fc.constantFrom(1, 1, 2),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({ do: fc.constant('rotate' as const), level, staged: chance(20) }),
	},
	{
		weight: 3,
		arbitrary: fc.record({ do: fc.constant('retire' as const), deleted: fc.boolean() }),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant('by hand' as const), set: byHand }) },
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant('kpn' as const),
			is: fc.constantFrom(
				...['up' as const, 'up' as const, 'up' as const, 'up' as const, 'down' as const],
				...['hanging' as const, 'failing' as const, 'forbidding' as const],
			),
		}),
	},
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant('wait' as const),
			seconds: fc.constantFrom(1, 10, 16, 31, 61, 61, 250, 660),
		}),
	},
);

const events = fc.constantFrom<TriggerHistory['triggers'][number]['events'][]>(
	...[['deliveryReport' as const, 'inboundSms' as const]],
	...[['deliveryReport' as const, 'inboundSms' as const]],
	['deliveryReport'],
	['inboundSms'],
);

/** Mostly, something is published before all else. */
const first: fc.Arbitrary<Step[]> = often(
	85,
	fc.record({ do: fc.constant('publish' as const), which }),
).map((one) => (one ? [one] : []));

export const triggerHistory: fc.Arbitrary<TriggerHistory> = fc.record({
	n8n: fc.constantFrom('1.x' as const, '2.x' as const),
	second: fc.constantFrom(
		...['workflow' as const, 'workflow' as const, 'workflow' as const],
		...['trigger' as const, 'n8n' as const],
	),
	copied: fc.boolean(),
	processes: fc.constantFrom(1, 1, 2),
	configs: fc.record({
		application: often(30, config),
		team: often(20, above),
		organization: often(15, above),
	}),
	keys: fc.array(level, { maxLength: 3 }),
	showsInherited: fc.boolean(),
	triggers: fc.array(fc.record({ takeOver: chance(60), events }), { minLength: 2, maxLength: 2 }),
	steps: fc
		.tuple(first, fc.array(step, { minLength: 4, maxLength: 20, size: 'max' }))
		.map((lists) => lists.flat()),
}) as fc.Arbitrary<TriggerHistory>;
