import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { INode } from 'n8n-workflow';

import { outputOf, retryExecution, runWorkflow } from '../../dev/engine';
import { startFaultSetup } from '../support/engine/faultSetup';
import { smsWorkflow, startAtBefore } from '../support/engine/engineSetup';
import { FAULT_CASES } from '../support/engine/faults';

/** Send and Wait in every situation of a single SMS, on n8n's own engine. */

const MODES: Array<INode['onError']> = [
	'stopWorkflow',
	'continueRegularOutput',
	'continueErrorOutput',
];

const CELLS = MODES.flatMap((onError) =>
	[false, true].flatMap((retryOnFail) =>
		(['v1', 'current'] as const).map((smsApi) => ({ onError, retryOnFail, smsApi })),
	),
);

let trapServer: Server;
let trap: string;
let trapped = 0;

beforeAll(async () => {
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
});

test.each(FAULT_CASES)(
	'$name: sent once at most; what may have arrived is waited for, what was refused is not',
	async (situation) => {
		const inCell = async (cell: (typeof CELLS)[number]) => {
			const { sandbox, credentials, credential, requestOptions, options, close } =
				await startFaultSetup(situation, cell.smsApi, trap);
			try {
				const workflow = smsWorkflow({
					credentials: { kpnSmsOAuth2Api: credential },
					onError: cell.onError,
					retryOnFail: cell.retryOnFail,
					maxTries: 3,
					waitBetweenTries: 1,
					parameters: {
						operation: 'sendAndWait',
						responseType: 'approval',
						message: '={{ $json.text }}',
						options,
						requestOptions,
					},
				});
				const items = [{ to: '+31612345670', text: 'May it be done?' }];
				const run = await runWorkflow(workflow, startAtBefore(items), credentials);
				const taken = sandbox.messages.length;
				expect(taken).toBeLessThanOrEqual(1);
				if (situation.outcome === 'refused') {
					expect({ cell, taken, waits: run.waitTill !== undefined }).toEqual({
						cell,
						taken: 0,
						waits: false,
					});
					expect(outputOf(run, 'SMS', 0)).toEqual([]);
					expect(run.status).toBe(cell.onError === 'stopWorkflow' ? 'error' : 'success');
					if (cell.onError !== 'stopWorkflow') {
						const exit = cell.onError === 'continueErrorOutput' ? 3 : 1;
						expect(outputOf(run, 'SMS', exit)).toEqual([
							expect.objectContaining({ json: expect.objectContaining({ outcome: 'refused' }) }),
						]);
					}
					return;
				}
				expect({ cell, waits: run.waitTill !== undefined }).toEqual({ cell, waits: true });
				// As when its time is up: nobody answered, and nothing is sent again.
				expect(run.data.executionData?.nodeExecutionStack[0]?.source?.main).toHaveLength(3);
				const over = await retryExecution(run, workflow, credentials);
				expect(sandbox.messages).toHaveLength(taken);
				expect(outputOf(over, 'SMS', 0)).toEqual([]);
				expect(outputOf(over, 'SMS', 2)).toEqual([
					expect.objectContaining({
						json: expect.objectContaining({
							outcome: 'noAnswer',
							message: expect.stringMatching(/^Nobody answered before the wait was stopped\./),
							sending: situation.outcome,
						}),
						pairedItem: { item: 0, input: 2 },
					}),
				]);
			} finally {
				await close();
			}
		};
		await Promise.all(CELLS.map(inCell));
		expect(trapped).toBe(0);
	},
);
