/** The queue's keyboard map: which key means what. Pure, so that the map, its help page and its test cannot drift apart. */

import type { Schemas } from '@/api/client'

export type Command =
  | { do: 'next' }
  | { do: 'previous' }
  | { do: 'play' }
  | { do: 'frame'; by: -1 | 1 }
  | { do: 'boxes' }
  | { do: 'compare' }
  | { do: 'tick'; index: 0 | 1 | 2 | 3 }
  | { do: 'confirm' }
  | { do: 'reject' }
  | { do: 'rejectWith'; code: RejectCode }
  | { do: 'escalate' }
  | { do: 'fieldCheck' }
  | { do: 'undo' }
  | { do: 'merge' }
  | { do: 'mark' }
  | { do: 'bulk' }
  | { do: 'search' }
  | { do: 'help' }
  | { do: 'cancel' }

/** One line of the help page. `message` is a key under `queue.keys`. */
export const KEY_HELP: readonly { keys: readonly string[]; message: string }[] = [
  { keys: ['j', 'k'], message: 'move' },
  { keys: ['Space'], message: 'play' },
  { keys: [',', '.'], message: 'frame' },
  { keys: ['b'], message: 'boxes' },
  { keys: ['c'], message: 'compare' },
  { keys: ['1', '2', '3', '4'], message: 'ticks' },
  { keys: ['Enter'], message: 'confirm' },
  { keys: ['x'], message: 'reject' },
  { keys: ['e'], message: 'escalate' },
  { keys: ['f'], message: 'fieldCheck' },
  { keys: ['m'], message: 'merge' },
  { keys: ['v'], message: 'mark' },
  { keys: ['X'], message: 'bulk' },
  { keys: ['u'], message: 'undo' },
  { keys: ['/'], message: 'search' },
  { keys: ['?'], message: 'help' },
  { keys: ['Esc'], message: 'cancel' },
]

/** What the map needs to know of a key press. A `KeyboardEvent` fits. */
export interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  repeat: boolean
}

/** Where the focus is: `typing` in a field, on a `control` that Space and Enter work on themselves, or neither. */
export type Focus = 'typing' | 'control' | 'page'

export function focusOf(element: Element | null): Focus {
  if (element === null) return 'page'
  if (element.closest('input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]')) return 'typing'
  if (element.closest('button, a[href], summary, [role=button], [role=combobox], [role=slider], input[type=range]')) return 'control'
  return 'page'
}

/** The command of a press, or null. `rejecting`: the reason is being chosen, keys name reasons. */
export function commandFor(press: Press, focus: Focus, rejecting: boolean): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null
  if (press.key === 'Escape') return { do: 'cancel' }
  if (focus === 'typing') return null
  if (focus === 'control' && (press.key === ' ' || press.key === 'Enter')) return null
  if (rejecting) {
    const code = press.repeat ? undefined : rejectCodeOf(press.key)
    return code === undefined ? null : { do: 'rejectWith', code }
  }
  // Holding a key may walk and step; it must never decide twice.
  switch (press.key) {
    case 'j':
      return { do: 'next' }
    case 'k':
      return { do: 'previous' }
    case ',':
      return { do: 'frame', by: -1 }
    case '.':
      return { do: 'frame', by: 1 }
  }
  if (press.repeat) return null
  switch (press.key) {
    case ' ':
      return { do: 'play' }
    case 'b':
      return { do: 'boxes' }
    case 'c':
      return { do: 'compare' }
    case '1':
    case '2':
    case '3':
    case '4':
      return { do: 'tick', index: (Number(press.key) - 1) as 0 | 1 | 2 | 3 }
    case 'Enter':
      return { do: 'confirm' }
    case 'x':
      return { do: 'reject' }
    case 'e':
      return { do: 'escalate' }
    case 'f':
      return { do: 'fieldCheck' }
    case 'u':
      return { do: 'undo' }
    case 'm':
      return { do: 'merge' }
    case 'v':
      return { do: 'mark' }
    case 'X':
      return { do: 'bulk' }
    case '/':
      return { do: 'search' }
    case '?':
      return { do: 'help' }
    default:
      return null
  }
}

/** The coded reasons of a rejection in the order people meet them, each with its key: digits while they last, then a letter. */
export const REJECT_KEYS = {
  not_a_violation: '1',
  permitted_window: '2',
  permitted_place: '3',
  moving_vendor: '4',
  inside_shop: '5',
  duplicate: '6',
  wrong_zone: '7',
  picture_unclear: '8',
  camera_moved: '9',
  occluded: '0',
  night_noise: 'n',
  test_data: 't',
  other: 'o',
} as const satisfies Record<Schemas['RejectReason'], string>

export type RejectCode = keyof typeof REJECT_KEYS

export const REJECT_CODES = Object.keys(REJECT_KEYS) as RejectCode[]

/** The reason a key names. */
export function rejectCodeOf(key: string): RejectCode | undefined {
  return REJECT_CODES.find((code) => REJECT_KEYS[code] === key)
}
