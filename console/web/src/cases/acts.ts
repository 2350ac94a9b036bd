/** What the page asks for before an act, and which key does what. The server decides; this only saves a round trip. */
import type { Schemas } from '@/api/client'

export type CaseState = Schemas['CaseState']
export type CaseAct = Schemas['CaseAct']
export type ActOffer = Schemas['ActOffer']
export type NewCaseAct = Schemas['NewCaseAct']

export type Field = 'ticks' | 'matter' | 'reason' | 'defect' | 'subject' | 'channel' | 'due_at' | 'exemption' | 'expected_fine_yuan' | 'track' | 'refer_to' | 'outcome' | 'certificate' | 'note' | 'template' | 'informed_at' | 'defence' | 'answer'

/** The fields of an act's form, in the order they are filled in. */
export const FIELDS: Record<CaseAct, readonly Field[]> = {
  open: [],
  withdraw: [],
  take: [],
  release: ['note'],
  pass: ['matter', 'ticks', 'certificate', 'note'],
  reject: ['reason', 'note'],
  find_insufficient: ['defect', 'note'],
  dispatch_clue: ['note'],
  match_subject: ['subject', 'note'],
  warn: ['channel', 'due_at', 'template', 'informed_at', 'certificate', 'note'],
  inform: ['channel', 'expected_fine_yuan', 'template', 'informed_at', 'certificate', 'note'],
  record_defence: ['defence', 'note'],
  answer_defence: ['answer', 'note'],
  issue_code: [],
  revoke_code: [],
  extend_warning: ['due_at', 'note'],
  find_corrected: ['note'],
  find_not_corrected: ['note'],
  exempt: ['exemption', 'certificate', 'note'],
  file: ['expected_fine_yuan', 'track', 'certificate', 'note'],
  hand_over: ['note'],
  refer: ['refer_to', 'note'],
  expire: ['note'],
  close: ['outcome', 'note'],
  recuse: [],
}

/**
 * The act that carries a case on from where it is, for the eye: `null` where a person chooses between ends. What the camera
 * proposes is marked, never done.
 */
export function forward(state: Schemas['CaseState'], proposal?: string | null): CaseAct | null {
  const next: Partial<Record<Schemas['CaseState'], CaseAct>> = { opened: 'take', legal_review: 'pass', confirmed: 'match_subject', subject_matched: 'warn', filed: 'hand_over' }
  if (state === 'warned') return proposal === 'corrected' ? 'find_corrected' : proposal === 'not_corrected' ? 'find_not_corrected' : null
  return next[state] ?? null
}

export const LEGAL_TICKS = ['facts', 'lawful', 'basis', 'jurisdiction', 'no_conflict'] as const
export const DEFECTS = ['facts_unclear', 'picture_unclear', 'evidence_incomplete', 'subject_unknown', 'procedure_fault', 'other'] as const
export const CHANNELS = ['sms', 'voice', 'app', 'on_site', 'paper'] as const
export const DEFENCE_CHANNELS = ['paper', 'on_site', 'voice'] as const
export const OUTCOMES = ['punished', 'not_punished', 'dealt_with', 'not_found', 'revoked', 'lost', 'taken_over'] as const

/** Columns of the board, in the order of a case's life; what has ended stands together at the right. */
export const COLUMNS: readonly { id: string; states: readonly CaseState[] }[] = [
  { id: 'opened', states: ['opened'] },
  { id: 'legal_review', states: ['legal_review'] },
  { id: 'confirmed', states: ['confirmed'] },
  { id: 'subject_matched', states: ['subject_matched'] },
  { id: 'warned', states: ['warned'] },
  { id: 'corrected', states: ['corrected'] },
  { id: 'not_corrected', states: ['not_corrected'] },
  { id: 'exempt', states: ['exempt'] },
  { id: 'filed', states: ['filed'] },
  { id: 'handed_over', states: ['handed_over'] },
  { id: 'clue_dispatched', states: ['clue_dispatched'] },
  { id: 'referred', states: ['referred'] },
]

export const STATES: readonly CaseState[] = ['opened', 'legal_review', 'confirmed', 'subject_matched', 'warned', 'corrected', 'not_corrected', 'exempt', 'filed', 'handed_over', 'clue_dispatched', 'referred', 'closed', 'rejected', 'insufficient', 'expired', 'withdrawn']

/** How a state is coloured: waiting for somebody, going well, gone wrong, or over. */
export function tone(state: CaseState): '' | 'accent' | 'ok' | 'warn' | 'bad' {
  switch (state) {
    case 'opened':
    case 'legal_review':
      return 'accent'
    case 'warned':
    case 'not_corrected':
      return 'warn'
    case 'corrected':
    case 'exempt':
    case 'filed':
    case 'handed_over':
      return 'ok'
    case 'rejected':
    case 'insufficient':
    case 'expired':
      return 'bad'
    default:
      return ''
  }
}

export type ReviewCommand = { do: 'take' } | { do: 'tick'; index: 0 | 1 | 2 | 3 | 4 } | { do: 'pass' } | { do: 'reject' } | { do: 'dispatch' } | { do: 'next' } | { do: 'help' } | { do: 'cancel' }

/** One line of the help. `message` is a key under `life`. */
export const REVIEW_KEYS: readonly { keys: readonly string[]; message: string }[] = [
  { keys: ['t'], message: 'keyTake' },
  { keys: ['1', '2', '3', '4', '5'], message: 'keyTicks' },
  { keys: ['Enter'], message: 'keyPass' },
  { keys: ['x'], message: 'keyReject' },
  { keys: ['d'], message: 'keyDispatch' },
  { keys: ['n'], message: 'keyNext' },
  { keys: ['?'], message: 'keyHelp' },
]

/** The command of a press in legal review, or null. Holding a key down does nothing: it must never decide twice. */
export function reviewCommand(press: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; repeat: boolean }, focus: 'typing' | 'control' | 'page'): ReviewCommand | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat) return null
  if (press.key === 'Escape') return { do: 'cancel' }
  if (focus === 'typing' || (focus === 'control' && (press.key === ' ' || press.key === 'Enter'))) return null
  switch (press.key) {
    case 't':
      return { do: 'take' }
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
      return { do: 'tick', index: (Number(press.key) - 1) as 0 | 1 | 2 | 3 | 4 }
    case 'Enter':
      return { do: 'pass' }
    case 'x':
      return { do: 'reject' }
    case 'd':
      return { do: 'dispatch' }
    case 'n':
      return { do: 'next' }
    case '?':
      return { do: 'help' }
    default:
      return null
  }
}
