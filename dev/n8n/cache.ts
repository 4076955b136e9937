import { homedir } from 'node:os';
import { join } from 'node:path';

export const DEFAULT_N8N_VERSION = '2.41.1';

export const n8nVersion = () => process.env.N8N_VERSION ?? DEFAULT_N8N_VERSION;

/** Outside the clone: an installed n8n is some 3 GB and serves every clone on the machine. */
export const cacheFolder = () =>
	join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-kpn-sms');
