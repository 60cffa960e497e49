import { recover, showing, type Recovery } from './recover.ts'
import { openSurvivor } from './survivor.ts'
import { runWorkers } from './workers.ts'

/** A worker is stopped for longer than its leases while this process takes over, and then goes on: so many times. */
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
          // Until it says so: it may have been about to stop when it was told to go on.
          waking = setInterval(() => zombie.kill('SIGCONT'), 20)
        },
        // Its end fails the test.
        () => zombie.kill('SIGKILL'),
      )
    },
  )
  await heir.close()
  const recovery = await recover(place, bankPath, acknowledged)
  return showing(
    recovery,
    // One that was stopped just as it finished leaves nothing behind.
    stopped === stops && inherited > stops / 2 && places.size === 8,
    `${stopped} stops at ${places.size} places, and ${inherited} times something to take over`,
  )
}
