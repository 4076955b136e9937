import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { refusal } from './answers';
import { Carrier } from './carrier';
import { addControl } from './control';
import { Deliveries } from './deliveries';
import { Door } from './door';
import { Events } from './events';
import { Faults } from './faults';
import { checked, faultSchema } from './inputs';
import { Kpn } from './kpn';
import { Capacity, readManners } from './manners';
import { Phones } from './phones';
import { SandboxRecord } from './record';
import { respond } from './respond';
import { WebhookSettings } from './settings';
import { addSettingsApi } from './settingsApi';
import { SettingsCalls } from './settingsCalls';
import { stopping } from './stopping';
import { Tokens } from './tokens';
import type { Sandbox, SandboxOptions } from './types';

export type { ErrorShape, Fault, FaultAnswer, ReportPlan } from './inputs';
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
	const carrier = new Carrier(tokens, quotaLimit, httpOnLoopback);
	const faults = new Faults();
	const capacity = new Capacity(delayMs);
	const record = new SandboxRecord();
	const settings = new WebhookSettings();
	const settingsCalls = new SettingsCalls(settings, httpOnLoopback);
	const deliveries = new Deliveries(settings, record, attemptsAfterMs);
	const phones = new Phones();
	const events = new Events({ settings, deliveries, record, reportAfterMs, virtualNumber, phones });
	const closing = stopping();
	const app = plainServer();
	const door = new Door(app.server);

	const sandbox: Sandbox = {
		get url() {
			return `http://${host.includes(':') ? `[${host}]` : host}:${door.address.port}`;
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
		switchPhone: (mobileNumber, state) => phones.switch(mobileNumber, state),
		phoneStates: phones.states,
		planReports: (plan) => events.plan(plan),
		receiveSms: (sms) => events.receive(sms),
		inject: (fault) => faults.add(checked(faultSchema, fault, 'a fault')),
		get manners() {
			return capacity.manners;
		},
		behave: async (change) => {
			const { outageMs, ...manners } = readManners(change);
			capacity.change(manners);
			if (outageMs !== undefined) await door.shutFor(outageMs);
		},
		expireTokens: () => tokens.expireAll(),
		stopListening: async () => await door.shut(),
		listenAgain: async () => await door.listenAgain(),
		clear: () => record.clear(),
		undoClear: () => record.restore(),
		reset: () => {
			faults.clear();
			tokens.expireAll();
			carrier.reset();
			capacity.reset();
			deliveries.stop();
			events.reset();
			phones.states.clear();
			record.reset();
		},
		close: async () => {
			door.slam();
			closing.abort();
			deliveries.stop();
			await app.close();
		},
	};
	const parts = { tokens, carrier, faults, record, door, capacity, closing: closing.signal };
	new Kpn(parts).addTo(app);
	addSettingsApi(app, { settings: settingsCalls, tokens, faults, record, webhookProducts });
	addControl(app, sandbox, record);
	await app.listen({ port, host });
	return sandbox;
}

/** A server that leaves bodies as text, and words its own refusals as KPN does. */
function plainServer(): FastifyInstance {
	const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
		done(null, body);
	});
	app.setNotFoundHandler((_request, reply) => void respond(reply, refusal(404, 'Not found')));
	app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
		respond(reply, refusal(error.statusCode ?? 500, error.message));
	});
	// A kept connection would let clients in while the port is shut.
	app.addHook('onSend', async (_request, reply) => {
		if (!app.server.listening) reply.header('connection', 'close');
	});
	return app;
}
