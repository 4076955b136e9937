import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startSandbox } from '../../../sandbox';

const MAIN = join(__dirname, '../../../sandbox/main.ts');

function run(port: string) {
	return spawn(process.execPath, ['--import', 'tsx', MAIN], {
		env: { ...process.env, SANDBOX_PORT: port },
	});
}

test('the command line says where it listens, and ends cleanly when asked', async () => {
	const child = run('0');
	let words = '';
	for await (const chunk of child.stdout) {
		words += String(chunk);
		if (words.includes('Phones')) break;
	}
	const url = /Base URL +(\S+)/.exec(words)?.[1];
	expect(words).toMatch(/sandbox-key[^]*sandbox-secret/);
	expect((await fetch(`${url}/sandbox/calls`)).status).toBe(200);
	child.kill('SIGTERM');
	expect(await once(child, 'exit')).toEqual([0, null]);
});

test('the command line says when the port is taken', async () => {
	const other = await startSandbox();
	const { port } = new URL(other.url);
	const child = run(port);
	const [words, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
	await other.close();
	expect(words).toContain(`Port ${port} is taken`);
	expect(code).toBe(1);
});
