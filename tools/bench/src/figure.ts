/** One line of the table: our value and that of the baseline, both from the same run. */
export interface Figure {
  readonly name: string
  readonly ours: number
  readonly baseline: number
  /** What the baseline is. */
  readonly against: string
  readonly unit: string
  /** `ours / baseline` must be at least, or at most, this; `difference` compares `ours - baseline` instead. */
  readonly target: Target
  /** Pragmas, durability and sizes, without which a number means nothing. */
  readonly conditions: string
}

export type Target =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  | { readonly differenceAtMost: number }
  /** No target: the figure is shown to explain another one. */
  | { readonly none: true }

interface SuiteOptions {
  /** Whether to use short rounds and small sizes, which check that everything runs but not the targets. */
  readonly quick: boolean
}

export type Suite = (options: SuiteOptions) => Promise<readonly Figure[]>

/** A figure with the name of its suite. */
export interface FigureOfSuite extends Figure {
  readonly suite: string
}

/** The value that is compared with the target: a ratio, or a difference in the unit of the figure. */
export function score({ ours, baseline, target }: Figure): number {
  return 'differenceAtMost' in target ? ours - baseline : ours / baseline
}

export function isMet(figure: Figure): boolean {
  const { target } = figure
  if ('none' in target) return true
  if ('atLeast' in target) return score(figure) >= target.atLeast
  return score(figure) <= ('atMost' in target ? target.atMost : target.differenceAtMost)
}
