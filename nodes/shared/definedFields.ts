import type { IDataObject } from 'n8n-workflow';

/** Without the fields that have no value, for which n8n's table would show a column of red words. */
export const definedFields = (fields: IDataObject): IDataObject =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
