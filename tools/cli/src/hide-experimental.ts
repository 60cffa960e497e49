/**
 * Hides warnings about experimental features. Node 22 calls its SQLite experimental; users cannot change that, and the
 * warning would keep them from reading standard error as JSON.
 */
export function hideExperimental(node: Pick<NodeJS.Process, 'emitWarning'>): void {
  const emit = node.emitWarning.bind(node) as (...given: readonly unknown[]) => void
  node.emitWarning = (...given: readonly unknown[]) => {
    if (given[1] !== 'ExperimentalWarning') emit(...given)
  }
}
