import type { IDataObject } from 'n8n-workflow';

/** Whether parsed JSON is an object, and no list. */
export const isRecord = (value: unknown): value is IDataObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
