const { execFile } = require('node:child_process');
const { rm } = require('node:fs/promises');
const { promisify } = require('node:util');
const esbuild = require('esbuild');
const gulp = require('gulp');

const { writeLicenses } = require('./dev/licenses');
const { n8n } = require('./package.json');

const run = promisify(execFile);

const clean = () => rm('dist', { recursive: true, force: true });

const typecheck = () => run(process.execPath, [require.resolve('typescript/bin/tsc'), '--noEmit']);

// n8n Cloud allows no runtime dependencies: every library but n8n's own goes into the bundle.
const bundle = async () => {
	const { metafile } = await esbuild.build({
		entryPoints: [...n8n.nodes, ...n8n.credentials].map((file) =>
			file.replace(/^dist\//, '').replace(/\.js$/, '.ts'),
		),
		outdir: 'dist',
		outbase: '.',
		bundle: true,
		minifySyntax: true,
		minifyWhitespace: true,
		platform: 'node',
		target: 'node20',
		format: 'cjs',
		external: ['n8n-workflow'],
		legalComments: 'inline',
		metafile: true,
	});
	await writeLicenses(metafile, 'dist/THIRD_PARTY_LICENSES.md');
};

// Icons, codex files and output schemas are found by n8n beside the code.
const assets = () =>
	gulp
		.src(
			['{nodes,credentials}/**/*.svg', 'nodes/**/*.node.json', 'nodes/**/__schema__/**/*.json'],
			{
				base: '.',
				encoding: false,
			},
		)
		.pipe(gulp.dest('dist'));

exports.build = gulp.series(clean, gulp.parallel(typecheck, bundle, assets));
exports.default = exports.build;
