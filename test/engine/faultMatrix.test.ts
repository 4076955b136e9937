import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';

import { LoggerProxy, type INode } from 'n8n-workflow';

import { runWorkflow } from '../../dev/engine';
import { table } from '../../dev/table';
import { claimedOutcomesOf } from '../support/engine/claimedOutcomes';
import { startFaultSetup } from '../support/engine/faultSetup';
import { messagesTo, smsWorkflow, startAtBefore } from '../support/engine/engineSetup';
import { FAULT_CASES, type FaultCase } from '../support/engine/faults';

const MODES: Array<INode['onError']> = [
	'stopWorkflow',
	'continueRegularOutput',
	'continueErrorOutput',
];
const APIS = ['v1', 'current'] as const;
const ITEMS = 5;
const POSITIONS = { first: 0, middle: 2, last: ITEMS - 1 };

interface Cell {
	/** How number and text are filled in: dragged, or for n8n to evaluate. */
	fields: typeof DRAGGED;
	deliveryGuarantee: 'atMostOnce' | 'atLeastOnce';
	onError: INode['onError'];
	retryOnFail: boolean;
	smsApi: (typeof APIS)[number];
	/** The item that it happens to. */
	position: number;
}

const DRAGGED = { mobileNumber: '={{ $json.to }}', content: '={{ $json.text }}' };
const COMPUTED = { mobileNumber: '={{ $json.to + "" }}', content: '={{ $json.text + "" }}' };

const dragged = { fields: DRAGGED, deliveryGuarantee: 'atMostOnce' } as const;
const computed = { fields: COMPUTED, deliveryGuarantee: 'atMostOnce' } as const;
const atLeastOnce = { deliveryGuarantee: 'atLeastOnce' } as const;
const tried = { retryOnFail: true, position: POSITIONS.middle } as const;

const CELLS: Cell[] = [
	...MODES.flatMap((onError) =>
		[false, true].flatMap((retryOnFail) =>
			APIS.flatMap((smsApi) =>
				Object.values(POSITIONS).map((position) => ({
					...dragged,
					onError,
					retryOnFail,
					smsApi,
					position,
				})),
			),
		),
	),
	// Only the values of the fields come another way: here it is enough to try each mode.
	...APIS.flatMap((smsApi) => [
		...MODES.map((onError) => ({ ...computed, ...tried, onError, smsApi })),
		...MODES.slice(0, 2).map((onError) => ({
			...dragged,
			...atLeastOnce,
			...tried,
			onError,
			smsApi,
		})),
		{ ...computed, ...atLeastOnce, ...tried, onError: 'stopWorkflow' as const, smsApi },
	]),
];

/** What a cell counts: all but `cells` must be nought. */
interface Tally {
	cells: number;
	/** Messages that a phone got once too often: not counted with At Least Once. */
	doubles: number;
	/** Items of which nothing is said, or which are called refused though KPN has them. */
	lost: number;
	/** Items that are called accepted though KPN does not have them. */
	falseSuccesses: number;
	/** Items of which something else is said than the situation calls for. */
	wrong: number;
	/** Tokens and client secrets in what n8n keeps of the execution, or logs. */
	leaks: number;
}

const tallies = new Map<string, Tally>();

/** All that n8n has logged in this situation. */
let logged: unknown[] = [];

let trapServer: Server;
let trap: string;
let trapped = 0;

beforeAll(async () => {
	const log = (...words: unknown[]) => void logged.push(words);
	LoggerProxy.init({ error: log, warn: log, info: log, debug: log });
	trapServer = createServer((_request, response) => {
		trapped++;
		response.setHeader('content-type', 'application/json');
		response.end('{"document_id":"trap","status":"OK"}');
	});
	await new Promise<void>((resolve) => trapServer.listen(0, '127.0.0.1', resolve));
	trap = `http://127.0.0.1:${(trapServer.address() as AddressInfo).port}/`;
});

afterAll(() => {
	trapServer.close();
	const rows = [...tallies].map(([situation, tally]) => ({ situation, ...tally }));
	const total = rows.reduce((sum, row) => add(sum, row), nought());
	const header = [
		'situation',
		'cells',
		'doubles',
		'lost',
		'false successes',
		'wrong words',
		'leaks',
	];
	const all = [...rows, { situation: 'all', ...total }].map((row) => Object.values(row));
	process.stdout.write(`\n${table(header, all)}\n\n`);
});

beforeEach(() => {
	trapped = 0;
	logged = [];
});

test.each(FAULT_CASES)(
	'$name: nothing twice, nothing lost, no false success',
	async (situation) => {
		const results = await Promise.all(CELLS.map(async (cell) => await runCell(situation, cell)));
		const tally = results.reduce(add, nought());
		tallies.set(situation.name, tally);
		expect(tally).toEqual({ ...nought(), cells: CELLS.length });
		expect(trapped).toBe(0);
	},
);

async function runCell(situation: FaultCase, cell: Cell): Promise<Tally> {
	const items = messagesTo(ITEMS);
	const content = items[cell.position]?.text ?? '';
	const { sandbox, credentials, credential, requestOptions, options, close } =
		await startFaultSetup(situation, cell.smsApi, trap, content);
	try {
		const node = {
			credentials: { kpnSmsOAuth2Api: credential },
			onError: cell.onError,
			retryOnFail: cell.retryOnFail,
			maxTries: 3,
			waitBetweenTries: 1,
			parameters: {
				...cell.fields,
				options: { deliveryGuarantee: cell.deliveryGuarantee, ...options },
				requestOptions,
			},
		};
		const run = await runWorkflow(smsWorkflow(node), startAtBefore(items), credentials);

		const tally = { ...nought(), cells: 1 };
		const claims = claimedOutcomesOf(run, ITEMS);
		items.forEach(({ text }, item) => {
			const taken = sandbox.messages.filter((message) => message.content === text).length;
			const claim = claims.get(item);
			if (taken > 1 && cell.deliveryGuarantee === 'atMostOnce') tally.doubles += taken - 1;
			if (claim === undefined || (claim === 'refused' && taken > 0)) tally.lost++;
			if (claim === 'accepted' && taken === 0) tally.falseSuccesses++;
			if (item === cell.position && claim !== situation.outcome) tally.wrong++;
		});
		const { oauthTokenData } = credentials.raw(credential.id);
		const stored = (oauthTokenData as { access_token?: string } | undefined)?.access_token;
		const used = sandbox.calls.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
		const { resultData } = run.data;
		const errors = [resultData.error, resultData.runData.SMS?.map(({ error }) => error), logged];
		const kept = JSON.stringify(run.data) + inspect(errors, { depth: 8, maxStringLength: null });
		for (const secret of new Set([sandbox.clientSecret, stored, ...used])) {
			if (secret !== undefined && kept.includes(secret)) tally.leaks++;
		}
		return tally;
	} finally {
		await close();
	}
}

const nought = (): Tally => ({
	cells: 0,
	doubles: 0,
	lost: 0,
	falseSuccesses: 0,
	wrong: 0,
	leaks: 0,
});

const add = (one: Tally, other: Tally): Tally => ({
	cells: one.cells + other.cells,
	doubles: one.doubles + other.doubles,
	lost: one.lost + other.lost,
	falseSuccesses: one.falseSuccesses + other.falseSuccesses,
	wrong: one.wrong + other.wrong,
	leaks: one.leaks + other.leaks,
});
