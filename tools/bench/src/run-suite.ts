import type { FigureOfSuite } from './figure.ts'
import { suites } from './suites.ts'

// One suite in a process of its own: what another one left in memory or in the compiler does not count.
const [name = '', size] = process.argv.slice(2)
const load = suites[name]
if (!load) throw new Error(`There is no suite ${name}.`)
const suite = await load()
const figures = await suite({ quick: size === 'quick' })
process.send?.(figures.map((figure): FigureOfSuite => ({ suite: name, ...figure })))
process.disconnect?.()
