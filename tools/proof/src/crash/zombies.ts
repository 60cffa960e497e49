import { recover, showing, type Recovery } from './recover.ts'
import { openSurvivor } from './survivor.ts'
import { runWorkers } from './workers.ts'

/**
 * Repeats `stops` times: a worker stops for longer than its leases, this process takes over, and the worker goes on.
 */
export async function outlive(place: string, bankPath: string, stops: number): Promise<Recovery> {
  const heir = await openSurvivor(place, bankPath)
  const places = new Set<string>()
  let stopped = 0
  let inherited = 0
  let waking: ReturnType<typeof setInterval> | undefined
  const acknowledged = await runWorkers(
    1,
    () => [place, bankPath, 'zombie', 'zombie', String(stops)],
    undefined,
    (line, zombie) => {
      if (line === 'continued') clearInterval(waking)
      if (!line.startsWith('stopped ')) return
      stopped++
      places.add(line)
      heir.finish().then(
        (delivered) => {
          if (delivered > 0) inherited++
          // Repeated until the worker reports that it goes on: the first signal may arrive just before it stops.
          waking = setInterval(() => zombie.kill('SIGCONT'), 20)
        },
        // The exit of the worker then fails the test.
        () => zombie.kill('SIGKILL'),
      )
    },
  )
  await heir.close()
  const recovery = await recover(place, bankPath, acknowledged)
  return showing(
    recovery,
    // A worker that stops just as it finished leaves nothing to take over, so half of the stops are enough.
    stopped === stops && inherited > stops / 2 && places.size === 8,
    `${stopped} stops at ${places.size} places, and ${inherited} times something to take over`,
  )
}
