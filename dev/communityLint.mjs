// Lints what is published as n8n does before it lists a community node: with its own scanner's
// configuration, which no comment in the code can soften.
import { buildScanConfig } from '@n8n/scan-community-package/scanner/scanner.mjs';
import { ESLint } from 'eslint';

const eslint = new ESLint({
	overrideConfigFile: true,
	overrideConfig: await buildScanConfig(),
	allowInlineConfig: false,
});
const results = await eslint.lintFiles(['nodes/**/*.ts', 'credentials/**/*.ts', 'package.json']);
const errors = results.reduce((sum, { errorCount }) => sum + errorCount, 0);
if (errors > 0) {
	const formatter = await eslint.loadFormatter('stylish');
	process.stderr.write(await formatter.format(results));
	process.exitCode = 1;
} else {
	process.stdout.write(`n8n’s community scan: ${results.length} files, no error\n`);
}
