/**
 * What an officer has ticked and typed but not sent, kept in the browser's tab: a session that ends, a page that is loaded
 * again or a look at another candidate in between loses nothing. Gone with the tab, with the decision, and unread by others.
 */
import { session } from '@/app/session'

export interface Draft {
  ticks: boolean[]
  note: string
  /** The words for a rejection as "other". */
  otherNote: string
}

/** Older ones are let go: nobody comes back to the fiftieth. */
const KEPT = 30

function key(): string | null {
  const name = session.value?.user.name
  return name === undefined ? null : `kerbwatch.drafts.${name}`
}

function read(): [string, Draft][] {
  const at = key()
  if (at === null) return []
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(at) ?? '[]')
    return Array.isArray(value) ? (value as [string, Draft][]) : []
  } catch {
    return [] // Storage may be forbidden or hold what is not ours.
  }
}

function write(drafts: [string, Draft][]): void {
  const at = key()
  if (at === null) return
  try {
    sessionStorage.setItem(at, JSON.stringify(drafts.slice(-KEPT)))
  } catch {
    // As above: then the draft lasts as long as the page.
  }
}

export function isEmpty(draft: Draft): boolean {
  return !draft.ticks.some(Boolean) && draft.note === '' && draft.otherNote === ''
}

export function blankDraft(): Draft {
  return { ticks: [false, false, false, false], note: '', otherNote: '' }
}

/** What was left there, or a blank one. */
export function recall(id: string): Draft {
  const found = read().find(([at]) => at === id)?.[1]
  const whole = found && Array.isArray(found.ticks) && found.ticks.length === 4 && typeof found.note === 'string' && typeof found.otherNote === 'string'
  return whole ? { ticks: found.ticks.map(Boolean), note: found.note, otherNote: found.otherNote } : blankDraft()
}

export function keep(id: string, draft: Draft): void {
  const others = read().filter(([at]) => at !== id)
  write(isEmpty(draft) ? others : [...others, [id, draft]])
}

export function forgetDraft(id: string): void {
  keep(id, blankDraft())
}
