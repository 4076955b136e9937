import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { packThisPackage, TARBALL } from '../dev/n8n/communityPackage';
import { installN8n, modulesOf, type N8nInstallation } from '../dev/n8n/install';
import { startLineProcess, type LineProcess } from './lineProcess';

/** Where it is measured: an installed n8n, and KPN on loopback in a process of its own. */
export interface Place {
	installation: N8nInstallation;
	/** KPN's address. */
	kpn: string;
	/** Starts the undici script, with so many messages in a call and calls in flight. */
	startScript(messagesACall?: number, callsInFlight?: number): LineProcess;
	say(words: string): void;
}

export async function inPlace<T>(run: (place: Place) => Promise<T>): Promise<T> {
	const say = (words: string) => void process.stderr.write(`${words}\n`);
	const installation = await installN8n({ onStep: say });
	const packed = await mkdtemp(path.join(tmpdir(), 'kpn-sms-bench-'));
	// An exit in order, with which all that was started ends.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	const children: LineProcess[] = [];
	const start = (node: string, script: string, ...args: string[]) => {
		const child = startLineProcess(node, [path.join(__dirname, script), ...args]);
		children.push(child);
		return child;
	};
	try {
		process.env[TARBALL] = await packThisPackage(packed);
		const kpn = `http://127.0.0.1:${await start(process.execPath, 'kpn.mjs').next()}`;
		const startScript = (...shape: number[]) =>
			start(installation.node, 'undici.mjs', modulesOf(installation), kpn, ...shape.map(String));
		return await run({ installation, kpn, startScript, say });
	} finally {
		for (const child of children) child.stop();
		await rm(packed, { recursive: true, force: true });
	}
}
