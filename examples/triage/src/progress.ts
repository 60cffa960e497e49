import type { IntakeCounts } from './intake.ts'

export interface Progress {
  show(counts: Readonly<IntakeCounts>): void
  /** Clears the line. */
  end(): void
}

/** Shows progress in one line, which is overwritten each time; shows nothing when `out` is not a terminal. */
export function createProgress(out: NodeJS.WriteStream): Progress {
  if (!out.isTTY) return { show() {}, end() {} }
  return {
    show: ({ read, signals, opened, known }) => {
      out.write(`\r\u001b[2K${read} payloads, ${signals} signals, ${opened + known} matters`)
    },
    end: () => {
      out.write('\r\u001b[2K')
    },
  }
}
