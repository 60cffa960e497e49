import type { OutboxItem } from '@loop-engine/core'

/** An item that waits in its lane, is leased, or is a dead letter. */
export interface Waiting {
  item: OutboxItem
  lane: Lane
  attempt: number
  fence: number
  death: { readonly error: string; readonly at: number } | null
}

/** Items that are delivered one after another: at most one of them is leased. */
export interface Lane {
  readonly key: string
  readonly line: Waiting[]
  holder: Waiting | null
  /** 0 while nobody holds the lane. */
  leasedUntil: number
}

/** When a lane could be claimed; stale once its head or its lease changed. */
interface Turn {
  readonly at: number
  readonly head: Waiting
}

/** Lanes by the time they are ready. */
interface LaneTurns {
  add(lane: Lane): void
  /** The head of a lane that is ready by now, which leaves the heap; null when none is. */
  take(now: number): Waiting | null
  next(): number | null
}

/** A heap. Stale turns stay until they surface or outnumber the lanes. */
export function createLaneTurns(lanes: ReadonlyMap<string, Lane>): LaneTurns {
  let heap: Turn[] = []
  const first = (): Turn | null => {
    for (let turn = heap[0]; turn !== undefined; turn = heap[0]) {
      if (turnOf(turn.head.lane)?.head === turn.head && readyAt(turn.head) === turn.at) return turn
      popTurn(heap)
    }
    return null
  }
  return {
    add(lane) {
      const turn = turnOf(lane)
      if (turn !== null) pushTurn(heap, turn)
      if (heap.length < 2 * lanes.size + 64) return
      // A sorted list is a heap.
      heap = [...lanes.values()].flatMap((each) => turnOf(each) ?? []).toSorted(compareTurns)
    },
    take(now) {
      const turn = first()
      if (turn === null || turn.at > now) return null
      popTurn(heap)
      return turn.head
    },
    next: () => first()?.at ?? null,
  }
}

/** The holder of a lane comes first in it, even after its lease has run out. */
function turnOf({ holder, line }: Lane): Turn | null {
  const head = holder ?? line[0]
  return head === undefined ? null : { at: readyAt(head), head }
}

function readyAt({ item, lane }: Waiting): number {
  return Math.max(item.dueAt, lane.leasedUntil)
}

function compareTurns(one: Turn, other: Turn): number {
  return one.at - other.at || (follows(one.head, other.head) ? 1 : -1)
}

function pushTurn(heap: Turn[], turn: Turn): void {
  let place = heap.length
  while (place > 0) {
    const parent = (place - 1) >> 1
    const above = heap[parent]
    if (above === undefined || compareTurns(above, turn) <= 0) break
    heap[place] = above
    place = parent
  }
  heap[place] = turn
}

function popTurn(heap: Turn[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let place = 0
  for (;;) {
    const left = 2 * place + 1
    const [one, other] = [heap[left], heap[left + 1]]
    if (one === undefined) break
    const isRight = other !== undefined && compareTurns(other, one) < 0
    const below = isRight ? other : one
    if (compareTurns(last, below) <= 0) break
    heap[place] = below
    place = isRight ? left + 1 : left
  }
  heap[place] = last
}

/** Whether one item of a lane comes after another. */
export function follows(one: Waiting | undefined, other: Waiting): boolean {
  if (one === undefined) return false
  const gap = one.item.seq - other.item.seq
  return gap > 0 || (gap === 0 && one.item.id > other.item.id)
}
