// n8n's Form node uses a library that comes as ES modules only, which jest must translate.
const esModules = 'htmlparser2|domhandler|domutils|domelementtype|dom-serializer|entities';

const project = (name, more) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022' } }] },
	transformIgnorePatterns: [`/node_modules/(?!(.*/)?(${esModules})/)`],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	...more,
});

/** Of tests that run the real n8n with the packed package. */
const realN8n = { globalSetup: '<rootDir>/test/support/packOnce.ts' };

/** @type {import('jest').Config} */
module.exports = {
	projects: [
		...['unit', 'engine'].map((name) => project(name)),
		...['editor', 'queue', 'versions'].map((name) => project(name, realN8n)),
	],
	// The editor suite starts a whole n8n and a browser.
	testTimeout: 60_000,
	// Tests of one file that may run at the same time mostly wait; a real n8n keeps up with two.
	maxConcurrency: 4,
};
