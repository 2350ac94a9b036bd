/** Approval of zones by district. Checked against the Chinese in en.ts. */
export const approval = {
  title: 'Approval of zones',
  hint: 'Where approval is needed an editor hands zones in, and another person approves them before they go live.',
  needed: 'Another person approves',
  free: 'Editors publish directly',
  by: 'Set by {by}, {at}',
  never: 'Default',
  none: 'There are no districts yet',
  stale: '{by} has just changed it; this is the setting now.',
}
