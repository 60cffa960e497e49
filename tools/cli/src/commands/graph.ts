import { parseLoop, toDot, toMermaid } from '@loop-engine/dsl'
import type { LoopDefinition } from '@loop-engine/sdk'
import { Option } from 'commander'

import type { AddCommand } from '../context.ts'
import { readText, writeText } from '../files.ts'

type Format = 'mermaid' | 'svg' | 'dot'

export const addGraph: AddCommand = (program, act) => {
  program
    .command('graph')
    .description('draw a loop')
    .argument('<file>', 'a YAML or JSON file')
    .addOption(
      new Option('--format <format>', 'format of the drawing')
        .choices(['mermaid', 'svg', 'dot'])
        .default('mermaid'),
    )
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .action(
      act(async ({ output }, file: string, options: { format: Format; output?: string }) => {
        const loop = parseLoop(await readText(file), { file })
        const drawing = await draw(loop, options.format)
        if (options.output === undefined) {
          output.result({ loopId: loop.id, format: options.format, drawing }, drawing.trimEnd())
          return
        }
        await writeText(options.output, drawing)
        output.result(
          { loopId: loop.id, format: options.format, file: options.output },
          `Drew ${loop.id} to ${options.output}.`,
        )
      }),
    )
}

async function draw(loop: LoopDefinition, format: Format): Promise<string> {
  if (format === 'mermaid') return toMermaid(loop)
  if (format === 'dot') return toDot(loop)
  // Graphviz is a megabyte of WebAssembly, so it is loaded for SVG only.
  const { instance } = await import('@viz-js/viz')
  const graphviz = await instance()
  return graphviz.renderString(toDot(loop), { format: 'svg' })
}
