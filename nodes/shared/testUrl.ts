/** In the URL at which n8n answers while somebody listens for a test event, and only then. */
export const TEST_PATH = '/webhook-test/';

export const isTestUrl = (url: string): boolean => url.includes(TEST_PATH);
