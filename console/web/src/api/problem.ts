/** What went wrong, in few kinds that the screen has words for. */

export type ProblemKind = 'network' | 'aborted' | 'login' | 'wrongLogin' | 'codeNeeded' | 'wrongCode' | 'tooMany' | 'forbidden' | 'missing' | 'stale' | 'claimed' | 'conflict' | 'refused' | 'server'

export interface Problem {
  kind: ProblemKind
  status: number
  /** The server's stable word. */
  code: string
  /** The server's sentence. */
  detail: string
  /** What belongs to the code, e.g. for `stale` what changed and who did it. */
  details?: Record<string, unknown>
}

function kindOf(status: number, code: string): ProblemKind {
  if (code === 'wrong_login') return 'wrongLogin'
  if (code === 'code_needed') return 'codeNeeded'
  if (code === 'wrong_code') return 'wrongCode'
  if (code === 'stale') return 'stale'
  if (code === 'claimed') return 'claimed'
  if (status === 401) return 'login'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'missing'
  if (status === 409) return 'conflict'
  if (status === 429) return 'tooMany'
  if (status >= 500) return 'server'
  return 'refused'
}

/** Reads the server's `{error: {code, message, details}}`; an answer of any other shape keeps its status alone. */
export function problemOf(status: number, body: unknown): Problem {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {}
  const code = typeof error.code === 'string' ? error.code : ''
  const detail = typeof error.message === 'string' ? error.message : ''
  const problem: Problem = { kind: kindOf(status, code), status, code, detail }
  if (isRecord(error.details)) problem.details = error.details
  return problem
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
