const longestPattern = 512

/**
 * Why a regular expression may take exponential time, or null. Stricter than need be: a repeated
 * group may hold neither a repetition nor a choice, and nothing may refer back.
 */
export function riskOf(pattern: string): string | null {
  if (pattern.length > longestPattern) return 'is too long'
  const bare = pattern
    .replace(/\\[\s\S]/g, (escape) => (/\d|k/.test(escape) ? '\\' : 'x'))
    .replace(/\[[^\]]*\]/g, 'x')
  if (bare.includes('\\')) return 'refers back to a group'
  const open: boolean[] = []
  for (let at = 0; at < bare.length; at += 1) {
    const sign = bare[at] ?? ''
    if (sign === '(') {
      open.push(false)
      if (bare[at + 1] === '?') at += 1
    } else if (sign === ')') {
      const branches = open.pop() ?? false
      const repeated = /^[*+]|^\{\d*,?\d*\}/.test(bare.slice(at + 1))
      if (branches && repeated) return 'repeats a group that repeats or chooses'
      if (branches || repeated) markInner(open)
    } else if ('*+{|?'.includes(sign)) {
      markInner(open)
    }
  }
  return null
}

function markInner(open: boolean[]): void {
  if (open.length > 0) open[open.length - 1] = true
}
