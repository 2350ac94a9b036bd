// Two officers at one candidate: the second is told at once who has it, cannot decide, and is shown what was decided.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const ID = (5).toString(16).padStart(32, '0')

test('of two officers at one candidate one decides and the other is told', { skip: target === null || target.second === null, timeout: 300_000 }, async () => {
  await atTheDesk(target, async (ada, desk) => {
    await atTheDesk(
      target,
      async (bob, hisDesk) => {
        await logIn(ada, target)
        await logIn(bob, { ...target, user: target.second })
        await ada.goto(`${target.url}/queue/${ID}`)
        await ada.locator('[data-test=tick-1]:not([disabled])').waitFor()
        await bob.goto(`${target.url}/queue/${ID}`)
        await bob.locator('[data-test=news]', { hasText: target.user }).waitFor()
        assert.equal(await bob.locator('[data-test=tick-1]').isDisabled(), true)
        assert.equal(await bob.locator('[data-test=reject]').isDisabled(), true)
        await bob.keyboard.press('x')
        assert.equal(await bob.locator('[data-test=reject-codes]').isVisible(), false, 'nor by key')
        await hisDesk.shot('race-claimed')
        step('the second is told who has it and can decide nothing')

        const made = await decideBy(ada, ID, () => ada.keyboard.press('e'))
        assert.equal(made.made.state, 'escalated')
        await bob.locator('[data-test=state]', { hasText: 'Escalated' }).waitFor()
        step('what the first decides the second sees without asking')

        // Both at once, past the claims, as two consoles could be: the server takes one.
        const other = (14).toString(16).padStart(32, '0')
        const seen = (await (await ada.request.get(`${target.url}/api/v1/candidates/${other}`)).json()).candidate.version
        const order = (reason) => ({ headers: { 'x-kerbwatch': '1' }, data: { seen_version: seen, verdict: 'reject', reason } })
        const path = `${target.url}/api/v1/candidates/${other}/decisions`
        const [a, b] = await Promise.all([ada.request.post(path, order('occluded')), bob.request.post(path, order('inside_shop'))])
        assert.deepEqual([a.status(), b.status()].sort(), [201, 409])
        const lost = await (a.status() === 409 ? a : b).json()
        assert.equal(lost.error.code, 'stale')
        assert.equal(lost.error.details.state, 'rejected')
        step('of two decisions at once one holds; the other is told what changed and by whom')
        await desk.shot('race-decided')
      },
      { tolerate: /409/ },
    )
  })
})
