import { describe, expect, it } from 'vitest'

import { commandFor, focusOf, KEY_HELP, REJECT_CODES, REJECT_KEYS, type Press } from '@/queue/keys'

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more })

describe('the keyboard map', () => {
  it('knows every key that its help page names', () => {
    for (const { keys } of KEY_HELP) {
      for (const key of keys) expect(commandFor(press(key === 'Space' ? ' ' : key === 'Esc' ? 'Escape' : key), 'page', false), key).not.toBeNull()
    }
  })

  it('leaves the browser its own shortcuts', () => {
    expect(commandFor(press('j', { ctrlKey: true }), 'page', false)).toBeNull()
    expect(commandFor(press('x', { metaKey: true }), 'page', false)).toBeNull()
  })

  it('does nothing but cancel while somebody types', () => {
    expect(commandFor(press('x'), 'typing', false)).toBeNull()
    expect(commandFor(press('Escape'), 'typing', false)).toEqual({ do: 'cancel' })
  })

  it('leaves Space and Enter to a focused control, but no other key', () => {
    expect(commandFor(press('Enter'), 'control', false)).toBeNull()
    expect(commandFor(press(' '), 'control', false)).toBeNull()
    expect(commandFor(press('j'), 'control', false)).toEqual({ do: 'next' })
  })

  it('walks on a held key but never decides on one', () => {
    expect(commandFor(press('j', { repeat: true }), 'page', false)).toEqual({ do: 'next' })
    for (const key of ['Enter', 'e', 'f', 'u', 'x', '1']) expect(commandFor(press(key, { repeat: true }), 'page', false), key).toBeNull()
  })

  it('takes digits as reasons while rejecting, and as ticks otherwise', () => {
    expect(commandFor(press('4'), 'page', false)).toEqual({ do: 'tick', index: 3 })
    expect(commandFor(press('4'), 'page', true)).toEqual({ do: 'rejectWith', code: 'moving_vendor' })
    expect(commandFor(press('0'), 'page', true)).toEqual({ do: 'rejectWith', code: 'occluded' })
    expect(commandFor(press('Enter'), 'page', true)).toBeNull()
  })

  it('gives each reason a key of its own', () => {
    expect(new Set(Object.values(REJECT_KEYS)).size).toBe(REJECT_CODES.length)
    expect(REJECT_CODES).toHaveLength(13)
  })

  it('tells typing from controls from the page', () => {
    document.body.innerHTML = '<input id="a"><input id="b" type="checkbox"><button id="c"><i id="d"></i></button><p id="e"></p><input id="f" type="range">'
    const focus = (id: string) => focusOf(document.getElementById(id))
    expect([focus('a'), focus('b'), focus('c'), focus('d'), focus('e'), focus('f')]).toEqual(['typing', 'page', 'control', 'control', 'page', 'control'])
  })
})
