import { collectBroken, type Claims } from '../claims';
import { judgeSettings } from './judgeSettings';
import type { Attempt, Delivery, TriggerRecord } from './record';

/**
 * Says which promises a history broke, from what KPN and n8n have, without a look at the code; and for
 * which limit of the promises KPN's settings are others in the end than they were.
 */
export function judge(record: TriggerRecord): { broken: string[]; limit?: string } {
	const { broken, claim } = collectBroken([...record.broken]);
	for (const delivery of record.deliveries) judgeDelivery(delivery, record, claim);
	for (const { how, mark, status } of record.forged) {
		claim(startedBy(mark, record) === 0, `an execution was started by a forgery: ${how}`);
		claim(status !== 200, `a forgery was answered with 200: ${how}`);
	}
	for (const secret of record.secrets) {
		claim(!record.kept.includes(secret), `n8n keeps or says what is secret or personal: ${secret}`);
		claim(!record.log.includes(secret), `n8n’s log has what is secret or personal: ${secret}`);
	}
	const limit = judgeSettings(record, claim);
	return { broken, limit };
}

function judgeDelivery(delivery: Delivery, record: TriggerRecord, claim: Claims): void {
	const { mark, payload, attempts, wanted, more, isTest } = delivery;
	const name = `${payload} ${mark}`;
	const started = startedBy(mark, record);
	const isTaken = attempts.some(({ statuses }) => statuses.includes(200));
	if (wanted === 0) {
		claim(started === 0, `${name}: nobody wants it, and it started an execution`);
	} else {
		if (isTaken) claim(started > 0, `${name}: taken, and it started nothing`);
		// Somebody who tests may want an event again.
		if (!isTest) claim(started <= 1 + more, `${name}: it started ${started} executions`);
		const items = itemsOf(mark, record);
		claim(items === started * wanted, `${name}: ${items} items in ${started} executions`);
	}
	for (const attempt of attempts) judgeAttempt(name, attempt, isTest, claim);
}

function judgeAttempt(name: string, attempt: Attempt, isTest: boolean, claim: Claims): void {
	const { number, statuses, up, knowable, known, askable } = attempt;
	if (!up || !knowable) return;
	const said = `${name}, attempt ${number}, was answered with ${statuses.join(', ')}`;
	claim(
		statuses.every((status) => status === 200 || status === 503),
		`${said}: KPN need not try again`,
	);
	if (isTest && !askable) return;
	if (known) claim(statuses.includes(200), `${said}, and its key had been known`);
	if (askable) claim(statuses.includes(200), `${said}, and KPN could be asked for the key`);
}

const startedBy = (mark: string, { executions }: TriggerRecord): number =>
	executions.flat().filter((items) => JSON.stringify(items).includes(mark)).length;

const itemsOf = (mark: string, { executions }: TriggerRecord): number =>
	executions.flat(2).filter((item) => JSON.stringify(item).includes(mark)).length;
