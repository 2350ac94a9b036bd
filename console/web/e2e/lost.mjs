// A connection that is lost and comes back, a candidate that arrives meanwhile, and a session that ends while one types.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const ID = (7).toString(16).padStart(32, '0')
const headers = { 'x-kerbwatch': '1' }

test('a lost connection and a lost session lose nothing that was typed', { skip: target === null || target.another === null, timeout: 420_000 }, async () => {
  await atTheDesk(
    target,
    async (page, desk) => {
      await logIn(page, target)
      await page.goto(`${target.url}/queue/${ID}`)
      await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
      for (const key of ['1', '2']) await page.keyboard.press(key)

      await page.context().setOffline(true)
      await page.locator('[data-test=connection]:not([data-state=live])').waitFor({ timeout: 60_000 })
      for (const key of ['3', '4']) await page.keyboard.press(key)
      await page.keyboard.press('Enter')
      await page.locator('[data-test=news]').waitFor()
      assert.equal(await page.locator('[role=checkbox][aria-checked=true]').count(), 4, 'the ticks stay')
      await desk.shot('lost-offline')
      step('off line the page says so, sends nothing and keeps the ticks')

      const before = await page.locator('[data-test=row]').count()
      // The server has it before the page is back.
      const onServer = async () => (await (await page.request.get(`${target.url}/api/v1/candidates?limit=1`)).json()).counts.open
      const had = await onServer()
      await writeFile(target.another, '')
      while ((await onServer()) === had) await new Promise((again) => setTimeout(again, 100))
      await page.context().setOffline(false)
      await page.locator('[data-test=connection][data-state=live]').waitFor({ timeout: 90_000 })
      await page.locator('[data-test=fresh].some').waitFor({ timeout: 60_000 })
      assert.equal(await page.locator('[data-test=row]').count(), before, 'what one looks at does not move')
      step('back on line: what came meanwhile waits behind a button')

      // One more, live: the title counts it until somebody touches the page.
      await writeFile(target.another, '')
      await page.waitForFunction(() => /^\(\d+\) /.test(document.title), null, { timeout: 60_000 })
      await page.keyboard.press('Shift')
      await page.waitForFunction(() => !/^\(\d+\) /.test(document.title))
      step('the title counts what is new until somebody is there')

      await page.keyboard.press('x')
      await page.locator('[data-test=reject-codes]').waitFor()
      await page.keyboard.press('o')
      await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
      await page.keyboard.type('a film set, the permit came by mail')
      const ended = await page.request.delete(`${target.url}/api/v1/session`, { headers })
      assert.equal(ended.ok(), true)
      await page.keyboard.press('Enter')
      await page.waitForFunction(() => document.activeElement?.id === 'login-name', null, { timeout: 60_000 })
      await desk.shot('lost-session')
      step('the session ended: the log-in page is there')
      await page.keyboard.type(target.user)
      await page.keyboard.press('Tab')
      await page.keyboard.type(target.password)
      await page.keyboard.press('Enter')
      await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
      assert.ok(page.url().includes(ID), 'back at the same candidate')
      assert.equal(await page.locator('[role=checkbox][aria-checked=true]').count(), 4)
      await page.keyboard.press('x')
      await page.locator('[data-test=reject-codes]').waitFor()
      await page.keyboard.press('o')
      await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
      assert.equal(await page.evaluate(() => document.activeElement.value), 'a film set, the permit came by mail')
      await desk.shot('lost-restored')
      step('the same candidate, ticks and words are back')
      const made = await decideBy(page, ID, () => page.keyboard.press('Enter'))
      assert.equal(made.sent.note, 'a film set, the permit came by mail')
      assert.equal(made.made.state, 'rejected')
    },
    { tolerate: /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|401/ },
  )
})
