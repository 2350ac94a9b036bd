// The auditor's day: search the log, check the chain, take it away. Then the supervisor's: draw decisions, look again, count.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const people = JSON.parse(process.env.KERBWATCH_PEOPLE ?? '[]')

test('an auditor reads everything and changes nothing', { skip: target === null || people.length < 2, timeout: 300_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    await page.goto(`${target.url}/admin/audit`)
    await page.locator('[data-test=audit] tbody tr').first().waitFor()
    const all = await page.locator('[data-test=audit] tbody tr').count()
    await page.locator('input[type=search]').first().fill('decision.confirm')
    await page.waitForFunction((n) => document.querySelectorAll('[data-test=audit] tbody tr').length < n, all)
    const rows = await page.locator('[data-test=audit] tbody tr').allInnerTexts()
    assert.ok(rows.length >= 6 && rows.every((row) => row.includes('decision.confirm')), rows.join('\n'))
    assert.match(page.url(), /q=decision.confirm/, 'the address holds the search')
    await page.locator('button', { hasText: 'Check the chain' }).click()
    await page.locator('.chain.ok').waitFor()
    await desk.shot('audit-search')
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-test=export]').click()])
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n').map((line) => JSON.parse(line))
    assert.equal(lines.length, rows.length, 'the export holds what the search found')
    step(`searched, checked and exported ${lines.length} rows`)
    assert.equal(await page.locator('.tabs a', { hasText: 'Users' }).count(), 0)
  })
})

test('a supervisor looks at a random sample again', { skip: target === null || people.length < 2, timeout: 300_000 }, async () => {
  const [user, password] = people[1] ?? []
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, { ...target, user, password })
    await page.goto(`${target.url}/admin/samples`)
    await page.locator('[data-test=draw]').click()
    await desk.shot('sample-draw')
    await page.locator('[data-test=draw-go]').click()
    await page.locator('[data-test=look-confirm]').waitFor()
    assert.match(await page.locator('[data-test=first]').innerText(), /shown afterwards/, 'the first decision is hidden')
    await desk.shot('sample-look')
    for (let left = 5; left > 0; left--) {
      await page.locator(left === 1 ? '[data-test=look-reject]' : '[data-test=look-confirm]').click()
      await page.waitForFunction(() => document.querySelector('[data-test=first]')?.textContent.includes('Confirm'))
      if (left > 1) await page.locator('[data-test=next]').click()
      if (left > 1) await page.locator('[data-test=look-confirm]').waitFor()
    }
    await page.locator('[data-test=left]', { hasText: 'All looked at' }).waitFor()
    const total = await page.locator('[data-test=agreement] tbody tr').first().innerText()
    assert.match(total, /80\.0 %/, total)
    await desk.shot('sample-done')
    step('five of six drawn, four agree: 80 %, with its interval')
  })
})
