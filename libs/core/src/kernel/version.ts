/** Of the package, as its package.json says (a test compares them). */
export const WARREN_VERSION = '0.1.0';
