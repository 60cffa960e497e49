import { illFormed, type JsonBudget, JsonFault, prototypeKey, spend } from './json-fault.ts'

/** How to write the objects of one shape: their keys in canonical order, checked and escaped once. */
interface KeyPlan {
  readonly fields: readonly KeyField[]
  /** Characters of all keys and their punctuation. */
  readonly characters: number
}

interface KeyField {
  readonly key: string
  /** `{"key":` for the first field, `,"key":` for the others. */
  readonly prefix: string
  /** The same with the opening quote of a string after it. */
  readonly quotedPrefix: string
}

interface Node {
  plan?: KeyPlan
  lastKey?: string
  lastChild?: Node
  readonly children: Map<string, Node>
}

const maxNodes = 4_096
const maxCachedKeys = 32
const maxCachedCharacters = 1_024

/**
 * Finds or makes the plan of a list of keys. Plans are kept in a tree with one level a key, as the shapes
 * of JavaScript engines are, so that finding one compares keys and never joins or sorts them.
 */
export const planOf = createPlans()

function createPlans(): (keys: readonly string[], budget: JsonBudget) => KeyPlan {
  let root: Node = { children: new Map() }
  let nodes = 0

  function find(keys: readonly string[]): KeyPlan | undefined {
    let node: Node | undefined = root
    for (const key of keys) {
      const child: Node | undefined = node.lastKey === key ? node.lastChild : node.children.get(key)
      if (child === undefined) return undefined
      node.lastKey = key
      node.lastChild = child
      node = child
    }
    return node.plan
  }

  function remember(keys: readonly string[], plan: KeyPlan): void {
    // A program with ever new shapes gets an empty cache, not a growing one.
    if (nodes + keys.length > maxNodes) {
      root = { children: new Map() }
      nodes = 0
    }
    let node = root
    for (const key of keys) {
      let child = node.children.get(key)
      if (child === undefined) {
        child = { children: new Map() }
        node.children.set(key, child)
        nodes += 1
      }
      node = child
    }
    node.plan = plan
  }

  return (keys, budget) => {
    const known = keys.length > maxCachedKeys ? undefined : find(keys)
    if (known !== undefined) {
      spend(budget, known.characters)
      return known
    }
    const plan = makePlan(keys, budget)
    if (keys.length <= maxCachedKeys && plan.characters <= maxCachedCharacters) remember(keys, plan)
    return plan
  }
}

function makePlan(keys: readonly string[], budget: JsonBudget): KeyPlan {
  // Each key is paid for before any is sorted or copied.
  let characters = 1
  for (const key of keys) {
    characters += key.length + 4
    spend(budget, key.length + 4)
  }
  spend(budget, 1)
  for (const key of keys) {
    if (key === '__proto__') throw new JsonFault(prototypeKey)
    if (!key.isWellFormed()) throw new JsonFault(illFormed)
  }
  // The default order compares UTF-16 units, which is what RFC 8785 asks for.
  const fields = keys.toSorted().map((key, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`
    return { key, prefix, quotedPrefix: `${prefix}"` }
  })
  return { fields, characters }
}
