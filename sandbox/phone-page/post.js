/** Posts to the sandbox. Returns its response, or `{problem}` in words. */
export async function post(what, body) {
	const answer = await fetch(`/sandbox/${what}`, {
		method: 'POST',
		...(body && { body: JSON.stringify(body) }),
	}).catch(() => undefined);
	if (!answer) return { problem: 'The sandbox does not answer' };
	const result = await answer.json().catch(() => ({}));
	return answer.ok ? result : { problem: result.error ?? `The sandbox answered ${answer.status}` };
}
