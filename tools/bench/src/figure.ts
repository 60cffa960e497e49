/** One measured line of the table: ours beside its baseline, both from the same run. */
export interface Figure {
  readonly name: string
  readonly ours: number
  readonly baseline: number
  /** What the baseline is. */
  readonly against: string
  readonly unit: string
  /** `ours / baseline` must be at least, or at most, this; `difference` compares `ours - baseline` instead. */
  readonly target: Target
  /** Pragmas, durability, sizes: without them a number says nothing. */
  readonly conditions: string
}

export type Target =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  | { readonly differenceAtMost: number }
  /** Shown to explain another figure. */
  | { readonly none: true }

interface SuiteOptions {
  /** Short rounds and small sizes: checks that everything runs, not targets. */
  readonly quick: boolean
}

export type Suite = (options: SuiteOptions) => Promise<readonly Figure[]>

/** A figure, and the suite that it is of. */
export interface FigureOfSuite extends Figure {
  readonly suite: string
}

/** What is compared with the target: a ratio, or a difference in the unit of the figure. */
export function score({ ours, baseline, target }: Figure): number {
  return 'differenceAtMost' in target ? ours - baseline : ours / baseline
}

export function isMet(figure: Figure): boolean {
  const { target } = figure
  if ('none' in target) return true
  if ('atLeast' in target) return score(figure) >= target.atLeast
  return score(figure) <= ('atMost' in target ? target.atMost : target.differenceAtMost)
}
