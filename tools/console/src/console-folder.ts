import { fileURLToPath } from 'node:url'

/** Where the built page lies: `index.html` and its assets, to be served at the root of a host. */
// The same from `src` and from `dist`.
export const consoleFolder: string = fileURLToPath(new URL('../dist/app', import.meta.url))
