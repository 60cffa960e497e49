import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** The system's own browser; `CHROMIUM` names another. Throws when there is none: a test that cannot run has failed. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const { CHROMIUM, PATH = '' } = environment
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  const found = CHROMIUM ?? [...places, mac].find(isProgram)
  if (found !== undefined) return found
  throw new Error('No Chromium was found: run tools/console/install-chromium.sh, or set CHROMIUM.')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
