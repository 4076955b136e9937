// n8n's Form node uses a library that comes as ES modules only, which jest must translate.
const esModules = 'htmlparser2|domhandler|domutils|domelementtype|dom-serializer|entities';

const project = (name) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022' } }] },
	transformIgnorePatterns: [`/node_modules/(?!(.*/)?(${esModules})/)`],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
});

/** @type {import('jest').Config} */
module.exports = {
	projects: ['unit', 'engine', 'editor', 'queue', 'versions'].map(project),
	// The editor suite starts a whole n8n and a browser.
	testTimeout: 60_000,
};
