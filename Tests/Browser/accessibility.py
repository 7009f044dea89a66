"""A smoke test of accessibility that needs no library: names of controls, visible focus, language, page width."""

from playwright.sync_api import Page

# What a screen reader would have nothing to say about, and what is wrong with the page as a whole.
_FAULTS = """() => {
  const faults = [];
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  const describe = (e) => e.outerHTML.replace(/\\s+/g, ' ').slice(0, 120);
  const named = (e) =>
    (e.labels && [...e.labels].some((l) => l.textContent.trim())) ||
    (e.getAttribute('aria-label') || '').trim() ||
    (e.getAttribute('aria-labelledby') || '').split(/\\s+/)
      .some((id) => id && document.getElementById(id)?.textContent.trim()) ||
    (e.title || '').trim();
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    const button = ['submit', 'button', 'reset', 'image'].includes(e.type);
    if (shown(e) && !named(e) && !(button && (e.value || e.alt))) faults.push('no label: ' + describe(e));
  }
  for (const e of document.querySelectorAll('button, a[href]')) {
    const image = e.querySelector('img[alt]:not([alt=""]), svg[aria-label], svg title');
    if (shown(e) && !e.textContent.trim() && !named(e) && !image) faults.push('no name: ' + describe(e));
  }
  for (const e of document.querySelectorAll('img:not([alt])')) faults.push('no alt: ' + describe(e));
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push('id twice: ' + id);
  if (!document.documentElement.lang) faults.push('no lang on html');
  if (!document.title.trim()) faults.push('no title');
  if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
  if (document.documentElement.scrollWidth > innerWidth + 1) faults.push('wider than the window');
  return faults;
}"""

# Looks of the focused element; compared with the looks it has without focus.
_LOOKS = """(e) => {
  const s = getComputedStyle(e);
  return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor,
    s.textDecorationLine, s.textDecorationThickness, s.color].join('|');
}"""


def faults(page: Page) -> list[str]:
    return page.evaluate(_FAULTS)


def invisible_focus(page: Page, steps: int = 12) -> list[str]:
    """Elements reached by the Tab key that look the same with focus as without; at most `steps` are visited."""
    page.evaluate("() => document.activeElement?.blur()")
    seen: list[str] = []
    visited = 0
    for _ in range(steps):
        page.keyboard.press("Tab")
        handle = page.evaluate_handle("() => document.activeElement")
        element = handle.as_element()
        if element is None or element.evaluate("(e) => e === document.body"):
            break
        visited += 1
        # Transitions would show the looks of a moment before.
        element.evaluate("(e) => { e.style.transition = 'none'; }")
        with_focus = element.evaluate(_LOOKS)
        element.evaluate("(e) => e.blur()")
        if element.evaluate(_LOOKS) == with_focus:
            seen.append(element.evaluate("(e) => e.outerHTML.slice(0, 120)"))
        element.evaluate("(e) => e.focus()")
    assert visited, "nothing on the page can be reached by the keyboard"
    return seen
