/**
 * Milliseconds between unpublishing and restoring the previous webhook URL. n8n publishes a change of
 * the trigger by unpublishing and publishing: without this, KPN would have no URL in between. A busy
 * n8n has taken 5 s for that.
 */
export const RESTORE_DELAY_MS = 15_000;
