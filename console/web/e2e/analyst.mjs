// An analyst's day: is it a zero or a dark camera? From the figures down to the candidates behind one, filters in the address,
// files to take along. Needs a console with a history (`kerbwatch seed`).
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

const BARE_KEY = /\b(?:clearance|recall|problem|common|kind)\.[a-zA-Z]/

test("an analyst's day", { timeout: 240_000 }, async (t) => {
  const target = consoleUnderTest()
  if (target === null) return t.skip('no console to test')
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    const pictures = []
    page.on('request', (request) => {
      if (request.url().includes('/evidence/')) pictures.push(request.url())
    })
    await page.goto(`${target.url}/clearance`)
    await page.locator('[data-test=definition]').waitFor()
    assert.match(await page.locator('[data-test=definition]').innerText(), /v\d+/)
    await page.locator('[data-test=coverage] .value').waitFor()
    step('the definition in force and the coverage stand on top')

    const verdicts = await page.locator('[data-test=reached]').allInnerTexts()
    assert.ok(verdicts.length >= 2, 'stalls and advertisements of key areas')
    for (const verdict of verdicts) assert.match(verdict, /^(Reached|Not reached|Not measurable)$/)
    step(`the annex has one of three answers for each: ${[...new Set(verdicts)].join(', ')}`)

    assert.ok((await page.locator('[data-test=calendar-day]').count()) > 20)
    assert.ok((await page.locator('[data-test=calendar] rect.unknown').count()) > 1, 'unknown is drawn as itself')
    await page.locator('[data-test=map] circle').first().waitFor()
    await page.locator('.chart svg').first().waitFor()
    await desk.shot('clearance-en-light')

    await page.locator('[data-test=ovm] .ask').hover()
    await page.locator('[data-test=ovm] [data-test=formula]', { hasText: 'OVM' }).waitFor()
    await page.locator('[data-test=zero] .value').hover()
    await page.locator('[data-test=zero] [data-test=formula]').waitFor()
    step('the formula shows on hover, of its mark and of the figure itself')

    for (const chart of ['curve', 'trend', 'heat', 'age', 'group-heat']) {
      const panel = page.locator(`[data-test=chart-${chart}]`)
      await panel.locator('[data-test=as-table]').focus()
      await page.keyboard.press('Enter')
      await panel.locator('tbody tr').first().waitFor()
      assert.ok((await panel.locator('tbody tr').count()) >= 2, `the table behind ${chart}`)
    }
    await desk.shot('clearance-tables-en-light')
    await page.locator('[data-test=chart-trend] tbody a').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/clearance\/days\?.*from=(\d{4}-\d{2}-\d{2}).*until=\1/)
    await page.goBack()
    await page.locator('[data-test=definition]').waitFor()
    step('every chart is a table by keyboard, and its rows lead to the list behind them')

    const district = await page.locator('[data-test=district] option').nth(1).getAttribute('value')
    await page.locator('[data-test=district]').selectOption(district)
    await page.waitForURL(/district=/)
    await page.locator('[data-test=kind]').selectOption('illegal_stall')
    await page.waitForURL(/kind=illegal_stall/)
    await page.locator('[data-test=by]').selectOption('street')
    await page.waitForURL(/by=street/)
    await page.reload()
    await page.locator('[data-test=definition]').waitFor()
    assert.equal(await page.locator('[data-test=district]').inputValue(), district)
    assert.ok((await page.locator('[data-test=league-row]').count()) >= 1)
    step('filters stand in the address and survive a reload')

    const csv = await page.request.get(new URL(await page.locator('[data-test=csv]').getAttribute('href'), target.url).href)
    assert.equal(csv.status(), 200)
    const lines = (await csv.text()).trim().split('\n')
    assert.match(lines[0], /day,district,/)
    assert.ok(lines.slice(1).every((line) => line.includes(`,${district},`) || line.includes(district)), 'the file holds what was filtered')
    step(`CSV with ${lines.length - 1} zone-days`)

    await page.locator('[data-test=zero] a.value').click()
    await page.locator('[data-test=zone-day]').first().waitFor()
    assert.match(page.url(), /zero=violation/)
    const total = Number((await page.locator('[data-test=total]').innerText()).match(/\d+/)[0])
    assert.ok(total > 0)
    await page.locator('[data-test=expand]').first().click()
    await page.locator('[data-test=detail]').waitFor()
    await page.locator('[data-test=candidate]').first().waitFor()
    await desk.shot('zone-days-en-light')
    step(`from the share to ${total} zone-days, and behind one of them its violations and candidates`)
    await page.locator('[data-test=candidate]').first().click()
    await page.waitForURL(/\/queue\/[0-9a-f]{32}/)
    step('from there to the candidate itself')
    assert.deepEqual(pictures, [], 'an analyst is never sent a picture')

    await page.goto(`${target.url}/clearance/days?with=restated`)
    await page.locator('[data-test=zone-days]').waitFor()
    if ((await page.locator('[data-test=zone-day]').count()) > 0) {
      await page.locator('[data-test=expand]').first().click()
      await page.locator('[data-test=restatements]').waitFor()
      step('a restated day shows what it said before')
    }

    await page.goto(`${target.url}/clearance`)
    for (const figure of ['missed-share', 'recall', 'miss-share', 'reported-first']) await page.locator(`[data-test=${figure}] .value`).waitFor()
    assert.doesNotMatch(await page.locator('[data-test=recall-panel]').innerText(), /100\.0 %/)
    await page.locator('[data-test=recall-panel]').scrollIntoViewIfNeeded()
    await desk.shot('recall-en-light')
    await page.locator('[data-test=missed-share] a.value').click()
    await page.waitForURL(/clearance\/minutes\?.*with=missed/)
    await page.locator('[data-test=recall-minutes]').waitFor()
    await page.locator('[data-test=recall-minute]').first().waitFor()
    await page.goBack()
    await page.locator('[data-test=miss-share] a.value').click()
    await page.waitForURL(/clearance\/finds\?.*with=missed/)
    await page.locator('[data-test=find-row]').first().waitFor()
    step('what the program misses is estimated, and each estimate leads to the minutes and finds behind it')

    for (const language of ['en', 'zh-CN']) {
      if ((await page.evaluate(() => document.documentElement.lang)) !== language) await page.locator('[data-test=language]').click()
      for (const route of ['clearance', 'clearance/days', 'clearance/definitions', 'clearance/areas', 'clearance/minutes', 'clearance/finds']) {
        await page.goto(`${target.url}/${route}`)
        await page.locator('h1').waitFor()
        await page.waitForLoadState('networkidle').catch(() => undefined)
        assert.doesNotMatch(await page.evaluate(() => document.body.innerText), BARE_KEY)
      }
    }
    await page.goto(`${target.url}/clearance`)
    await page.locator('[data-test=league-row]').first().waitFor()
    await page.locator('[data-test=theme]').click()
    await desk.shot('clearance-zh-CN-dark')
    await page.setViewportSize({ width: 720, height: 450 })
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(over <= 0, `no sideways scrolling at 200 % (${over} px over)`)
    step('both languages, dark, and 200 % zoom')
  })
})
