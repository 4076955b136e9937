/** In the URL of a webhook under test: n8n answers there only while it listens for a test event. */
export const TEST_PATH = '/webhook-test/';

export const isTestUrl = (url: string): boolean => url.includes(TEST_PATH);
