import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// n8n's engine reads these once, on being loaded: it must not touch the user's own n8n.
process.env.N8N_USER_FOLDER = mkdtempSync(path.join(tmpdir(), 'kpn-sms-engine-'));
process.env.N8N_ENCRYPTION_KEY = 'for the engine in this process only';
// A node's error is in the result of its run; n8n would write it to the console as well.
process.env.N8N_LOG_LEVEL = 'silent';
