/**
 * Milliseconds between unpublishing and giving the webhook URL back. n8n publishes a change of the
 * trigger as unpublishing and publishing: without this, KPN would have no URL in between. A busy n8n
 * has taken 5 s for that.
 */
export const RESTORE_DELAY_MS = 15_000;
