import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { ROOT } from '../../../dev/docs/pages';

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The links and pictures of a document that do not lead to the web. */
export const linksIn = (document: string): string[] =>
	[...withoutCode(document).matchAll(/\]\(([^)\s]+)\)/g)]
		.map(([, target = '']) => target)
		.filter((target) => !/^[a-z]+:/i.test(target));

/** The anchors that GitHub and npm give the headings of a document. */
const anchorsOf = (document: string): string[] =>
	[...withoutCode(document).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
		heading
			.replace(/[_*`]/g, '')
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s-]/gu, '')
			.trim()
			.replace(/\s/g, '-'),
	);

/** Why a link of a document leads nowhere; undefined if it leads somewhere. */
export function deadEnd(path: string, link: string): string | undefined {
	const [file = '', anchor] = link.split('#');
	const target = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file));
	if (!existsSync(join(ROOT, target))) return `${path}: there is no ${target}`;
	if (anchor === undefined || !target.endsWith('.md')) return undefined;
	return anchorsOf(read(target)).includes(anchor)
		? undefined
		: `${path}: ${target} has no heading “${anchor}”`;
}

const withoutCode = (document: string): string =>
	document.replace(/^(```[\s\S]*?^```| {4}.*)$/gm, '');
