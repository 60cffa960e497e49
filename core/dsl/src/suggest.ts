import { loadLevenshtein } from './load.ts'

const maxWords = 50
const maxCandidates = 1000

/** Creates a function that writes a hint for a misspelt word: `Did you mean "…"?`; undefined when nothing is close. */
export function createSuggester(): (
  word: string,
  candidates: readonly string[],
) => string | undefined {
  const closestTo = createSpeller()
  return (word, candidates) => {
    const best = closestTo(word, candidates)
    return best === undefined ? undefined : `Did you mean "${best}"?`
  }
}

/**
 * Creates a function that finds the candidate closest to a misspelt word. It stops looking after 50 words, so that a
 * hostile definition costs little.
 */
export function createSpeller(): (
  word: string,
  candidates: readonly string[],
) => string | undefined {
  let asked = 0
  return (word, candidates) => {
    asked += 1
    if (asked > maxWords || candidates.length === 0 || candidates.length > maxCandidates) return
    if (word.length > 128) return
    const { closest, distance } = loadLevenshtein()
    const best = closest(word, candidates)
    const length = Math.max(word.length, best.length)
    const far = length < 4 ? 1 : Math.max(2, Math.floor(length / 3))
    const steps = distance(word.toLowerCase(), best.toLowerCase())
    const near = steps <= far && steps < word.length
    return near ? best : undefined
  }
}
