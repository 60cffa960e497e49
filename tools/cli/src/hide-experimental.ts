/** Node 22 calls its SQLite experimental: nobody who runs a command can change that, nor read its errors as JSON then. */
export function hideExperimental(node: Pick<NodeJS.Process, 'emitWarning'>): void {
  const emit = node.emitWarning.bind(node) as (...given: readonly unknown[]) => void
  node.emitWarning = (...given: readonly unknown[]) => {
    if (given[1] !== 'ExperimentalWarning') emit(...given)
  }
}
