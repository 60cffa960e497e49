/** Matches text that has more than spaces in it, as every name and every reason must. */
export const notBlank = /\S/
