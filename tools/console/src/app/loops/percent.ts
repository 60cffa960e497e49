const format = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

/** A share in words; none of nothing is no zero. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? 'none yet' : format.format(share)
}
