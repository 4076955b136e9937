/** By which the text of an item is known at KPN. Not a part of another mark. */
export const mark = (index: number): string => `#${index}#`;
