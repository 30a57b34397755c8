// Texts and numbers in the page's language. Django's catalog comes before every module (base.html); without it the
// texts stay English.
const catalog = globalThis.django ?? {};

export function gettext(text) {
  return catalog.gettext?.(text) ?? text;
}

export function ngettext(one, many, n) {
  return catalog.ngettext?.(one, many, n) ?? (n === 1 ? one : many);
}

/** filled("%(n)s of %(all)s", { n: 1, all: 2 }) is "1 of 2". */
export function filled(text, places) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => places[name]);
}

export function decimal(value, digits) {
  const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return value.toLocaleString(document.documentElement.lang || "en", exactly);
}
