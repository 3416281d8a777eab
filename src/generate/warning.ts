/** First line of every generated header. */
export const warning = '/* Generated from src/ by `npm run generate`; do not edit. */';
