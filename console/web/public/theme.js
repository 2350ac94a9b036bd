;(function () {
  var theme = null
  try {
    theme = localStorage.getItem('kerbwatch.theme')
  } catch {
    /* Storage may be forbidden: then the system's choice holds. */
  }
  if (theme !== 'light' && theme !== 'dark') {
    theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  }
  document.documentElement.dataset.theme = theme
})()
