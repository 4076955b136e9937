import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { errorResponse } from './responses';
import { SmsService } from './smsService';
import { addControlApi } from './controlApi';
import { WebhookDeliveries } from './webhookDeliveries';
import { ListeningPort } from './listeningPort';
import { WebhookEvents } from './webhookEvents';
import { Faults } from './faults';
import { parseInput, faultSchema } from './schemas';
import { KpnApi } from './kpnApi';
import { Capacity, readCapacityChange } from './capacity';
import { Phones } from './phones';
import { SandboxRecord } from './record';
import { respond } from './respond';
import { WebhookSettings } from './webhookSettings';
import { addSettingsApi } from './settingsApi';
import { SettingsCalls } from './settingsCalls';
import { createAbortController } from './abortController';
import { Tokens } from './tokens';
import type { Sandbox, SandboxOptions } from './types';

export { signedHeaders } from './signedHeaders';
export type { ErrorShape, Fault, FaultAnswer, ReportPlan } from './schemas';
export type * from './types';
export type * from './webhookTypes';

const BODY_LIMIT = 5 * 1024 * 1024;

/**
 * Starts a stand-in for KPN's SMS API on this machine: token, both send APIs, webhook settings and
 * the events themselves, faults on demand and a page that shows the phones. Rejects with Node's error if the port can't be had.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const {
		port = 0,
		host = '127.0.0.1',
		clientId = 'sandbox-key',
		clientSecret = 'sandbox-secret',
		tokenLifetimeSeconds = 3599,
		quotaLimit = 100_000,
		delayMs = 0,
		webhookProducts = true,
		httpOnLoopback = true,
		attemptsAfterMs = [0, 600, 1800, 4200],
		reportAfterMs = 300,
		virtualNumber = '+3197000000000',
	} = options;
	const tokens = new Tokens(clientId, clientSecret, tokenLifetimeSeconds);
	const smsService = new SmsService(tokens, quotaLimit, httpOnLoopback);
	const faults = new Faults();
	const capacity = new Capacity(delayMs);
	const record = new SandboxRecord();
	const settings = new WebhookSettings();
	const settingsCalls = new SettingsCalls(settings, httpOnLoopback);
	const deliveries = new WebhookDeliveries(settings, record, attemptsAfterMs);
	const phones = new Phones();
	const webhookEvents = new WebhookEvents({
		settings,
		deliveries,
		record,
		reportAfterMs,
		virtualNumber,
		phones,
	});
	const closeController = createAbortController();
	const app = createServer();
	const listeningPort = new ListeningPort(app.server);

	const sandbox: Sandbox = {
		get url() {
			return `http://${host.includes(':') ? `[${host}]` : host}:${listeningPort.address.port}`;
		},
		clientId,
		clientSecret,
		tokenCalls: record.tokenCalls,
		calls: record.calls,
		messages: record.messages,
		settingsCalls: record.settingsCalls,
		deliveries: record.deliveries,
		inbound: record.inbound,
		suggestions: [],
		settings,
		switchPhone: (phone) => phones.switch(phone),
		phoneStates: phones.states,
		planReports: (plan) => webhookEvents.addPlan(plan),
		receiveSms: (sms) => webhookEvents.receiveSms(sms),
		inject: (fault) => faults.add(parseInput(faultSchema, fault, 'a fault')),
		get capacity() {
			return capacity.settings;
		},
		setCapacity: async (change) => {
			const { outageMs, ...changes } = readCapacityChange(change);
			capacity.change(changes);
			if (outageMs !== undefined) await listeningPort.closeFor(outageMs);
		},
		expireTokens: () => tokens.expireAll(),
		stopListening: async () => await listeningPort.close(),
		resumeListening: async () => await listeningPort.reopen(),
		clear: () => record.clear(),
		undoClear: () => record.restore(),
		reset: () => {
			faults.clear();
			tokens.expireAll();
			smsService.reset();
			capacity.reset();
			deliveries.stop();
			webhookEvents.reset();
			phones.states.clear();
			record.reset();
		},
		close: async () => {
			listeningPort.closeForGood();
			closeController.abort();
			deliveries.stop();
			await app.close();
		},
	};
	const dependencies = {
		tokens,
		smsService,
		faults,
		record,
		listeningPort,
		capacity,
		closeSignal: closeController.signal,
	};
	new KpnApi(dependencies).addTo(app);
	addSettingsApi(app, { settings: settingsCalls, tokens, faults, record, webhookProducts });
	addControlApi(app, sandbox, record);
	await app.listen({ port, host });
	return sandbox;
}

/** A server that leaves bodies as text, and whose own errors have KPN's shape. */
function createServer(): FastifyInstance {
	const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
		done(null, body);
	});
	app.setNotFoundHandler((_request, reply) => void respond(reply, errorResponse(404, 'Not found')));
	app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
		respond(reply, errorResponse(error.statusCode ?? 500, error.message));
	});
	// A kept-alive connection would let calls in while the port is closed.
	app.addHook('onSend', async (_request, reply) => {
		if (!app.server.listening) reply.header('connection', 'close');
	});
	return app;
}
