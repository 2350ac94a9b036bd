import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, it } from 'vitest'
import { parse } from 'vue/compiler-sfc'

import { auditWord } from '@/admin/auditWord'
import en from '@/i18n/en'
import zhCN from '@/i18n/zh-CN'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') all.set(prefix + key, value)
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) all.set(inner, text)
  }
  return all
}

const chinese = flat(zhCN as Tree)
const english = flat(en as Tree)
// English says one thing in two ways, for one and for many.
const holes = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort()

const sources = path.resolve(import.meta.dirname, '../src')
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(vue|ts)$/.test(name) && !name.startsWith('i18n') && !name.endsWith('.gen.ts'))
const text = (name: string) => readFileSync(path.join(sources, name), 'utf8')

/** Words a person would read: two letters in a row, or any Chinese. */
const WORDS = /[A-Za-z]{2,}|[\u4e00-\u9fff]/
const READ_ATTRIBUTES = ['title', 'aria-label', 'alt', 'placeholder', 'label']

type Nodes = NonNullable<NonNullable<ReturnType<typeof parse>['descriptor']['template']>['ast']>['children']

/** Text (node type 2) and attributes (6) of elements (1) that stand in a template as they are. */
function literals(nodes: Nodes): string[] {
  return nodes.flatMap((node) => {
    if (node.type === 2) return WORDS.test(node.content) ? [node.content.trim()] : []
    if (node.type !== 1) return []
    const attributes = node.props.flatMap((prop) => (prop.type === 6 && READ_ATTRIBUTES.includes(prop.name) && prop.value && WORDS.test(prop.value.content) ? [prop.value.content] : []))
    return [...attributes, ...literals(node.children)]
  })
}

/** Words of the wire, as the programs behind the console write them. */
function wireWords(folder: string, pattern: RegExp): string[] {
  const root = path.resolve(import.meta.dirname, '../../..', folder)
  const programs = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rs') && !name.startsWith('tests'))
  const found = programs.flatMap((name) => [...readFileSync(path.join(root, name), 'utf8').matchAll(pattern)].map((match) => match[1] ?? ''))
  return [...new Set(found)].sort()
}

describe('words of the wire', () => {
  it('have a name each: the conditions of a rule', () => {
    const names = wireWords('detectors/scene/src/violation', /Name::\w+ => \("(\w+)", "/g)
    expect(names.length).toBeGreaterThan(30)
    expect(names.filter((name) => !chinese.has(`fact.${name}`))).toEqual([])
  })

  it('have a name each: what the audit log tells of', () => {
    const has = (key: string) => chinese.has(key)
    const actions = wireWords('console/src', /action: "([a-z]+\.[a-z_]+)"/g)
    expect(actions.length).toBeGreaterThan(35)
    expect(actions.filter((action) => auditWord(action, String, has) === null)).toEqual([])
    for (const action of ['case.hand_over', 'decision.needs_field_check', 'zones.submitted', 'legal.matter_end']) expect(auditWord(action, String, has), action).not.toBeNull()
    expect(auditWord('moon.eclipse', String, has)).toBeNull()
  })
})

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it('have no empty text and the same values to fill in', () => {
    for (const [key, zh] of chinese) {
      expect(zh.trim(), key).not.toBe('')
      expect(english.get(key)?.trim(), key).not.toBe('')
      expect(holes(english.get(key) ?? ''), key).toEqual(holes(zh))
    }
  })

  it('are not mixed up', () => {
    const swapped = [...english].filter(([key, value]) => /[\u4e00-\u9fff]/.test(value) && key !== 'frame.otherLanguage').map(([key]) => key)
    expect(swapped).toEqual([])
    const untranslated = [...chinese].filter(([key, value]) => !/[\u4e00-\u9fff]/.test(value) && /[A-Za-z]{4,}/.test(value.replaceAll(/\{\w+\}/g, '')) && key !== 'frame.otherLanguage').map(([key]) => key)
    expect(untranslated).toEqual([])
  })

  it('have every key that the code asks for', () => {
    const missing: string[] = []
    for (const name of files) {
      for (const match of text(name).matchAll(/\b(?:t|say)\(\s*'([\w.]+)'/g)) if (!chinese.has(match[1] ?? '')) missing.push(`${name}: ${match[1]}`)
      for (const match of text(name).matchAll(/\b(?:t|say)\(\s*`([\w.]+)\.\$\{/g)) {
        const prefix = `${match[1]}.`
        if (![...chinese.keys()].some((key) => key.startsWith(prefix))) missing.push(`${name}: ${prefix}*`)
      }
    }
    expect(missing).toEqual([])
  })

  it('are the only place where words stand: no literal text in a template', () => {
    const found: string[] = []
    for (const name of files.filter((file) => file.endsWith('.vue'))) {
      for (const literal of literals(parse(text(name)).descriptor.template?.ast?.children ?? [])) found.push(`${name}: ${literal}`)
    }
    expect(found).toEqual([])
  })

  it('cover every word of the interface that is shown', () => {
    const schema = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../openapi.json'), 'utf8')) as { components: { schemas: Record<string, { enum?: string[] }> } }
    const shown = { Kind: 'kind', CandidateState: 'state', SeenState: 'seen', Verdict: 'verdict', RejectReason: 'reject', Role: 'role', Health: 'health', Watching: 'watchingState', CaseState: 'caseState', ZeroDay: 'clearance.zeroDay', Reached: 'clearance.reached', ReachedWhy: 'clearance.why', EpisodeEnd: 'clearance.end', CountsAs: 'clearance.counts' }
    for (const [type, prefix] of Object.entries(shown)) {
      const words = schema.components.schemas[type]?.enum ?? []
      expect(words.length, type).toBeGreaterThan(1)
      for (const word of words) expect(chinese.has(`${prefix}.${word}`), `${prefix}.${word}`).toBe(true)
    }
  })
})
