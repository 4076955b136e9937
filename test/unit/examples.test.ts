import type { INode } from 'n8n-workflow';

import { EXAMPLES } from '../../dev/examples';

interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** In n8n's editor, with the name that stands beneath it. */
const NODE_SIZE = { width: 100, height: 160 };

const HEADING_HEIGHT = 60;

const isNote = ({ type }: INode) => type === 'n8n-nodes-base.stickyNote';

/** A heading alone: the note is a frame around the nodes that it names. */
const isFrame = ({ parameters }: INode) => !String(parameters.content).includes('\n');

function boxOf(node: INode): Box {
	const [left, top] = node.position;
	const { width, height } = isNote(node)
		? (node.parameters as { width: number; height: number })
		: NODE_SIZE;
	return { name: node.name, left, top, right: left + width, bottom: top + height };
}

const overlaps = (one: Box, other: Box) =>
	one.left < other.right &&
	other.left < one.right &&
	one.top < other.bottom &&
	other.top < one.bottom;

const holds = (frame: Box, box: Box) =>
	frame.left <= box.left &&
	box.right <= frame.right &&
	frame.top + HEADING_HEIGHT <= box.top &&
	box.bottom <= frame.bottom;

test.each(EXAMPLES)('%s: no note lies under or over a node', async (example) => {
	const { nodes } = (await import(`../../examples/${example}.json`)) as { nodes: INode[] };
	const notes = nodes.filter(isNote);
	expect(notes).not.toEqual([]);
	const others = nodes.filter((node) => !isNote(node)).map(boxOf);
	const covered = notes.flatMap((note, index) => {
		const box = boxOf(note);
		const otherNotes = notes.slice(index + 1).map(boxOf);
		return [...others, ...otherNotes]
			.filter((other) => overlaps(box, other) && !(isFrame(note) && holds(box, other)))
			.map(({ name }) => `${note.name}: ${name}`);
	});
	expect(covered).toEqual([]);
});
