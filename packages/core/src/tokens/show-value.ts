/** Any value in a few words for a message; never throws, as `String` does for some objects. */
export function showValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'a list' : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  }
  if (typeof value === 'string')
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}…` : JSON.stringify(value);
  return typeof value === 'function' ? 'a function' : Object.is(value, -0) ? '-0' : String(value);
}
