const { readdir, readFile, writeFile } = require('node:fs/promises');
const { join } = require('node:path');

/** The folder of the package that a bundled file comes from, if it is not this project's own. */
const packageFolder = (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];

/**
 * Writes the licenses of all packages of which esbuild's metafile says that code of theirs is in the
 * bundle: the licenses ask for it. Fails for a package that has no license file.
 */
async function writeLicenses({ outputs }, file) {
	const bundled = Object.values(outputs)
		.flatMap(({ inputs }) => Object.entries(inputs))
		.filter(([, { bytesInOutput }]) => bytesInOutput > 0)
		.map(([input]) => packageFolder(input))
		.filter(Boolean);
	const sections = await Promise.all([...new Set(bundled)].sort().map(section));
	const head =
		'# Third-party licenses\n\nThe code of this package contains code of these packages.\n';
	await writeFile(file, [head, ...sections].join('\n'));
}

async function section(folder) {
	const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
	const files = (await readdir(folder)).filter((file) =>
		/^(licen[cs]e|copying|notice)/i.test(file),
	);
	if (!files.some((file) => !/^notice/i.test(file))) {
		throw new Error(`${name} is bundled, but has no license file to ship: look in ${folder}`);
	}
	const texts = await Promise.all(
		files.sort().map(async (file) => {
			const text = await readFile(join(folder, file), 'utf8');
			return `\`${file}\`:\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
		}),
	);
	return [`## ${name} ${version}\n`, ...texts].join('\n');
}

module.exports = { writeLicenses };
