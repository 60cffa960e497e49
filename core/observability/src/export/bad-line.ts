import type { ExportFault } from './verify-export.ts'

/** Carries a fault to the top; it never leaves the verifier. */
export class BadLine extends Error {
  readonly fault: Omit<ExportFault, 'line'>
  constructor(fault: Omit<ExportFault, 'line'>) {
    super(fault.message)
    this.fault = fault
  }
}

export function bad(
  fault: ExportFault['fault'],
  message: string,
  more: Pick<ExportFault, 'runId' | 'seq' | 'cause'> = {},
): BadLine {
  return new BadLine({ fault, message, ...more })
}
