/** How many random expressions each n8n is asked to evaluate. */
export const EXPRESSIONS = 120;
