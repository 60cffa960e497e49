import { isMet, score, type Figure, type FigureOfSuite, type Target } from './figure.ts'

const titles = ['suite', 'what', 'ours', 'baseline', 'unit', 'ratio', 'target', '']

/** A table with one line for each figure, and below it the baseline and the conditions. */
export function tableOf(figures: readonly FigureOfSuite[]): string {
  const rows = figures.map((figure) => [
    figure.suite,
    figure.name,
    rounded(figure.ours),
    rounded(figure.baseline),
    figure.unit,
    scoreText(figure),
    targetText(figure.target),
    'none' in figure.target ? '' : isMet(figure) ? 'met' : 'MISSED',
  ])
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    line(titles),
    ...rows.flatMap((row, index) => [
      line(row),
      `  against ${figures[index]?.against}; ${figures[index]?.conditions}`,
    ]),
  ].join('\n')
}

function scoreText(figure: Figure): string {
  const value = score(figure)
  return 'differenceAtMost' in figure.target
    ? `${value >= 0 ? '+' : ''}${rounded(value)}`
    : `${value.toFixed(2)}×`
}

function targetText(target: Target): string {
  if ('none' in target) return ''
  if ('atLeast' in target) return `≥ ${target.atLeast}×`
  return 'atMost' in target ? `≤ ${target.atMost}×` : `≤ +${target.differenceAtMost}`
}

function rounded(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}
