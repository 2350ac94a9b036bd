// The auditor's day: search the log, check the chain, take it away. Then the supervisor's: draw decisions, look again, count; and ask
// what the program misses: pictures of random minutes, answered blind, and a complaint.
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

test('a supervisor asks what the program misses', { skip: target === null || people.length < 2, timeout: 300_000 }, async () => {
  const [user, password] = people[1] ?? []
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, { ...target, user, password })
    await page.goto(`${target.url}/admin/frame-audits`)
    await page.locator('[data-test=draw-audit]').click()
    await page.locator('[data-test=audit-minutes]').fill('200')
    await page.locator('[data-test=audit-seed]').fill('a seed')
    await desk.shot('frame-audit-draw')
    await page.locator('[data-test=audit-go]').click()
    await page.locator('[data-test=audit-picture]').waitFor()
    assert.match(await page.locator('[data-test=program]').innerText(), /told after an answer/, 'what the program had is hidden')
    assert.match(await page.locator('[data-test=left]').innerText(), /not sampled/, 'minutes without a picture are said to be')
    await desk.shot('frame-audit-look')
    await page.locator('[data-test=answer-none]').click()
    await page.locator('[data-test=given]').waitFor()
    await page.locator('[data-test=next]').click()
    await page.locator('[data-test=answer-violation]').click()
    await page.locator('[data-test=overlaps]').waitFor()
    await desk.shot('frame-audit-told')
    await page.locator('[data-test=again]').click()
    await page.locator('[data-test=audit-note]').fill('a shop sign')
    await page.locator('[data-test=answer-none]').click()
    await page.locator('[data-test=given]', { hasText: 'after the program’s answer was shown' }).waitFor()
    assert.equal(await page.locator('[data-test=given]').count(), 2, 'the first answer stays')
    await page.locator('[data-test=next]').click()
    await page.locator('[data-test=audit-reason]').selectOption('dark')
    await page.locator('[data-test=answer-cannot_tell]').click()
    await page.locator('[data-test=given]', { hasText: 'Too dark' }).waitFor()
    step('three pictures answered before anything was told; a second answer stands beside the first')

    await page.goto(`${target.url}/clearance/finds`)
    await page.locator('[data-test=add-find]').click()
    await page.locator('[data-test=find-number]').fill('2026-0417')
    await page.locator('[data-test=find-kind]').selectOption('waste_dumping')
    await page.locator('[data-test=find-camera]').selectOption('cam-1')
    await page.waitForFunction(() => document.querySelector('[data-test=find-zone]')?.value === 'north')
    const local = new Date(Date.now() - 5 * 3_600_000)
    await page.locator('[data-test=find-seen]').fill(new Date(local.getTime() - local.getTimezoneOffset() * 60_000).toISOString().slice(0, 16))
    await desk.shot('find-add')
    await page.locator('[data-test=find-send]').click()
    await page.locator('[data-test=find-row]', { hasText: '2026-0417' }).waitFor()
    await page.locator('[data-test=import-finds]').click()
    const csv = 'source,number,kind,camera,zone,seen_at\n12345,2026-0417,waste_dumping,cam-1,north,2026-01-01 10:00\npatrol,,litter,cam-1,north,noon\n'
    await page.locator('[data-test=finds-file]').setInputFiles({ name: 'finds.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await page.locator('[data-test=finds-send]').click()
    await page.locator('[data-test=finds-done]', { hasText: 'Line 3' }).waitFor()
    await desk.shot('finds-import')
    await page.keyboard.press('Escape')
    await page.locator('[data-test=correct]').first().click()
    await page.locator('[data-test=ruling-reason]').fill('it was another street')
    await page.locator('[data-test=ruling]').selectOption('withdrawn')
    await page.locator('[data-test=ruling-send]').click()
    await page.locator('[data-test=ruled]', { hasText: 'it was another street' }).waitFor()
    await page.locator('[data-test=ruling-send]').waitFor({ state: 'hidden' })
    await desk.shot('finds')
    step('a complaint entered, a bad file refused line by line, a find taken back with its reason')
  })
})
