import type { FigureOfSuite } from './figure.ts'
import { suites } from './suites.ts'

// Runs one suite in a process of its own, so that no other suite has filled its memory or influenced its compiler.
const [name = '', size] = process.argv.slice(2)
const load = suites[name]
if (!load) throw new Error(`There is no suite ${name}.`)
const suite = await load()
const figures = await suite({ quick: size === 'quick' })
process.send?.(figures.map((figure): FigureOfSuite => ({ suite: name, ...figure })))
process.disconnect?.()
