const project = (name) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022' } }] },
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
});

/** @type {import('jest').Config} */
module.exports = {
	projects: ['unit', 'engine', 'editor'].map(project),
	// The editor suite starts a whole n8n and a browser.
	testTimeout: 60_000,
};
