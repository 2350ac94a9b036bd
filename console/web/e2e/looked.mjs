// Every page of every profession, in both languages: axe finds nothing serious, nothing needs sideways scrolling at 1366 pixels or at
// 200 %, the focus can be seen and goes round, and no message key is left bare. Then every dialog: the focus goes in, Tab stays, Esc
// closes, and the focus goes back to what opened it. KERBWATCH_SHOTS keeps a picture of each.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const people = JSON.parse(process.env.KERBWATCH_PEOPLE ?? '[]')
const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** Where each profession goes, whose log-in is its name: a name for the picture, and the path; `*` is the first there is. */
const PAGES = {
  operator: [['queue', '/queue'], ['cases', '/cases'], ['cases-table', '/cases?view=table'], ['law', '/law'], ['cameras', '/cameras'], ['camera', '/cameras/*'], ['account', '/account'], ['party-page', '/party'], ['not-allowed', '/admin/users']],
  legal_reviewer: [['legal-cases', '/cases?for_me=yes'], ['case', '/cases/*'], ['law-ended', '/law?ended=yes']],
  bureau_editor: [['zones', '/zones'], ['zones-camera', '/zones/*'], ['training', '/admin/training']],
  analyst: [['clearance', '/clearance'], ['zone-days', '/clearance/days'], ['definitions', '/clearance/definitions'], ['areas', '/clearance/areas'], ['recall-minutes', '/clearance/minutes'], ['finds', '/clearance/finds']],
  supervisor: [['originals', '/admin/training'], ['samples', '/admin/samples'], ['sample', '/admin/samples/*'], ['frame-audits', '/admin/frame-audits'], ['frame-audit', '/admin/frame-audits/*'], ['finds-supervisor', '/clearance/finds'], ['supervisor-camera', '/cameras/*'], ['retention', '/admin/retention']],
  administrator: [['users', '/admin/users'], ['units', '/admin/units'], ['sessions', '/admin/sessions'], ['receivers', '/admin/receivers'], ['retention-administrator', '/admin/retention']],
  auditor: [['audit', '/admin/audit'], ['retention-auditor', '/admin/retention']],
}
/**
 * The dialogs and forms of each profession: a name, the page, what is clicked one after the other, and what the focus goes back to
 * (the last that was clicked, unless a menu was between). `form`: within the page, so that Tab may leave it.
 */
const DIALOGS = {
  operator: [
    ['reject', '/queue', ['reject']],
    ['reject-repeats', '/queue', ['reject', 'code-duplicate'], { back: 'reject' }],
    ['merge', '/queue', ['merge-button']],
    ['bulk', '/queue', ['bulk-open']],
    ['keys', '/queue', ['keys']],
    ['recuse', '/queue', ['recuse']],
  ],
  legal_reviewer: [
    ['dispatch', '/cases/*', ['act-dispatch_clue'], { form: true }],
  ],
  supervisor: [
    ['recuse-case', '/cases/*', ['recuse']],
    ['maintenance', '/cameras/*', ['maintenance-add']],
    ['draw', '/admin/samples', ['draw']],
    ['draw-audit', '/admin/frame-audits', ['draw-audit']],
    ['find-add', '/clearance/finds', ['add-find']],
    ['finds-import', '/clearance/finds', ['import-finds']],
    ['find-correct', '/clearance/finds', ['correct']],
    ['template-add', '/law', ['add-template']],
    ['template-revise', '/law', ['revise-template']],
    ['template-end', '/law', ['end-template']],
    ['hold', '/admin/retention', ['place']],
    ['matter-add', '/law', ['add-matter']],
    ['matter-revise', '/law', ['revise-matter']],
    ['matter-end', '/law', ['end-matter']],
    ['clause-add', '/law', ['add-clause']],
    ['clause-revise', '/law', ['revise-clause']],
  ],
  administrator: [
    ['site-import', '/cameras', ['import-site']],
    ['site-export', '/cameras', ['export-site']],
    ['user-add', '/admin/users', ['add-user']],
    ['user-edit', '/admin/users', ['edit-user']],
    ['user-reset', '/admin/users', ['more', 'reset'], { back: 'more' }],
    ['user-certificate', '/admin/users', ['certificate']],
    ['unit-add', '/admin/units', ['add-district']],
  ],
}
const BARE_KEY = /\b(?:nav|frame|queue|facts|stage|cases|cameras|maintenance|admin|law|life|org|zones|backtest|handover|state|decide|reject|problem|common|clearance|training|retention|originals|certificate|recusal|notice|noticePurpose|party|partyState|partyStateHint|defenceChannel|auditAction|actHint)\.[a-zA-Z_]{2,}/
const SIZES = [[1366, 768], [1920, 1080]]

async function settled(page) {
  await page.locator('main .page, main [data-test]').first().waitFor()
  await page.waitForLoadState('networkidle').catch(() => undefined)
  await page.waitForFunction(() => document.querySelector('main .state [aria-hidden=true].bar') === null, undefined, { timeout: 10_000 })
}

/** What axe finds on the page as it is. */
async function findings(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  return page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
    const bad = result.violations.filter((found) => found.impact === 'serious' || found.impact === 'critical')
    return bad.map((found) => `${found.id} (${found.impact}): ${found.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | ')}`)
  })
}

/** Texts that are cut off without a way to read them. */
function clipped(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *, .topbar *, .rail *')]
      .filter((node) => {
        const style = getComputedStyle(node)
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '')
        const box = node.getBoundingClientRect()
        return own && box.width > 4 && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && node.scrollWidth > node.clientWidth + 1 && !node.closest('.sr-only')
      })
      .slice(0, 5)
      .map((node) => `${node.tagName.toLowerCase()}.${node.className}: ${node.textContent.trim().slice(0, 40)}`),
  )
}

/** Goes round by Tab: the focus is seen everywhere. The parts of a date field are lit by the browser itself. */
async function focusGoesRound(page) {
  await page.evaluate(() => document.body.focus())
  const seen = new Set()
  const unseen = []
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const node = document.activeElement
      if (!node || node === document.body) return null
      // A field within a frame of its own is marked by the frame.
      const marked = [node, node.parentElement, node.parentElement?.parentElement].some((one) => one && (getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none'))
      const shown = marked || node.matches('.corner, .skip, [class*=el-], input[type=date], input[type=datetime-local]')
      return { what: `${node.tagName}#${node.id}.${node.className}`, shown }
    })
    if (at === null) break
    if (!at.shown) unseen.push(at.what)
    seen.add(at.what)
  }
  return { unseen: [...new Set(unseen)], places: seen.size }
}

async function pathOf(page, path) {
  if (!path.endsWith('/*')) return path
  const list = { '/zones': '/api/v1/cameras?limit=1', '/cameras': '/api/v1/cameras?limit=1', '/cases': '/api/v1/cases?state=opened&limit=1', '/admin/samples': '/api/v1/samples', '/admin/frame-audits': '/api/v1/frame-audits' }[path.slice(0, -2)]
  const first = await page.evaluate(async (url) => (await (await fetch(url, { headers: { 'x-kerbwatch': '1' } })).json()).items[0]?.id, list)
  return path.replace('*', first)
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Until nothing fades in or slides any more: half faded in, no text has its contrast. */
const still = (page) =>
  page.waitForFunction(() =>
    document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity),
  undefined, { timeout: 10_000 })

/** Opens a dialog, looks at it at both sizes, and leaves it by keyboard; what was wrong with it. */
async function dialogHolds(page, desk, [name, where, clicks, { form = false, back = clicks.at(-1) } = {}]) {
  const bad = []
  await page.setViewportSize({ width: 1366, height: 768 })
  await page.goto(`${target.url}${await pathOf(page, where)}`)
  await settled(page)
  for (const one of clicks) await page.locator(`[data-test=${one}]:not([disabled]):visible`).first().click()
  const frame = form ? 'form' : '[role=dialog]'
  const within = () => page.evaluate((kind) => document.activeElement?.closest(kind) !== null, frame)
  const reached = await page.waitForFunction((kind) => document.activeElement?.closest(kind) ?? null, frame, { timeout: 5_000 }).then(() => true, () => false)
  if (!reached) bad.push('the focus does not go in')
  await still(page)
  await desk.shot(`dialog-${name}-1366`)
  bad.push(...(await findings(page)))
  if (!form) {
    for (const key of [...Array(12).fill('Tab'), ...Array(3).fill('Shift+Tab')]) {
      await page.keyboard.press(key)
      if (!(await within())) bad.push(`${key} leaves it`)
    }
  }
  await page.setViewportSize({ width: 683, height: 384 })
  if ((await sideways(page)) > 0) bad.push('sideways at 200 %')
  await desk.shot(`dialog-${name}-200`)
  await page.setViewportSize({ width: 1366, height: 768 })
  await page.keyboard.press('Escape')
  const returned = await page.waitForFunction((test) => document.activeElement?.getAttribute('data-test') === test, back, { timeout: 5_000 }).then(() => true, () => false)
  if (!returned) bad.push(`after Esc the focus is at ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80))}`)
  const gone = await page.locator('[role=dialog]:visible').first().waitFor({ state: 'hidden', timeout: 5_000 }).then(() => true, () => false)
  if (!gone) bad.push('Esc does not close it')
  return bad.map((what) => `dialog ${name}: ${what}`)
}

for (const [role, password] of people) {
  const pages = PAGES[role]
  if (!pages) continue
  test(`the pages of ${role}`, { skip: target === null, timeout: 600_000 }, async () => {
    const who = { ...target, user: role, password }
    const bad = []
    await atTheDesk(who, async (page, desk) => {
      await logIn(page, who)
      for (const language of ['en', 'zh-CN']) {
        if ((await page.evaluate(() => document.documentElement.lang)) !== language) await page.locator('[data-test=language]').click()
        for (const [name, where] of pages) {
          const path = await pathOf(page, where)
          for (const [width, height] of process.env.KERBWATCH_ALL_SIZES ? SIZES : SIZES.slice(0, 1)) {
            await page.setViewportSize({ width, height })
            await page.goto(`${target.url}${path}`)
            await settled(page)
            await desk.shot(`${name}-${language}-${width}`)
            if ((await sideways(page)) > 0) bad.push(`${name} ${language}: sideways at ${width}`)
            bad.push(...(await clipped(page)).map((text) => `${name} ${language} ${width}: cut off: ${text}`))
          }
          const text = await page.evaluate(() => document.body.innerText)
          // The log's actions are words of the wire that look like keys.
          if (name !== 'audit' && BARE_KEY.test(text)) bad.push(`${name} ${language}: bare key ${BARE_KEY.exec(text)[0]}`)
          bad.push(...(await findings(page)).map((found) => `${name} ${language}: ${found}`))
          if (language === 'en') {
            const round = await focusGoesRound(page)
            if (round.places < 3) bad.push(`${name}: Tab reaches ${round.places} places`)
            if (round.unseen.length > 0) bad.push(`${name}: focus is not seen at ${round.unseen.join(', ')}`)
          }
          // 200 % zoom of 1366 x 768 is a viewport of half of each.
          await page.setViewportSize({ width: 683, height: 384 })
          const over = await sideways(page)
          if (over > 0) bad.push(`${name} ${language}: ${over} px sideways at 200 %`)
          await desk.shot(`${name}-${language}-200`)
        }
      }
      step(`${role}: ${pages.length} pages in two languages`)
      const dialogs = DIALOGS[role] ?? []
      for (const dialog of dialogs) bad.push(...(await dialogHolds(page, desk, dialog)))
      step(`${role}: ${dialogs.length} dialogs by keyboard`)
      // Two of them may decide, and the first holds the candidate that both come upon.
    }, { refusals: [['/claim', 409]] })
    assert.deepEqual(bad, [])
  })
}
