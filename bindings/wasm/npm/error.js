// Errors, which `core.js` makes too.

/** The error of reading a config or evaluating a setting. */
export class ConfigCatError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}
ConfigCatError.prototype.name = "ConfigCatError";

export function toError(kind, message, place, line, column) {
  const error = new ConfigCatError(kind, message);
  if (place) error.place = place;
  if (line) Object.assign(error, { line, column });
  return error;
}
