import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// What n8n runs in its own process: n8n's rules, n8n Cloud's included, decide here.
const nodes = 'nodes/**/*.ts';
const credentials = 'credentials/**/*.ts';
const published = [nodes, credentials];

export default defineConfig(
	globalIgnores(['dist/', 'artifacts/', '**/*.js', '**/*.mjs', 'sandbox/phone-page/']),
	{
		files: ['**/*.ts'],
		extends: [tseslint.configs.recommended],
		rules: {
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-non-null-assertion': 'error',
			'@typescript-eslint/consistent-type-imports': 'error',
		},
	},
	{
		files: [...published, 'package.json'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		rules: {
			'no-console': 'error',
			// Until the project has a public page to name.
			'@n8n/community-nodes/require-homepage': 'off',
		},
	},
	{
		files: [...published, 'package.json'],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
	},
	{ files: ['package.json'], rules: n8nNodesBase.configs.community.rules },
	{
		files: [credentials],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// For n8n's own nodes only: there the URL is a slug of n8n's documentation.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
		},
	},
	{
		files: [nodes],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			// They want the literal 'main'; n8n's newer rules want NodeConnectionTypes.Main.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
		},
	},
);
