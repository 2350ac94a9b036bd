/** What was done, in the reader's language. The log itself keeps the words of the wire, and those are shown beside it. */
type Say = (key: string) => string

/** Acts on cases, decisions and drafts have names already. */
const NAMED: Record<string, string> = { case: 'caseAct', decision: 'verdict', zones: 'draftAction' }

/** `null` where an action has no name yet. */
export function auditWord(action: string, say: Say, has: (key: string) => boolean): string | null {
  const own = `auditAction.${action.replace('.', '_')}`
  if (has(own)) return say(own)
  const [about = '', act = ''] = action.split('.')
  const key = `${NAMED[about] ?? ''}.${act}`
  return NAMED[about] !== undefined && has(key) ? `${say(`auditAbout.${about}`)}: ${say(key)}` : null
}
