import type signIn from './signin.zh-CN'

/** Sign-in with the city's identity provider. */
const words: typeof signIn = {
  provider: 'Sign in with the city account',
  or: 'or',
  way: 'Logs in by',
  ways: { password: 'Password', provider: 'City account' },
  leaving: 'Going to the city\'s sign-in…',
  ownHint: 'You sign in with your city account: its password and second factor are changed there.',
  newHint: 'The name must be the one of the city account; the first sign-in ties the user to that account',
  change: 'Change way in',
  changeOf: 'Change how {name} logs in',
  toProvider: '{name} will sign in with the city account. Password and second factor here are deleted, and all their sessions end at once.',
  toPassword: '{name} will log in with a password. The tie to the city account is cut, and all their sessions end at once.',
  changed: 'How {name} logs in was changed.',
  refused: {
    provider_away: 'The city\'s sign-in does not answer. Try again later, or log in with a password.',
    consent: 'Access was not granted: the sign-in was refused or cancelled on the city\'s page.',
    provider_refused: 'The city\'s sign-in refused. Sign in again; if it goes on, ask an administrator.',
    bad_token: 'What the city\'s sign-in vouched for does not hold, and was not believed. Sign in again; if it goes on, ask an administrator.',
    no_name: 'The city\'s sign-in did not give your user name. Ask an administrator.',
    expired: 'The sign-in took too long, or was begun in another browser. Sign in again.',
    unknown_user: 'The city\'s sign-in knows you, but there is no account for you here. Ask an administrator for one.',
    uses_password: 'Your account logs in with a password. Ask an administrator to change that.',
    other_identity: 'This user name is tied to another city account. Ask an administrator.',
    inactive: 'Your account may not log in. Ask an administrator.',
    locked: 'Too many wrong passwords: the account is locked. Try again later, or ask an administrator to unlock it.',
    second_factor: 'Your role needs a second factor, and the city\'s sign-in did not ask for one. Set one up there, and sign in again.',
    no_role: 'Your groups at the city\'s sign-in give no role or no unit here. Ask an administrator.',
  },
}

export default words
